"""Units with an officer: each counts as one while anybody holds the office, in any order."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from infra import migrate, units
from infra.database import Database
from infra.event import Event
from infra.rebuild import Rebuilds
from services.metrics import goals
from services.metrics.assignments import steps
from tests import people
from tests.conftest import System
from tests.membership.racing import during
from tests.metrics.feeds import Metrics, rows
from tests.metrics.test_board import one
from tests.servers import PostgresServer

UNITS = {
    "SE": ("party", None),
    "north": ("district", "SE"),
    "south": ("district", "SE"),
    "1001": ("branch", "north"),
    "1002": ("branch", "north"),
    "1001-a": ("association", "1001"),
    "1001-c": ("club", "1001"),
}
ROLES = {
    "welcome_officer": ("welcome_officers", ("district", "branch")),
    "programme_officer": ("programme_officers", ("branch",)),
    "union_leader": ("union_leaders", ("branch",)),
}
DAYS = [date(2025, 11, 1) + timedelta(days=n) for n in range(0, 150, 10)]
TODAY = date(2026, 6, 30)
IDS = [UUID(int=number) for number in range(1, 5)]

Told = tuple[str, dict[str, Any]]


def made(folder: str | Path, name: str = "metrics") -> Metrics:
    """Metrics on a database of its own, that knows no unit yet."""
    database = Database(f"sqlite:///{folder}/{name}.db", "metrics")
    migrate.upgrade(database.engine, "metrics")
    return Metrics(database)


@pytest.fixture
def metrics(tmp_path: Path) -> Iterator[Metrics]:
    """Metrics that knows the units."""
    found = made(tmp_path)
    tell(found, *(registered(code) for code in UNITS))
    yield found
    found.database.close()


def registered(code: str, version: int = 1, **changes: Any) -> Told:
    """A unit, as membership tells of it."""
    kind, parent = UNITS[code]
    known = {"code": code, "name": code, "kind": kind, "parent": parent, "population": None}
    place = {"open": True, "version": version, "valid_from": "1900-01-01"}
    return "unit_registered" if version == 1 else "unit_changed", {**known, **place, **changes}


def started(key: UUID, unit: str, role: str, day: date) -> Told:
    """An assignment that starts."""
    known = {"assignment_id": str(key), "member_id": str(key), "unit": unit, "role": role}
    return "assignment_started", {**known, "started_on": str(day)}


def ended(key: UUID, unit: str, role: str, day: date) -> Told:
    """An assignment that ends."""
    known = {"assignment_id": str(key), "member_id": str(key), "unit": unit, "role": role}
    return "assignment_ended", {**known, "ended_on": str(day)}


def tell(metrics: Metrics, *told: Told) -> None:
    """Publish these and handle them, each in a batch of its own."""
    for name, data in told:
        metrics.feeds["membership"].publish(name, data)
        metrics.deliver()


def board(metrics: Metrics, unit: str, year: int = 2026, today: date = TODAY) -> dict[str, Any]:
    """The goals of a unit by key."""
    with metrics.database.reading() as session:
        found = goals.board(session, units.load(session), unit, year, today)
    return {goal["key"]: goal for goal in found["goals"]}


def test_a_unit_counts_once_however_many_hold_the_office(metrics: Metrics) -> None:
    role = "welcome_officer"
    one_, other = IDS[:2]
    tell(metrics, started(one_, "1001", role, DAYS[0]), started(other, "1001", role, DAYS[2]))
    assert board(metrics, "SE")["welcome_officers"]["value"] == 1

    tell(metrics, ended(one_, "1001", role, DAYS[3]))
    assert board(metrics, "SE")["welcome_officers"]["value"] == 1

    tell(metrics, ended(other, "1001", role, DAYS[4]))
    found = {unit: board(metrics, unit)["welcome_officers"]["value"] for unit in ("1001", "SE")}
    assert found == {"1001": 0, "SE": 0}


def test_a_handover_on_one_day_leaves_no_gap() -> None:
    first, middle, last = DAYS[:3]
    assert list(steps([(first, middle), (middle, last)])) == [(first, 1), (last, -1)]
    assert list(steps([(first, first), (last, middle), (last, None)])) == [(last, 1)]


def test_the_levels_that_are_to_have_an_officer_are_their_target(metrics: Metrics) -> None:
    keys = [key for key, _ in ROLES.values()]
    found = {unit: [board(metrics, unit)[key]["target"] for key in keys] for unit in UNITS}
    assert found == {
        "SE": [4, 2, 2],
        "north": [3, 2, 2],
        "south": [1, None, None],
        "1001": [1, 1, 1],
        "1002": [1, 1, 1],
        "1001-a": [None, None, None],
        "1001-c": [None, None, None],
    }


def test_an_officer_counts_only_where_one_is_to_be(metrics: Metrics) -> None:
    for number, (unit, role) in enumerate([(unit, role) for unit in UNITS for role in ROLES], 10):
        tell(metrics, started(UUID(int=number), unit, role, DAYS[0]))
    shown = board(metrics, "SE")
    found = {key: (shown[key]["value"], shown[key]["status"]) for key, _ in ROLES.values()}
    assert found == {
        "welcome_officers": (4, "met"),
        "programme_officers": (2, "met"),
        "union_leaders": (2, "met"),
    }
    assert board(metrics, "1001-c")["welcome_officers"]["value"] == 0


def test_an_end_that_comes_before_its_start_ends_it(metrics: Metrics) -> None:
    key, place = IDS[0], ("1001", "union_leader")
    tell(metrics, ended(key, *place, DAYS[10]))
    assert board(metrics, "SE")["union_leaders"]["value"] == 0
    tell(metrics, started(key, *place, DAYS[1]))

    assert board(metrics, "SE")["union_leaders"]["value"] == 0
    past = board(metrics, "SE", 2025, date(2026, 1, 1))["union_leaders"]
    assert past["value"] == 1


def test_a_start_to_come_counts_when_its_day_has(metrics: Metrics) -> None:
    tell(metrics, started(IDS[0], "1001", "union_leader", TODAY + timedelta(days=1)))
    assert board(metrics, "SE")["union_leaders"]["value"] == 0
    tomorrow = TODAY + timedelta(days=1)
    assert board(metrics, "SE", today=tomorrow)["union_leaders"]["value"] == 1


def test_other_roles_move_no_office(metrics: Metrics) -> None:
    tell(metrics, started(IDS[0], "1001", "mentor", DAYS[0]))
    tell(metrics, started(IDS[1], "1001", "a_role_of_tomorrow", DAYS[0]))
    assert {board(metrics, "SE")[key]["value"] for key, _ in ROLES.values()} == {0}


def test_an_officer_of_a_unit_that_is_not_known_counts_when_it_is(tmp_path: Path) -> None:
    metrics = made(tmp_path)
    tell(metrics, registered("SE"), started(IDS[0], "1001", "programme_officer", DAYS[0]))
    assert board(metrics, "SE")["programme_officers"]["value"] == 0

    tell(metrics, registered("1001"), registered("north"))

    found = [board(metrics, unit)["programme_officers"]["value"] for unit in ("SE", "north")]
    assert found == [1, 1]
    metrics.database.close()


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Told], list[Told], list[int]]:
    """What happened; the same in another order; and what of it is heard twice."""
    happened = [registered(code) for code in UNITS]
    if draw(st.booleans()):
        on = str(draw(st.sampled_from(DAYS)))
        happened.append(registered("1001", 2, parent="south", valid_from=on))
    for key in IDS:
        place = draw(st.sampled_from(sorted(UNITS))), draw(st.sampled_from(sorted(ROLES)))
        happened.append(started(key, *place, draw(st.sampled_from(DAYS))))
        if draw(st.booleans()):
            happened.append(ended(key, *place, draw(st.sampled_from(DAYS))))
    order = draw(st.permutations(happened))
    again = draw(st.lists(st.integers(0, len(order) - 1), max_size=4))
    return happened, order, again


def recount(happened: list[Told], day: date) -> dict[tuple[str, str], int]:
    """By unit and goal how many units below it have an officer on a day, straight from the rule."""
    told = [data for _, data in happened]
    ends = {data["assignment_id"]: data["ended_on"] for data in told if "ended_on" in data}
    having = {
        (data["unit"], ROLES[data["role"]][0])
        for data in told
        if "started_on" in data
        and UNITS[data["unit"]][0] in ROLES[data["role"]][1]
        and data["started_on"] <= str(day) < ends.get(data["assignment_id"], "9999")
    }
    parents = {code: parent for code, (_, parent) in UNITS.items()}
    moves = [data for data in told if data.get("version") == 2]
    parents |= {data["code"]: data["parent"] for data in moves if data["valid_from"] <= str(day)}
    found: dict[tuple[str, str], int] = defaultdict(int)
    for unit, measure in having:
        at: str | None = unit
        while at is not None:
            found[at, measure] += 1
            at = parents[at]
    return found


def counted(metrics: Metrics, day: date) -> dict[tuple[str, str], int]:
    with metrics.database.reading() as session:
        found = goals.measures_of(session, list(UNITS), day.year, day)
    measures = {key for key, _ in ROLES.values()}
    return {(u, m): v for u, seen in found.items() for m, v in seen.items() if m in measures and v}


@settings(max_examples=40, deadline=None)
@given(histories(), st.integers(1, 7), st.sampled_from(DAYS))
def test_the_offices_equal_a_recount_in_any_order_with_any_duplicates(
    history: tuple[list[Told], list[Told], list[int]], batch: int, day: date
) -> None:
    happened, order, again = history
    with TemporaryDirectory() as folder:
        metrics = made(folder)
        feed = metrics.feeds["membership"]
        for name, data in order:
            feed.publish(name, data)
        entries = [*feed.entries, *(feed.entries[at] for at in again)]
        for start in range(0, len(entries), batch):
            metrics.handle(entries[start : start + batch])
        assert counted(metrics, day) == recount(happened, day)
        metrics.database.close()


def test_a_rebuild_gives_the_same_officers(metrics: Metrics) -> None:
    key, other = IDS[:2]
    tell(metrics, ended(key, "1001", "union_leader", DAYS[5]))
    tell(metrics, started(key, "1001", "union_leader", DAYS[1]))
    tell(metrics, started(other, "north", "welcome_officer", DAYS[2]))
    before = rows(metrics.database)
    rebuilds = Rebuilds(metrics.database, metrics.plan, lambda work: work())
    rebuilds.begin(uuid4())

    assert (rebuilds.status()["state"], rebuilds.status()["error"]) == ("done", None)
    assert rows(metrics.database) == before
    assert board(metrics, "SE")["welcome_officers"]["value"] == 1


def test_what_is_no_assignment_is_kept_and_the_next_is_counted(metrics: Metrics) -> None:
    name, data = started(IDS[0], "1001", "union_leader", DAYS[0])
    bad = ({**data, "unit": None}, {**data, "started_on": "1.1.2026"}, {**data, "role": 5})
    for each in bad:
        tell(metrics, (name, each))
    tell(metrics, (name, data))
    assert board(metrics, "SE")["union_leaders"]["value"] == 1


@pytest.fixture
def postgresql(databases: PostgresServer) -> Iterator[Metrics]:
    """Metrics that knows the units, on a real server."""
    name = f"officers_{uuid4().hex[:12]}"
    databases.create_databases([name])
    url = databases.url(name).replace("postgresql://", "postgresql+psycopg2://")
    database = Database(url, "metrics")
    migrate.upgrade(database.engine, "metrics")
    found = Metrics(database)
    tell(found, *(registered(code) for code in UNITS))
    yield found
    database.close()


def handling(metrics: Metrics, told: Told) -> Callable[[Session], Any]:
    """The work of handling one event, in a transaction of one's own."""
    feed = metrics.feeds["membership"]
    feed.publish(*told)
    message = metrics.subscription.read(feed.entries[-1].body)
    assert isinstance(message, Event)
    handler = metrics.subscription.handlers[message.type]
    return lambda session: handler.handle(session, [message])


def test_two_officers_of_a_unit_that_are_heard_of_at_once_count_as_one(
    postgresql: Metrics,
) -> None:
    first, second = (
        handling(postgresql, started(key, "1001", "union_leader", DAYS[0])) for key in IDS[:2]
    )
    during(postgresql.database, first, second).result()
    assert board(postgresql, "SE")["union_leaders"]["value"] == 1


def test_an_officer_and_the_unit_that_are_heard_of_at_once_count_once(
    postgresql: Metrics,
) -> None:
    unit = {**registered("1002")[1], "code": "1009"}
    first = handling(postgresql, started(IDS[0], "1009", "union_leader", DAYS[0]))
    second = handling(postgresql, ("unit_registered", unit))
    during(postgresql.database, first, second).result()
    assert board(postgresql, "1009")["union_leaders"]["value"] == 1
    assert board(postgresql, "SE")["union_leaders"]["value"] == 1


def test_an_officer_is_on_the_board_while_the_office_is_held(system: System) -> None:
    unit, role = "1272", "programme_officer"
    person = people.somebody() | {"unit": unit, "joined_on": "2025-01-01", "source": "digital"}
    member = system.call("POST", "membership", "/members", person).json()["id"]
    request = {"member_id": member, "unit": unit, "role": role, "started_on": "2025-02-01"}
    answer = system.call("POST", "membership", "/assignments", request)
    assert answer.status_code == 201, answer.text
    system.settle()
    found = one(system, "programme_officers", unit, TODAY.year)
    assert (found["value"], found["target"], found["status"]) == (1, 1, "met")

    path = f"/assignments/{answer.json()['id']}/end"
    assert system.call("POST", "membership", path, {"ended_on": "2025-05-01"}).ok
    system.settle()
    found = one(system, "programme_officers", unit, TODAY.year)
    assert (found["value"], found["status"]) == (0, "behind")
