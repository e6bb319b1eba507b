"""Leader education: of those who hold an elected post, the share that it was offered to."""

from collections import Counter
from datetime import date, timedelta
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID, uuid4

from hypothesis import given, settings
from hypothesis import strategies as st

from infra import clock, units
from infra.rebuild import Rebuilds
from services.metrics import series
from services.metrics.programme import GOALS
from tests import people
from tests.conftest import System
from tests.membership.racing import during
from tests.metrics.feeds import Metrics
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
    on_postgresql,
    organisations,
    summed,
    tell,
)
from tests.metrics.test_board import one
from tests.servers import PostgresServer

GOAL = "leader_education_offered"
POSTS = [UUID(int=number) for number in range(1, 6)]
ANNA, BO, CLAES = (UUID(int=number) for number in range(101, 104))
OBLIGATIONS = {ANNA: UUID(int=201), BO: UUID(int=202), CLAES: UUID(int=203)}


def started(key: UUID, member: UUID, unit: str, day: date) -> Told:
    """An elected post that is taken up."""
    known = {"assignment_id": str(key), "member_id": str(member), "unit": unit}
    return "assignment_started", {**known, "role": "elected_post", "started_on": str(day)}


def ended(key: UUID, member: UUID, unit: str, day: date) -> Told:
    """An elected post that is left."""
    known = {"assignment_id": str(key), "member_id": str(member), "unit": unit}
    return "assignment_ended", {**known, "role": "elected_post", "ended_on": str(day)}


def owed(member: UUID, version: int, offered_on: date | None, name: str = "opened") -> Told:
    """What is owed to a leader, as training tells of it."""
    known = {"obligation_id": str(OBLIGATIONS[member]), "member_id": str(member), "unit": "1001"}
    day = None if offered_on is None else str(offered_on)
    told = {**known, "kind": "leader_education", "offered_on": day, "version": version}
    return f"obligation_{name}", told


def merged(member: UUID, into: UUID) -> Told:
    """Somebody turns out to be somebody else."""
    both = {"member_id": str(member), "into_id": str(into), "transfers": []}
    return "member_merged", {**both, "unit": "1001", "joined_on": "2025-01-01", "source": "union"}


def split(metrics: Metrics, unit: str) -> dict[str, Any]:
    """How many hold a post now, and how many of them had an offer."""
    found: dict[str, Any] = board(metrics, unit)[GOAL]["split"]
    return found


def test_the_share_is_of_those_who_hold_a_post_now(metrics: Metrics) -> None:
    assert board(metrics, "SE")[GOAL]["value"] is None
    assert board(metrics, "SE")[GOAL]["status"] == "no_target"

    tell(metrics, started(POSTS[0], ANNA, "1001", DAYS[0]), owed(ANNA, 1, None))
    tell(metrics, started(POSTS[1], BO, "1002", DAYS[0]), owed(BO, 1, None))
    assert (board(metrics, "SE")[GOAL]["value"], board(metrics, "SE")[GOAL]["status"]) == (
        0,
        "behind",
    )
    tell(metrics, owed(ANNA, 2, DAYS[5], "met"))
    assert [board(metrics, unit)[GOAL]["value"] for unit in ("SE", "1001", "1002")] == [0.5, 1, 0]

    tell(metrics, ended(POSTS[1], BO, "1002", DAYS[7]), owed(BO, 2, None, "cancelled"))
    found = board(metrics, "SE")[GOAL]
    assert (found["value"], found["status"]) == (1, "met")
    tell(metrics, ended(POSTS[0], ANNA, "1001", DAYS[8]))
    assert board(metrics, "SE")[GOAL]["value"] is None


def test_a_person_with_several_posts_counts_once_where_one_is_held_longest(
    metrics: Metrics,
) -> None:
    tell(metrics, started(POSTS[0], ANNA, "1001", DAYS[0]))
    tell(metrics, started(POSTS[1], ANNA, "1002", DAYS[1]))
    assert [split(metrics, unit) for unit in ("SE", "1001", "1002")] == [{"due": 1}, {"due": 1}, {}]
    tell(metrics, ended(POSTS[0], ANNA, "1001", DAYS[3]))
    assert [split(metrics, unit) for unit in ("SE", "1001", "1002")] == [{"due": 1}, {}, {"due": 1}]


def test_an_offer_that_is_withdrawn_counts_no_more(metrics: Metrics) -> None:
    tell(metrics, started(POSTS[0], ANNA, "1001", DAYS[0]))
    tell(metrics, owed(ANNA, 3, None, "reopened"), owed(ANNA, 2, DAYS[2], "met"))
    assert split(metrics, "SE") == {"due": 1}
    tell(metrics, owed(ANNA, 4, DAYS[3], "met"))
    assert split(metrics, "SE") == {"due": 1, "on_time": 1}


def test_other_obligations_and_other_roles_are_no_leaders(metrics: Metrics) -> None:
    name, data = owed(ANNA, 1, DAYS[2], "met")
    tell(metrics, (name, {**data, "kind": "academy"}))
    name, data = started(POSTS[0], ANNA, "1001", DAYS[0])
    tell(metrics, (name, {**data, "role": "nominating_committee"}))
    assert split(metrics, "SE") == {}


def test_who_turns_out_to_be_another_counts_with_that_one(metrics: Metrics) -> None:
    tell(metrics, started(POSTS[0], ANNA, "1001", DAYS[0]), owed(ANNA, 2, DAYS[2], "met"))
    tell(metrics, started(POSTS[1], BO, "1002", DAYS[1]))
    assert split(metrics, "SE") == {"due": 2, "on_time": 1}

    tell(metrics, merged(ANNA, BO), owed(ANNA, 3, DAYS[2], "cancelled"))
    assert [split(metrics, unit) for unit in ("SE", "1001", "1002")] == [{"due": 1}, {"due": 1}, {}]
    tell(metrics, owed(BO, 2, DAYS[6], "met"))
    assert split(metrics, "SE") == {"due": 1, "on_time": 1}


def test_the_share_over_time_is_as_of_each_day(metrics: Metrics) -> None:
    tell(metrics, started(POSTS[0], ANNA, "1001", date(2025, 12, 1)))
    tell(metrics, started(POSTS[1], BO, "1001", date(2026, 2, 10)))
    tell(metrics, owed(ANNA, 2, date(2026, 1, 20), "met"))
    with metrics.database.reading() as session:
        tree = units.load(session)
        span = date(2025, 11, 1), date(2026, 7, 31), "month"
        found = series.series(session, tree, GOALS[GOAL], "SE", span, TODAY)["points"]
    assert [(point["due"], point["on_time"], point["value"]) for point in found] == [
        (0, 0, None),
        (1, 0, 0),
        (1, 1, 1),
        *[(2, 1, 0.5)] * 5,
        (None, None, None),
    ]


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Told], list[Told], list[int]]:
    """What happened; the same in another order; and what of it is heard twice."""
    happened = draw(organisations(closing=False))
    members = sorted(OBLIGATIONS)
    for key in POSTS:
        place = draw(st.sampled_from(members)), draw(st.sampled_from(sorted(UNITS)))
        happened.append(started(key, *place, draw(st.sampled_from(DAYS))))
        if draw(st.booleans()):
            happened.append(ended(key, *place, draw(st.sampled_from(DAYS))))
    for member in members:
        for version in range(1, draw(st.integers(1, 4))):
            day = draw(st.none() | st.sampled_from(DAYS))
            name = "cancelled" if draw(st.integers(0, 4)) == 0 else "met" if day else "reopened"
            happened.append(owed(member, version, day, name))
    happened += [merged(ANNA, BO)] * draw(st.integers(0, 1))
    happened += [merged(BO, CLAES)] * draw(st.integers(0, 1))
    order = draw(st.permutations(happened))
    again = draw(st.lists(st.integers(0, len(order) - 1), max_size=4))
    return happened, order, again


def recount(happened: list[Told], day: date) -> dict[tuple[str, str], int]:
    """By unit how many hold a post on a day, and had an offer by then, straight from the rule."""
    into = {data["member_id"]: data["into_id"] for name, data in happened if "into_id" in data}
    ends = {d["assignment_id"]: d["ended_on"] for name, d in happened if "ended_on" in d}
    offers = {}
    for name, data in sorted((e for e in happened if "version" in e[1]), key=version):
        if "obligation_id" in data:
            offers[data["member_id"]] = None if "cancelled" in name else data["offered_on"]
    held: dict[str, list[tuple[str, str, str]]] = {}
    for _, data in happened:
        end = ends.get(data.get("assignment_id"), "9999")
        if "started_on" in data and data["started_on"] <= str(day) < end:
            person = data["member_id"]
            while person in into:
                person = into[person]
            post = data["started_on"], data["assignment_id"], data["unit"]
            held.setdefault(person, []).append(post)
    own: Counter[tuple[str, str]] = Counter()
    for person, posts in held.items():
        unit = min(posts)[2]
        own[unit, "leader_education.due"] += 1
        own[unit, "leader_education.on_time"] += (offers.get(person) or "9999") <= str(day)
    return summed(happened, own, day)


def version(told: Told) -> int:
    number: int = told[1]["version"]
    return number


@settings(max_examples=30, deadline=None)
@given(histories(), st.integers(1, 7), st.sampled_from(DAYS))
def test_the_shares_equal_a_recount_in_any_order_with_any_duplicates(
    history: tuple[list[Told], list[Told], list[int]], batch: int, day: date
) -> None:
    happened, order, again = history
    with TemporaryDirectory() as folder:
        metrics = made(folder)
        hear(metrics, order, again, batch)
        assert counted(metrics, ("leader_education.",), day) == recount(happened, day)
        metrics.database.close()


def test_a_rebuild_gives_the_same_shares(metrics: Metrics) -> None:
    tell(metrics, ended(POSTS[0], BO, "1001", DAYS[9]), started(POSTS[0], ANNA, "1001", DAYS[0]))
    tell(metrics, started(POSTS[1], ANNA, "north", DAYS[1]), merged(ANNA, BO))
    tell(metrics, owed(BO, 1, None), owed(BO, 2, DAYS[5], "met"))
    before = counted(metrics, ("",), DAYS[8]), counted(metrics, ("",), DAYS[9])
    rebuilds = Rebuilds(metrics.database, metrics.plan, lambda work: work())
    rebuilds.begin(uuid4())

    assert (rebuilds.status()["state"], rebuilds.status()["error"]) == ("done", None)
    assert (counted(metrics, ("",), DAYS[8]), counted(metrics, ("",), DAYS[9])) == before
    assert split(metrics, "SE") == split(metrics, "north") == {"due": 1, "on_time": 1}


def test_members_who_are_one_another_stop_nothing(metrics: Metrics) -> None:
    tell(metrics, merged(ANNA, BO), merged(BO, ANNA), merged(CLAES, CLAES))
    for key, member in zip(POSTS, (ANNA, BO, CLAES), strict=False):
        tell(metrics, started(key, member, "1001", DAYS[0]))
    assert split(metrics, "SE") == {"due": 2}


def test_two_posts_of_a_person_that_are_heard_of_at_once_count_as_one(
    databases: PostgresServer,
) -> None:
    with on_postgresql(databases) as metrics:
        first, second = (
            handling(metrics, started(key, ANNA, "1001", DAYS[0])) for key in POSTS[:2]
        )
        during(metrics.database, first, second).result()
        assert split(metrics, "SE") == {"due": 1}
        offer = handling(metrics, owed(ANNA, 2, DAYS[1], "met"))
        end = handling(metrics, ended(POSTS[0], ANNA, "1001", DAYS[2]))
        during(metrics.database, offer, end).result()
        assert split(metrics, "SE") == {"due": 1, "on_time": 1}


def test_a_leader_is_on_the_board_and_an_offer_too(system: System) -> None:
    unit, year = "1275", clock.today().year
    day = str(clock.today() - timedelta(days=1))
    person = people.somebody() | {"unit": unit, "joined_on": "2025-01-01", "source": "digital"}
    member = system.call("POST", "membership", "/members", person).json()["id"]
    post = {"role": "elected_post", "title": "Ordförande", "sphere": "party"}
    request = {"member_id": member, "unit": unit, "started_on": day, **post}
    answer = system.call("POST", "membership", "/assignments", request)
    assert answer.status_code == 201, answer.text
    system.settle()
    assert one(system, GOAL, unit, year)["value"] == 0

    offer = {"member_id": member, "kind": "leader_education", "offered_on": day}
    answer = system.call("POST", "training", "/offers", offer)
    assert answer.status_code == 201, answer.text
    system.settle()
    found = one(system, GOAL, unit, year)
    assert (found["value"], found["target"], found["status"]) == (1, 1, "met")
