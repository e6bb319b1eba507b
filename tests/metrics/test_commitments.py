"""What units have fulfilled of what they undertake: for good, or in each year anew."""

from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from hypothesis import given, settings
from hypothesis import strategies as st

from infra import clock
from infra.rebuild import Rebuilds
from services.membership import commitments as membership
from services.metrics.undertakings import CATALOGUE, LEVELS
from tests.conftest import System
from tests.membership.racing import during
from tests.metrics.feeds import Metrics, rows
from tests.metrics.telling import (
    DAYS,
    UNITS,
    Told,
    board,
    counted,
    handling,
    hear,
    made,
    on_postgresql,
    organisations,
    registered,
    summed,
    tell,
)
from tests.metrics.test_board import one
from tests.servers import PostgresServer

GOAL = "commitments_fulfilled"
YEARLY, ONCE, OF_TWO = "planning.open_activity", "organise.delegate_roles", "organise.values"
KEYS = (YEARLY, ONCE, OF_TWO, "planning.conference", "digital.train", "tomorrow.something")


def fulfilled(unit: str, key: str, day: date) -> Told:
    """A commitment, as membership tells of it."""
    return "commitment_fulfilled", {"unit": unit, "key": key, "fulfilled_on": str(day)}


def values(metrics: Metrics, unit: str, *years: int) -> list[int]:
    """What a unit and all below it have fulfilled at the end of each year."""
    return [board(metrics, unit, year, date(year, 12, 31))[GOAL]["value"] for year in years]


def test_the_list_is_membership_s() -> None:
    theirs = {key: (each.levels, each.yearly) for key, each in membership.CATALOGUE.items()}
    assert {key: (each.levels, each.yearly) for key, each in CATALOGUE.items()} == theirs
    assert LEVELS == membership.LEVELS


def test_what_is_done_once_stays_done_and_what_is_yearly_does_not(metrics: Metrics) -> None:
    tell(metrics, fulfilled("1001", ONCE, date(2025, 3, 1)))
    tell(metrics, fulfilled("1001", YEARLY, date(2025, 4, 1)))
    tell(metrics, fulfilled("1001", YEARLY, date(2027, 2, 1)))
    for unit in ("1001", "north", "SE"):
        assert values(metrics, unit, 2024, 2025, 2026, 2027) == [0, 2, 1, 2]


def test_all_that_hold_for_the_open_units_of_the_subtree_are_the_target(metrics: Metrics) -> None:
    held = Counter(level for each in CATALOGUE.values() for level in each.levels)
    found = {unit: board(metrics, unit)[GOAL]["target"] for unit in UNITS}
    assert found == {
        "SE": held["party"] + 2 * held["district"] + 3 * held["branch"],
        "north": held["district"] + 3 * held["branch"],
        "south": held["district"],
        "1001": 2 * held["branch"],
        "1002": held["branch"],
        "1001-a": held["branch"],
        "1001-c": None,
    }


def test_a_unit_that_has_fulfilled_all_has_met_the_goal(metrics: Metrics) -> None:
    keys = [key for key, each in CATALOGUE.items() if "branch" in each.levels]
    tell(metrics, *(fulfilled("1002", key, DAYS[9]) for key in keys[1:]))
    assert board(metrics, "1002")[GOAL]["status"] == "behind"
    tell(metrics, fulfilled("1002", keys[0], DAYS[9]))
    found = board(metrics, "1002")[GOAL]
    assert (found["status"], found["value"]) == ("met", len(keys))


def test_what_is_fulfilled_is_split_by_level(metrics: Metrics) -> None:
    tell(metrics, *(fulfilled(unit, OF_TWO, DAYS[9]) for unit in ("SE", "north")))
    tell(metrics, *(fulfilled(unit, ONCE, DAYS[9]) for unit in ("1001", "1001-a")))
    assert board(metrics, "SE")[GOAL]["split"] == {"party": 1, "district": 1, "branch": 2}
    assert board(metrics, "1001")[GOAL]["split"] == {"branch": 2}


def test_what_does_not_hold_for_a_unit_or_is_not_known_counts_nowhere(metrics: Metrics) -> None:
    tell(metrics, fulfilled("1001", "planning.conference", DAYS[9]))
    tell(metrics, fulfilled("1001-c", ONCE, DAYS[9]))
    tell(metrics, fulfilled("1001", "tomorrow.something", DAYS[9]))
    assert values(metrics, "SE", 2026) == [0]


def test_a_closed_unit_has_nothing_fulfilled_from_that_day_on(metrics: Metrics) -> None:
    tell(metrics, fulfilled("1002", ONCE, date(2025, 3, 1)))
    tell(metrics, registered("1002", 2, open=False, valid_from="2026-02-01"))
    assert values(metrics, "SE", 2025, 2026) == [1, 0]


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Told], list[Told], list[int]]:
    """What happened; the same in another order; and what of it is heard twice."""
    happened = draw(organisations())
    for _ in range(draw(st.integers(1, 8))):
        place = draw(st.sampled_from(sorted(UNITS))), draw(st.sampled_from(KEYS))
        happened.append(fulfilled(*place, draw(st.sampled_from(DAYS))))
    order = draw(st.permutations(happened))
    again = draw(st.lists(st.integers(0, len(order) - 1), max_size=4))
    return happened, order, again


def recount(happened: list[Told], day: date) -> dict[tuple[str, str], int]:
    """By unit and measure what is fulfilled on a day, straight from the rule."""
    done = {
        (data["unit"], data["key"], LEVELS[UNITS[data["unit"]][0]])
        for _, data in happened
        if data.get("key") in CATALOGUE
        and LEVELS.get(UNITS[data["unit"]][0]) in CATALOGUE[data["key"]].levels
        and data["fulfilled_on"] <= str(day)
        and (not CATALOGUE[data["key"]].yearly or data["fulfilled_on"][:4] == str(day.year))
    }
    return summed(happened, Counter((unit, f"commitments.{level}") for unit, _, level in done), day)


@settings(max_examples=30, deadline=None)
@given(histories(), st.integers(1, 7), st.sampled_from(DAYS))
def test_what_is_fulfilled_equals_a_recount_in_any_order_with_any_duplicates(
    history: tuple[list[Told], list[Told], list[int]], batch: int, day: date
) -> None:
    happened, order, again = history
    with TemporaryDirectory() as folder:
        metrics = made(folder)
        hear(metrics, order, again, batch)
        assert counted(metrics, ("commitments.",), day) == recount(happened, day)
        metrics.database.close()


def test_a_rebuild_gives_the_same_commitments(metrics: Metrics) -> None:
    tell(metrics, fulfilled("1001", YEARLY, DAYS[0]), fulfilled("1001", YEARLY, DAYS[9]))
    tell(metrics, fulfilled("north", OF_TWO, DAYS[2]))
    before = rows(metrics.database)
    rebuilds = Rebuilds(metrics.database, metrics.plan, lambda work: work())
    rebuilds.begin(uuid4())

    assert (rebuilds.status()["state"], rebuilds.status()["error"]) == ("done", None)
    assert rows(metrics.database) == before
    assert values(metrics, "SE", 2025, 2026) == [2, 2]


def test_what_is_no_commitment_is_set_aside_and_the_next_is_counted(metrics: Metrics) -> None:
    name, data = fulfilled("1001", ONCE, DAYS[0])
    bad = ({**data, "unit": "a b"}, {**data, "fulfilled_on": None}, {**data, "key": "x" * 65})
    for each in bad:
        tell(metrics, (name, each))
    tell(metrics, (name, data))
    assert values(metrics, "SE", 2026) == [1]


def test_the_last_day_of_all_keeps_no_unit_from_being_known(tmp_path: Path) -> None:
    metrics = made(tmp_path)
    tell(metrics, fulfilled("1001", YEARLY, date.max))
    tell(metrics, *(registered(code) for code in UNITS))
    tell(metrics, fulfilled("1001", ONCE, DAYS[0]))
    assert values(metrics, "SE", 2026) == [1]
    metrics.database.close()


def test_what_is_told_twice_at_once_counts_once(databases: PostgresServer) -> None:
    with on_postgresql(databases) as metrics:
        days = date(2026, 3, 1), date(2026, 3, 2)
        first, second = (handling(metrics, fulfilled("1001", YEARLY, day)) for day in days)
        during(metrics.database, first, second).result()
        assert values(metrics, "SE", 2026, 2027) == [1, 0]


def test_a_fulfilled_commitment_is_on_the_board(system: System) -> None:
    unit, today = "1273", clock.today() - timedelta(days=1)
    before = one(system, GOAL, unit, today.year)
    path = f"/units/{unit}/commitments/{ONCE}"
    answer = system.call("POST", "membership", path, {"fulfilled_on": str(today)})
    assert answer.ok, answer.text
    system.settle()
    after = one(system, GOAL, unit, today.year)
    assert (after["value"], after["target"]) == (before["value"] + 1, before["target"])
