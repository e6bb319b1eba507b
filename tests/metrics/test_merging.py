"""A member who was a mistake leaves no trace in the counters, in whatever order it is heard of."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra import migrate
from infra.database import Database
from infra.rebuild import Rebuilds
from services.metrics.counters import DayCounter, YearCounter
from tests import people
from tests.conftest import System
from tests.metrics.feeds import Metrics, rows
from tests.metrics.test_board import one

UNITS = ("SE", "north", "south", "1001", "1002", "2001")
PARENTS = (None, "SE", "SE", "north", "north", "south")
BRANCHES = UNITS[3:]
SOURCES = ("digital", "union", "import")
REASONS = ("own_request", "unpaid", "death", "exclusion")
COUNTERS = (DayCounter, YearCounter)

Fact = tuple[str, dict[str, Any]]


@st.composite
def lives(draw: st.DrawFn) -> tuple[list[Fact], list[Fact]]:
    """What happened to somebody, and the events that take all of it back, as membership says it."""
    day, previous = date(2024, 11, 1), None
    happened: list[Fact] = []
    undone: list[Fact] = []
    for _ in range(draw(st.integers(1, 3))):
        day += timedelta(days=draw(st.integers(0, 120)))
        unit = at = draw(st.sampled_from(BRANCHES))
        told = {"unit": unit, "joined_on": str(day), "source": draw(st.sampled_from(SOURCES))}
        told |= {} if previous is None else {"previous_left_on": str(previous)}
        happened.append(("member_joined", told))
        moves = []
        for _ in range(draw(st.integers(0, 2))):
            day += timedelta(days=draw(st.integers(0, 120)))
            to = draw(st.sampled_from([code for code in BRANCHES if code != at]))
            moves.append({"from_unit": at, "to_unit": to, "on": str(day)})
            at = to
        happened += [("member_transferred", move) for move in moves]
        undo = {**told, "transfers": moves}
        undone.append(("member_merged", undo))
        if not draw(st.booleans()):
            break
        day += timedelta(days=draw(st.integers(0, 120)))
        reason = draw(st.sampled_from(REASONS))
        left = {"left_on": str(day), "reason": reason}
        happened.append(("member_left", {"unit": at, **left}))
        undo |= {"left_unit": at, **left}
        previous = day
    return happened, undone


def units() -> Iterator[Fact]:
    for code, parent in zip(UNITS, PARENTS, strict=True):
        yield "unit_registered", unit(code, parent, 1, "2020-01-01")
    yield "unit_changed", unit("1001", "south", 2, "2025-02-01")


def unit(code: str, parent: str | None, version: int, on: str) -> dict[str, Any]:
    return {
        "code": code,
        "name": code,
        "kind": "branch",
        "parent": parent,
        "population": None,
        "open": True,
        "version": version,
        "valid_from": on,
    }


class Counted:
    """Metrics on a database of its own."""

    def __init__(self, folder: str, name: str) -> None:
        self.database = Database(f"sqlite:///{folder}/{name}.db", "metrics")
        migrate.upgrade(self.database.engine, "metrics")
        self.metrics = Metrics(self.database)

    def hear(self, facts: list[Fact], again: list[int] = []) -> "Counted":  # noqa: B006
        """Publish and handle these, those at some places once more."""
        feed = self.metrics.feeds["membership"]
        for name, data in facts:
            both = {"member_id": str(uuid4()), "into_id": str(uuid4())}
            feed.publish(name, both | data if name == "member_merged" else data)
        self.metrics.handle([*feed.entries, *(feed.entries[at] for at in again)])
        return self

    def counters(self) -> dict[str, Any]:
        """All counters but zeros."""
        return rows(self.database, *COUNTERS)


@settings(max_examples=30, deadline=None)
@given(st.lists(lives(), min_size=1, max_size=4), st.data())
def test_who_is_merged_was_never_counted_whatever_the_order(
    people: list[tuple[list[Fact], list[Fact]]], data: st.DataObject
) -> None:
    merged = data.draw(st.integers(0, len(people)))
    everything = [fact for life in people for fact in life[0]]
    everything += [fact for life in people[:merged] for fact in life[1]]
    real = [fact for life in people[merged:] for fact in life[0]]
    order = data.draw(st.permutations([*units(), *everything]))
    again = data.draw(st.lists(st.integers(0, len(order) - 1), max_size=5))
    with TemporaryDirectory() as folder:
        heard = Counted(folder, "heard").hear(order, again)
        model = Counted(folder, "model").hear([*units(), *real])
        assert heard.counters() == model.counters()
        heard.database.close()
        model.database.close()


def test_a_rebuild_takes_back_what_was_merged(tmp_path: Path) -> None:
    joined = {"unit": "1001", "joined_on": "2025-01-15", "source": "union"}
    moved = {"from_unit": "1001", "to_unit": "2001", "on": "2025-03-01"}
    left = {"left_on": "2026-02-01", "reason": "unpaid"}
    merged = {**joined, "transfers": [moved], "left_unit": "2001", **left}
    facts: list[Fact] = [
        ("member_joined", joined),
        ("member_joined", joined),
        ("member_transferred", moved),
        ("member_left", {"unit": "2001", **left}),
        ("member_merged", merged),
    ]
    random.Random(7).shuffle(facts)
    heard = Counted(str(tmp_path), "heard").hear([*units(), *facts])
    model = Counted(str(tmp_path), "model").hear([*units(), ("member_joined", joined)])
    assert heard.counters() == model.counters()

    rebuilds = Rebuilds(heard.database, heard.metrics.plan, lambda work: work())
    rebuilds.begin(uuid4())

    assert (rebuilds.status()["state"], rebuilds.status()["error"]) == ("done", None)
    assert heard.counters() == model.counters()


@pytest.mark.parametrize(("same_year", "recruited"), [("2025-03-01", 0), ("2024-12-31", 1)])
def test_a_rejoin_that_was_not_counted_as_recruited_is_not_taken_back_as_one(
    tmp_path: Path, same_year: str, recruited: int
) -> None:
    again = {"unit": "1001", "joined_on": "2025-05-01", "source": "digital"}
    again["previous_left_on"] = same_year
    heard = Counted(str(tmp_path), "heard").hear([*units(), ("member_joined", again)])
    seen = heard.counters()["day_counter"]
    assert len([row for row in seen if row[0] == "SE" and row[1] == "recruited.digital"]) == (
        recruited
    )

    heard.hear([("member_merged", {**again, "transfers": []})])

    assert heard.counters() == {"day_counter": [], "year_counter": []}


def seen(system: System, unit: str) -> list[Any]:
    """What the boards of 2025 and of now show of a branch."""
    system.settle()
    shown = [one(system, "members_total", unit, year)["value"] for year in (2025, 2026)]
    for key in ("members_recruited", "members_left"):
        goal = one(system, key, unit, 2025)
        shown += [goal["value"], goal["split"]]
    return shown


def test_a_merge_is_seen_on_the_boards_and_in_the_obligations(system: System) -> None:
    before = [seen(system, unit) for unit in ("1762", "1763")]
    ids = []
    for source in ("union", "digital"):
        person = people.somebody() | {"unit": "1762", "joined_on": "2025-02-03"}
        answer = system.call("POST", "membership", "/members", person | {"source": source})
        ids.append(answer.json()["id"])
    mistake, into = (f"/members/{member_id}" for member_id in ids)
    for path, body in (
        (f"{mistake}/transfer", {"unit": "1763", "on": "2025-03-03"}),
        (f"{mistake}/leave", {"left_on": "2025-04-04", "reason": "own_request"}),
        (f"{into}/transfer", {"unit": "1763", "on": "2025-05-05"}),
    ):
        assert system.call("POST", "membership", path, body).ok
    assert seen(system, "1763")[4] == before[1][4] + 1

    assert system.call("POST", "membership", f"{mistake}/merge", {"into": ids[1]}).ok

    here, there = (seen(system, unit) for unit in ("1762", "1763"))
    assert here[:3] == [before[0][0], before[0][1], before[0][2] + 1]
    assert here[3].get("union") == before[0][3].get("union")
    assert there == [before[1][0] + 1, before[1][1] + 1, *before[1][2:]]
    owed = system.call("GET", "training", "/obligations?unit=1763&limit=500").json()["items"]
    assert {each["status"] for each in owed if each["member_id"] == ids[0]} == {"cancelled"}
    assert "cancelled" not in {each["status"] for each in owed if each["member_id"] == ids[1]}
