"""The contract is tested on the shared systems, by what their OpenAPI documents say."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from infra.config import SERVICES
from tests.conftest import System
from tests.contract.api import Api
from tests.contract.given import Given
from tests.process import eventually

TIMERS = {
    "campaign.consultation_closed.v1",
    "campaign.volunteers_counted.v1",
    "membership.segment_counted.v1",
    "metrics.goal_status_changed.v1",
    "training.obligation_overdue.v1",
    "training.obligation_due_soon.v1",
}
"""What is published because time goes by, whatever anybody sends."""

PLUMBING = {
    "outbox",
    "feed",
    "feed_1",
    "published",
    "returned",
    "handled",
    "cursor",
    # Segments are counted once a day, whenever that is.
    "segment_count",
    # Volunteers once a minute, where a week needs it.
    "late_report",
    "volunteer_count",
    # Topics follow the feed.
    "topic_sum",
}
FOLLOWING = {"campaign GET /conversations/topics"}
"""What shows, seconds later, what was done before."""

Unchanged = Callable[[], AbstractContextManager[None]]


@pytest.fixture(scope="session")
def givens() -> dict[str, Given]:
    """What was made, by mode; `shared` fills it."""
    return {}


@pytest.fixture
def given(system: System, givens: dict[str, Given]) -> Given:
    """What the tests of the contract share in each mode."""
    return shared(givens, system)


def shared(givens: dict[str, Given], system: System) -> Given:
    """What the tests share in the mode of `system`, made once."""
    if system.mode not in givens:
        givens[system.mode] = Given(Api(system))
    return givens[system.mode]


@pytest.fixture
def api(given: Given) -> Api:
    """The operations of the running system."""
    return given.api


@pytest.fixture
def rows(system: System, request: pytest.FixtureRequest) -> Callable[[str], dict[str, int]]:
    """How many rows each table of a service's database has."""
    if system.mode == "embedded":
        home = Path(system.running["metrics"].env["SAMTAL_HOME"])
        return lambda service: _sqlite_rows(home / f"{service}.db")
    server = request.getfixturevalue("databases")
    return lambda service: _postgres_rows(server, service)


@pytest.fixture
def unchanged(api: Api, rows: Callable[[str], dict[str, int]]) -> Unchanged:
    """`with unchanged():` nothing is stored and nothing published."""

    @contextmanager
    def watch() -> Iterator[None]:
        _still(api, rows)
        heads = {name: api.head(name) for name in SERVICES}
        before = _seen(api), _stored(rows)
        yield
        _still(api, rows)
        news = [event for name in SERVICES for event in api.feed(name, heads[name])]
        assert [event for event in news if event["type"] not in TIMERS] == []
        assert (_seen(api), _stored(rows)) == before

    return watch


def _still(api: Api, rows: Callable[[str], dict[str, int]]) -> None:
    """Wait until whatever was accepted has its event, and every event its effect."""

    def published() -> bool:
        return not any(rows(name)["outbox"] for name in SERVICES)

    def settled() -> bool:
        eventually(published, "every outbox is empty")
        api.system.settle()
        return published()

    eventually(settled, "nothing goes on any more")


def _seen(api: Api) -> dict[str, set[str]]:
    """What every list without a place in its address shows; a timer may move an obligation on."""
    return {
        str(op): {_text(item) for item in api.listed(op)}
        for op in api.operations
        if op.is_list and not op.in_path and str(op) not in FOLLOWING
    }


def _text(item: dict[str, Any]) -> str:
    # An obligation, or sums of them.
    timed = {"obligation_id", "due_in_30_days"} & set(item)
    kept = {k: v for k, v in item.items() if not timed or k in ("id", "unit")}
    return json.dumps(kept, sort_keys=True)


def _stored(rows: Callable[[str], dict[str, int]]) -> dict[str, dict[str, int]]:
    # Metrics stores what it hears of the others, and with it of the timers.
    return {
        name: {table: n for table, n in rows(name).items() if not _is_plumbing(table)}
        for name in SERVICES
        if name != "metrics"
    }


def _is_plumbing(table: str) -> bool:
    # PostgreSQL's partitions of the feed, to which the timers add, have names of their own.
    return table in PLUMBING or table.startswith("feed_")


def _sqlite_rows(path: Path) -> dict[str, int]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        tables = database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        )
        return {
            name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]
            for (name,) in tables.fetchall()
        }


def _postgres_rows(server: Any, database: str) -> dict[str, int]:
    listing = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    tables = server.execute(listing, database=database).split()
    counts = server.execute(
        *(f'SELECT count(*) FROM "{name}"' for name in tables), database=database
    )
    return dict(zip(tables, map(int, counts.split()), strict=True))
