"""A change of status is told once, whatever changed it and however many look."""

from collections.abc import Iterator
from datetime import date
from typing import Any, cast

import orjson
import pytest
from sqlalchemy import delete, select

from infra import migrate
from infra.database import Database
from infra.outbox import OutboxRow
from infra.units import Node, Tree
from services.metrics import counters, placements, statuses, targets
from services.metrics.counters import DayCounter, Increment, YearCounter
from services.metrics.programme import GOALS
from services.metrics.service.counting import COUNTED
from services.metrics.statuses import GoalStatus
from services.metrics.targets import Target
from tests.membership.racing import during
from tests.servers import PostgresServer

JUNE = date(2025, 6, 1)
RECRUITED = GOALS["members_recruited"]
TREE = Tree([Node("1280", "Malmö", "branch", None, None, True, date(1900, 1, 1))])


@pytest.fixture(scope="module")
def postgresql(databases: PostgresServer) -> Iterator[Database]:
    """A migrated database on a real server."""
    databases.create_databases(["metrics_statuses"])
    url = databases.url("metrics_statuses").replace("postgresql://", "postgresql+psycopg2://")
    made = Database(url, "metrics")
    migrate.upgrade(made.engine, "metrics")
    yield made
    made.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Database:
    """An empty, migrated database of metrics, of either kind."""
    if request.param == "sqlite":
        return cast("Database", request.getfixturevalue("database"))
    made: Database = request.getfixturevalue("postgresql")
    return emptied(made)


def emptied(store: Database) -> Database:
    """The database with nothing counted, aimed at or told."""
    with store.writing() as session:
        for model in (GoalStatus, OutboxRow, DayCounter, YearCounter, Target):
            session.execute(delete(model))
    return store


def aim(store: Database, value: int, year: int = 2025) -> None:
    """Set a branch's target."""
    with store.writing() as session:
        targets.put(session, RECRUITED, year, "1280", value, local=False, by="a")


def recruit(store: Database, amount: int, day: date) -> None:
    """So many join."""
    with store.writing() as session:
        joined = Increment("1280", "recruited.union", day, amount)
        counters.add(session, placements.load(session), [joined])


def seen(store: Database, today: date) -> list[statuses.Change]:
    """What a replica finds."""
    with store.reading() as session:
        return statuses.changes(session, TREE, ["1280"], today)


def look(store: Database, today: date) -> int:
    """What a replica does each minute; answers how many changes it told."""
    changes = seen(store, today)
    with store.writing() as session:
        return statuses.tell(session, changes)


def told(store: Database) -> list[dict[str, Any]]:
    """The data of what was published, in order."""
    with store.reading() as session:
        bodies = session.scalars(select(OutboxRow.body).order_by(OutboxRow.id)).all()
    return [orjson.loads(body)["data"] for body in bodies]


def test_what_is_seen_first_is_stored_and_not_told(store: Database) -> None:
    aim(store, 100)
    assert look(store, JUNE) == 0
    assert told(store) == []
    assert seen(store, JUNE) == []


def test_a_change_is_told_once_with_what_it_was(store: Database) -> None:
    aim(store, 100)
    look(store, JUNE)
    recruit(store, 100, JUNE)
    assert [look(store, JUNE) for _ in range(2)] == [1, 0]
    assert told(store) == [
        {
            "goal": "members_recruited",
            "unit": "1280",
            "year": 2025,
            "status": "met",
            "previous": "behind",
            "version": 2,
            "value": 100,
            "target": 100,
        }
    ]


def test_the_calendar_alone_changes_a_status(store: Database) -> None:
    aim(store, 365)
    recruit(store, 200, date(2025, 1, 2))
    look(store, date(2025, 7, 19))
    look(store, date(2025, 7, 20))
    look(store, date(2026, 1, 1))
    recruited = [fact for fact in told(store) if fact["goal"] == "members_recruited"]
    found = [(fact["previous"], fact["status"]) for fact in recruited]
    assert found == [("on_pace", "behind"), ("behind", "missed")]


def test_two_replicas_that_see_the_same_change_tell_it_once(store: Database) -> None:
    aim(store, 100)
    look(store, JUNE)
    recruit(store, 100, JUNE)
    first, second = seen(store, JUNE), seen(store, JUNE)
    numbers = []
    for found in (first, second):
        with store.writing() as session:
            numbers.append(statuses.tell(session, found))
    assert numbers == [1, 0]
    assert len(told(store)) == 1


def test_a_replica_waits_for_another_that_tells_the_same(postgresql: Database) -> None:
    emptied(postgresql)
    aim(postgresql, 100)
    look(postgresql, JUNE)
    recruit(postgresql, 100, JUNE)
    found = seen(postgresql, JUNE)
    later = during(
        postgresql,
        lambda session: statuses.tell(session, found),
        lambda session: statuses.tell(session, found),
    )
    assert later.result() == 0
    assert len(told(postgresql)) == 1


def test_there_and_back_again_is_two_changes(store: Database) -> None:
    aim(store, 100)
    look(store, JUNE)
    recruit(store, 100, JUNE)
    look(store, JUNE)
    recruit(store, -100, JUNE)
    look(store, JUNE)
    assert [fact["status"] for fact in told(store)] == ["met", "behind"]
    assert [fact["version"] for fact in told(store)] == [2, 3]


def test_only_open_units_down_to_the_branch_are_watched() -> None:
    day = date(2000, 1, 1)
    tree = Tree(
        [
            Node("SE", "Partiet", "party", None, None, True, day),
            Node("skane", "Skåne", "district", "SE", None, True, day),
            Node("1280", "Malmö", "branch", "skane", None, True, day),
            Node("1281", "Lund", "branch", "skane", None, False, day),
            Node("1280-a", "A", "association", "1280", None, True, day),
        ]
    )
    assert statuses.watched(tree) == ["1280", "SE", "skane"]


def test_a_rebuild_leaves_what_was_told_as_it_is() -> None:
    assert GoalStatus not in COUNTED
