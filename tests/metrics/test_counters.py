"""The counters equal a plain recount of the facts, whatever order everything arrives in."""

from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from infra import migrate, units
from infra.database import Database
from infra.event import Event
from services.metrics import counters, placements
from services.metrics.counters import Increment
from services.metrics.placements import Known

UNITS = ("SE", "north", "south", "1001", "1002", "1002-a")
DAYS = [date(2024, 12, 28) + timedelta(days=n) for n in range(0, 420, 7)]
YEARS = (2024, 2025, 2026)


def unit_event(code: str, version: int, parent: str | None, valid_from: date) -> Event:
    data = {
        "code": code,
        "name": code,
        "kind": "branch",
        "parent": parent,
        "population": None,
        "open": True,
        "version": version,
        "valid_from": valid_from,
    }
    kind = "unit_registered" if version == 1 else "unit_changed"
    return Event(uuid4(), "membership", f"membership.{kind}.v1", "", data, version, "e")


def place(session: Session, events: list[Event]) -> None:
    units.copy(session, events)
    before = placements.load(session)
    moved = placements.record(session, events)
    counters.move(session, before, placements.load(session), moved)


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Any], list[Any]]:
    """Places and facts in a random order; a unit's parent always comes before it in UNITS."""
    places = [unit_event("SE", 1, None, DAYS[0])]
    for index, code in enumerate(UNITS[1:], start=1):
        moves = draw(st.lists(st.sampled_from(DAYS), max_size=3))
        for version, day in enumerate([DAYS[0], *moves], start=1):
            parent = draw(st.sampled_from(UNITS[:index]))
            places.append(unit_event(code, version, parent, day))
    facts = draw(
        st.lists(
            st.builds(
                Increment,
                st.sampled_from(UNITS),
                st.sampled_from(("members", "conversations.door")),
                st.sampled_from(DAYS),
                st.integers(-3, 9),
            ),
            max_size=25,
        )
    )
    return facts, draw(st.permutations([*places, *facts]))


def model_path(history: list[Event], unit: str, day: date) -> list[str]:
    """The ancestors of `unit` on `day`, straight from the rule: the latest move that applies."""
    path, at = [], unit
    while at is not None:
        path.append(at)
        versions = sorted(
            (e.data for e in history if e.data["code"] == at), key=lambda data: data["version"]
        )
        parent, previous = None, ""
        for data in versions:
            moved = data["parent"] != previous
            if moved and (data["version"] == 1 or data["valid_from"] <= day):
                parent = data["parent"]
            previous = data["parent"]
        at = parent
    return path


def recount(facts: list[Increment], history: list[Event]) -> dict[tuple[str, str, int], int]:
    found: dict[tuple[str, str, int], int] = defaultdict(int)
    for unit, measure, day, amount in facts:
        if measure == "members":
            for year in YEARS:
                end = date(year, 12, 31)
                if day <= end:
                    for ancestor in model_path(history, unit, end):
                        found[ancestor, measure, year] += amount
        else:
            for ancestor in model_path(history, unit, day):
                found[ancestor, measure, day.year] += amount
    return {key: value for key, value in found.items() if value}


def counted(session: Session) -> dict[tuple[str, str, int], int]:
    return {
        (unit, measure, year): value
        for year in YEARS
        for unit, measures in counters.years(session, UNITS, year).items()
        for measure, value in measures.items()
        if value
    }


@settings(max_examples=60, deadline=None)
@given(histories(), st.integers(1, 7))
def test_counters_equal_a_recount_of_the_facts_in_any_order_and_batch(
    history: tuple[list[Any], list[Any]], batch: int
) -> None:
    facts, arrivals = history
    with TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder)}/metrics.db", "metrics")
        migrate.upgrade(database.engine, "metrics")
        known = Known()
        for start in range(0, len(arrivals), batch):
            part = arrivals[start : start + batch]
            with database.writing() as session:
                counters.add(
                    session, known.exact(session), [x for x in part if isinstance(x, Increment)]
                )
                events = [x for x in part if isinstance(x, Event)]
                if events:
                    place(session, events)
        with database.reading() as session:
            found = counted(session)
        database.close()
    assert found == recount(facts, [x for x in arrivals if isinstance(x, Event)])


def test_facts_of_an_unknown_unit_appear_at_all_levels_when_the_unit_does(
    database: Database,
) -> None:
    known = Known()
    fact = Increment("1001", "conversations.door", date(2026, 5, 1), 7)
    with database.writing() as session:
        counters.add(session, known.exact(session), [fact])
    with database.writing() as session:
        place(session, [unit_event("1001", 1, "north", DAYS[0])])
    with database.writing() as session:
        place(session, [unit_event("north", 1, "SE", DAYS[0]), unit_event("SE", 1, None, DAYS[0])])
        found = counters.years(session, UNITS, 2026)
    assert {unit: dict(m) for unit, m in found.items() if m} == {
        unit: {"conversations.door": 7} for unit in ("1001", "north", "SE")
    }


def test_a_moved_branch_leaves_its_flows_and_takes_its_members(database: Database) -> None:
    known = Known()
    with database.writing() as session:
        place(
            session,
            [
                unit_event("SE", 1, None, DAYS[0]),
                unit_event("north", 1, "SE", DAYS[0]),
                unit_event("south", 1, "SE", DAYS[0]),
                unit_event("1001", 1, "north", DAYS[0]),
            ],
        )
    facts = [
        Increment("1001", "members", date(2026, 1, 5), 10),
        Increment("1001", "conversations.door", date(2026, 1, 5), 4),
        Increment("1001", "conversations.door", date(2026, 6, 5), 3),
    ]
    with database.writing() as session:
        counters.add(session, known.exact(session), facts)
    with database.writing() as session:
        place(session, [unit_event("1001", 2, "south", date(2026, 3, 1))])
        found = counters.years(session, UNITS, 2026)
    assert found["north"]["members"] == 0
    assert found["south"]["members"] == 10
    assert found["north"]["conversations.door"] == 4
    assert found["south"]["conversations.door"] == 3
    assert (found["SE"]["members"], found["SE"]["conversations.door"]) == (10, 7)
