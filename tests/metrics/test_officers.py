"""Units with an officer: each counts as one while anybody holds the office, in any order."""

from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID, uuid4

from hypothesis import given, settings
from hypothesis import strategies as st

from infra.rebuild import Rebuilds
from services.metrics.spans import steps
from tests import people
from tests.conftest import System
from tests.membership.racing import during
from tests.metrics.feeds import Metrics, rows
from tests.metrics.telling import (
    DAYS,
    TODAY,
    UNITS,
    Told,
    board,
    counted,
    handling,
    hear,
    made,
    organisations,
    registered,
    summed,
    tell,
)
from tests.metrics.test_board import one

ROLES = {
    "welcome_officer": ("welcome_officers", ("district", "branch")),
    "programme_officer": ("programme_officers", ("branch",)),
    "union_leader": ("union_leaders", ("branch",)),
}
IDS = [UUID(int=number) for number in range(1, 5)]


def started(key: UUID, unit: str, role: str, day: date) -> Told:
    """An assignment that starts."""
    known = {"assignment_id": str(key), "member_id": str(key), "unit": unit, "role": role}
    return "assignment_started", {**known, "started_on": str(day)}


def ended(key: UUID, unit: str, role: str, day: date) -> Told:
    """An assignment that ends."""
    known = {"assignment_id": str(key), "member_id": str(key), "unit": unit, "role": role}
    return "assignment_ended", {**known, "ended_on": str(day)}


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
    happened = draw(organisations())
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
    return summed(happened, dict.fromkeys(having, 1), day)


@settings(max_examples=30, deadline=None)
@given(histories(), st.integers(1, 7), st.sampled_from(DAYS))
def test_the_offices_equal_a_recount_in_any_order_with_any_duplicates(
    history: tuple[list[Told], list[Told], list[int]], batch: int, day: date
) -> None:
    happened, order, again = history
    with TemporaryDirectory() as folder:
        metrics = made(folder)
        hear(metrics, order, again, batch)
        measures = tuple(key for key, _ in ROLES.values())
        assert counted(metrics, measures, day) == recount(happened, day)
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
