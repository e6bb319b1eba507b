"""Activities and the conference on the board: the last that is known of each, in any order."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra import migrate, units
from infra.database import Database
from services.metrics import goals
from tests.metrics.feeds import Metrics

UNITS = {
    "SE": ("party", None),
    "skane": ("district", "SE"),
    "1280": ("branch", "skane"),
    "1281": ("branch", "skane"),
    "club": ("club", "1280"),
}
TODAY = date(2026, 6, 30)
IDS = [uuid4() for _ in range(3)]
KINDS = ("theme_meeting", "study_circle", "decision_meeting")

Told = tuple[str, dict[str, Any]]


@pytest.fixture
def metrics(tmp_path: Path) -> Iterator[Metrics]:
    """Metrics that knows a few units."""
    metrics = made(tmp_path)
    yield metrics
    metrics.database.close()


def made(folder: Path) -> Metrics:
    """Metrics on a database of its own."""
    database = Database(f"sqlite:///{folder}/metrics.db", "metrics")
    migrate.upgrade(database.engine, "metrics")
    metrics = Metrics(database)
    for code, (kind, parent) in UNITS.items():
        register(metrics, code, kind, parent)
    metrics.deliver()
    return metrics


def register(metrics: Metrics, code: str, kind: str, parent: str | None) -> None:
    """A unit, as membership tells of it."""
    unit = {"code": code, "name": code, "kind": kind, "parent": parent, "population": None}
    place = {"open": True, "version": 1, "valid_from": "1900-01-01"}
    metrics.feeds["membership"].publish("unit_registered", {**unit, **place})


def activity(
    activity_id: UUID, version: int, unit: str = "1280", kind: str = KINDS[0], **changes: Any
) -> dict[str, Any]:
    """What is told of an activity."""
    told = {"activity_id": str(activity_id), "unit": unit, "kind": kind, "held_on": "2026-05-01"}
    return {**told, "members": 4, "guests": 2, "version": version, **changes}


def board(metrics: Metrics, unit: str, year: int = 2026) -> dict[str, Any]:
    """The board of a unit, its goals by key."""
    with metrics.database.reading() as session:
        found = goals.board(session, units.load(session), unit, year, TODAY)
    return {**found, **{goal["key"]: goal for goal in found["goals"]}}


def hold(metrics: Metrics, *told: dict[str, Any]) -> None:
    """Activities that were held."""
    for each in told:
        metrics.feeds["campaign"].publish("activity_held", each)
    metrics.deliver()


states = st.builds(
    lambda key, version, name, unit, kind, day, members: (
        name,
        activity(
            IDS[key],
            version,
            unit,
            kind,
            held_on=str(day),
            members=members,
        ),
    ),
    st.integers(0, 2),
    st.integers(1, 4),
    st.sampled_from(("activity_held", "activity_held", "activity_cancelled")),
    st.sampled_from(("1280", "1281", "skane", "club", "late")),
    st.sampled_from(KINDS),
    st.dates(date(2025, 12, 30), date(2026, 1, 2)),
    st.integers(0, 5),
)


def recount(told: list[Told], unit: str, year: int) -> tuple[int, int]:
    """Activities and participants by the last version of each, without any counter."""
    last: dict[str, Told] = {}
    for each in told:
        known = last.get(each[1]["activity_id"])
        if known is None or known[1]["version"] < each[1]["version"]:
            last[each[1]["activity_id"]] = each
    parents = {code: parent for code, (_, parent) in UNITS.items()} | {"late": "1281"}
    counted = []
    for name, data in last.values():
        path, at = [], data["unit"]
        while at is not None:
            path.append(at)
            at = parents[at]
        mine = unit in path and data["held_on"].startswith(str(year))
        if name == "activity_held" and data["kind"] != "decision_meeting" and mine:
            counted.append(data["members"])
    return len(counted), sum(counted)


@settings(max_examples=40, deadline=None)
@given(st.lists(states, max_size=8, unique_by=lambda s: (s[1]["activity_id"], s[1]["version"])))
def test_any_order_and_any_number_of_times_count_what_is_last_known(told: list[Told]) -> None:
    with TemporaryDirectory() as folder:
        metrics = made(Path(folder))
        for name, data in told:
            metrics.feeds["campaign"].publish(name, data)
        metrics.deliver(limit=3)
        metrics.deliver()
        # A unit that turns up after what happened in it.
        register(metrics, "late", "branch", "1281")
        metrics.deliver()
        metrics.handle(metrics.feeds["campaign"].entries)
        for unit in UNITS:
            for year in (2025, 2026):
                found = board(metrics, unit, year)
                counts = (found["local_activities"]["value"], found["counters"]["participants"])
                assert counts == recount(told, unit, year)
        metrics.database.close()


def test_the_year_before_is_to_be_passed_at_every_level(metrics: Metrics) -> None:
    hold(metrics, activity(uuid4(), 1, held_on="2025-03-01"), activity(uuid4(), 1))
    goal = board(metrics, "skane")["local_activities"]
    assert (goal["target"], goal["value"], goal["status"]) == (1, 1, "on_pace")

    hold(metrics, activity(uuid4(), 1, "club"), activity(uuid4(), 1, kind="decision_meeting"))
    found = board(metrics, "skane")
    assert (found["local_activities"]["value"], found["local_activities"]["status"]) == (2, "met")
    assert found["local_activities"]["split"] == {"theme_meeting": 2}
    shown = {"participants": 8, "guests": 4, "decision_meetings": 1}
    assert found["counters"] == shown
    assert board(metrics, "1281")["local_activities"]["target"] == 0


def test_every_district_and_branch_is_to_be_at_the_conference(metrics: Metrics) -> None:
    for unit in ("skane", "1280"):
        told = {"activity_id": str(IDS[0]), "unit": unit, "held_on": "2026-03-01"}
        metrics.feeds["campaign"].publish("conference_attended", told)
    metrics.deliver()

    targets = {unit: board(metrics, unit)["conference_attendance"] for unit in UNITS}
    assert {unit: (goal["value"], goal["target"]) for unit, goal in targets.items()} == {
        "SE": (2, 3),
        "skane": (2, 3),
        "1280": (1, 1),
        "1281": (0, 1),
        "club": (0, None),
    }
    assert targets["1280"]["status"] == "met"
    assert targets["club"]["status"] == "no_target"
