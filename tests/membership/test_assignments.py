"""Assignments are carried by members of the unit, one at a time where there is one post."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from infra import clock
from infra.database import Database
from infra.errors import Conflict, Invalid, NotFound
from infra.units import load
from services.membership import assignments, units
from services.membership.assignments import Assignment
from services.membership.vault import Vault
from tests.membership.carried import (
    JOINED,
    STARTED,
    assigning,
    elected,
    forget,
    leave,
    member,
    start,
)
from tests.membership.given import published

TODAY = clock.today()
TOMORROW = TODAY + timedelta(days=1)
LATER = date(2024, 9, 1)


def end(database: Database, assignment: Assignment, on: date) -> tuple[Assignment, bool]:
    """End an assignment."""
    with database.writing() as session:
        return assignments.end(session, assignment.id, on)


def wrong(database: Database, request: dict[str, Any]) -> set[str]:
    """The fields that are named when the request is refused, and nothing comes of it."""
    with pytest.raises(Invalid) as refused:
        start(database, request)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Assignment)) == 0
    assert published(database) == []
    return set(refused.value.errors)


def test_an_assignment_is_stored_and_published(database: Database, vault: Vault) -> None:
    holder = member(database, vault)
    request = elected(holder, mandate_until=TOMORROW, area="Rosengård", question="skola")

    assignment, new = start(database, request)

    assert new
    assert {name: getattr(assignment, name) for name in request} == request
    assert published(database) == [
        (
            "assignment_started",
            {
                "assignment_id": str(request["id"]),
                "member_id": str(holder),
                "unit": "1280",
                "role": "elected_post",
                "sphere": "party",
                "started_on": "2024-06-01",
                "first": True,
                "days_since_joined": 26,
            },
        )
    ]


def test_an_assignment_ends_and_says_so(database: Database, vault: Vault) -> None:
    assignment, _ = start(database, assigning(member(database, vault), role="mentor"))
    forget(database)

    ended, new = end(database, assignment, LATER)

    assert (ended.ended_on, new) == (LATER, True)
    (name, data) = published(database)[0]
    assert name == "assignment_ended"
    assert data["ended_on"] == "2024-09-01"
    assert (data["first"], data["days_since_joined"]) == (True, 26)


def test_only_the_first_assignment_is_the_first(database: Database, vault: Vault) -> None:
    holder, other = member(database, vault), member(database, vault)
    start(database, assigning(holder))
    start(database, assigning(holder, started_on=JOINED))
    start(database, assigning(other))

    assert [data["first"] for _, data in published(database)] == [True, False, True]


def test_the_same_request_again_changes_nothing(database: Database, vault: Vault) -> None:
    holder = member(database, vault)
    request = elected(holder)
    start(database, request)
    leave(database, holder, LATER)
    before = len(published(database))

    again, new = start(database, request)

    assert (again.ended_on, new) == (LATER, False)
    assert len(published(database)) == before


@pytest.mark.parametrize(
    "other",
    [{"unit": "skane"}, {"role": "mentor"}, {"area": "Norr"}, {"started_on": JOINED}],
)
def test_an_id_that_is_taken_is_refused(
    database: Database, vault: Vault, other: dict[str, Any]
) -> None:
    request = assigning(member(database, vault))
    start(database, request)

    with pytest.raises(Conflict):
        start(database, {**request, **other})

    assert len(published(database)) == 1


def test_ending_again_is_the_same_and_another_day_is_refused(
    database: Database, vault: Vault
) -> None:
    assignment, _ = start(database, assigning(member(database, vault)))
    end(database, assignment, LATER)

    assert end(database, assignment, LATER)[1] is False
    with pytest.raises(Conflict):
        end(database, assignment, LATER + timedelta(days=1))
    assert len(published(database)) == 2


@pytest.mark.parametrize("on", [STARTED - timedelta(days=1), TOMORROW])
def test_an_end_before_the_start_or_in_the_future_is_refused(
    database: Database, vault: Vault, on: date
) -> None:
    assignment, _ = start(database, assigning(member(database, vault)))

    with pytest.raises(Invalid) as refused:
        end(database, assignment, on)

    assert set(refused.value.errors) == {"ended_on"}
    assert len(published(database)) == 1


def test_what_is_not_there_does_not_end(database: Database) -> None:
    with pytest.raises(NotFound), database.writing() as session:
        assignments.end(session, uuid4(), LATER)


@pytest.mark.parametrize("unit", ["1280", "skane", "SE"])
def test_a_member_carries_tasks_of_the_own_unit_and_those_above(
    database: Database, vault: Vault, unit: str
) -> None:
    assert start(database, assigning(member(database, vault), unit=unit))[1]


@pytest.mark.parametrize("unit", ["1281", "stockholms-lan"])
def test_a_member_of_elsewhere_carries_no_task(database: Database, vault: Vault, unit: str) -> None:
    assert wrong(database, assigning(member(database, vault), unit=unit)) == {"member_id"}


def test_who_is_unknown_or_has_left_carries_no_task(database: Database, vault: Vault) -> None:
    gone = member(database, vault)
    leave(database, gone, LATER)
    forget(database)

    assert wrong(database, assigning(uuid4())) == {"member_id"}
    assert wrong(database, assigning(gone)) == {"member_id"}


def test_no_task_is_in_a_unit_that_is_unknown_closed_or_a_side_organisation(
    database: Database, vault: Vault
) -> None:
    holder = member(database, vault)
    with database.writing() as session:
        for code, kind, parent in (("1280-x", "club", "1280"), ("ssu", "side_organisation", "SE")):
            unit = {"code": code, "name": "N", "kind": kind, "parent": parent, "population": None}
            units.register(session, units.take_turn(session), {**unit, "on": JOINED})
        closing = {"on": JOINED, "open": False, "name": None, "parent": None}
        units.change(session, units.take_turn(session), "1280-x", closing)
    forget(database)

    for code in ("nowhere", "1280-x", "ssu"):
        assert wrong(database, assigning(holder, unit=code)) == {"unit"}


@pytest.mark.parametrize("day", [JOINED - timedelta(days=1), TOMORROW])
def test_a_start_before_joining_or_in_the_future_is_refused(
    database: Database, vault: Vault, day: date
) -> None:
    assert wrong(database, assigning(member(database, vault), started_on=day)) == {"started_on"}


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"role": "elected_post"}, {"title", "sphere"}),
        ({"role": "elected_post", "title": "Ledamot"}, {"sphere"}),
        ({"role": "local"}, {"title"}),
        ({"role": "local", "title": "Kör", "sphere": "party"}, {"sphere"}),
        ({"role": "mentor", "title": "Mentor"}, {"title"}),
        ({"role": "mentor", "mandate_until": TOMORROW}, {"mandate_until"}),
        ({"role": "mentor", "task_id": uuid4()}, {"task_id"}),
        ({"role": "local", "title": "Kör", "task_id": uuid4()}, {"task_id"}),
    ],
)
def test_each_role_says_what_it_needs_and_nothing_else(
    database: Database, vault: Vault, changes: dict[str, Any], fields: set[str]
) -> None:
    assert wrong(database, assigning(member(database, vault), **changes)) == fields


def test_a_mandate_does_not_end_before_it_starts(database: Database, vault: Vault) -> None:
    request = elected(member(database, vault), mandate_until=STARTED - timedelta(days=1))

    assert wrong(database, request) == {"mandate_until"}


def welcoming(holder: UUID, **changes: Any) -> dict[str, Any]:
    """A request for the one welcome officer of a unit."""
    return assigning(holder, role="welcome_officer", **changes)


def test_a_unit_has_one_welcome_officer_at_a_time(database: Database, vault: Vault) -> None:
    one, other = member(database, vault), member(database, vault)
    assignment, _ = start(database, welcoming(one))

    with pytest.raises(Conflict):
        start(database, welcoming(other))
    assert start(database, welcoming(other, unit="skane"))[1]
    end(database, assignment, LATER)
    with pytest.raises(Conflict):
        start(database, welcoming(other, started_on=LATER - timedelta(days=1)))
    assert start(database, welcoming(other, started_on=LATER))[1]


def test_the_same_elected_post_is_not_held_twice_at_a_time(
    database: Database, vault: Vault
) -> None:
    one, other = member(database, vault), member(database, vault)
    start(database, elected(one))

    with pytest.raises(Conflict):
        start(database, elected(other, title=" ordförande"))
    for changes in ({"sphere": "public"}, {"title": "Vice ordförande"}, {"unit": "skane"}):
        assert start(database, elected(other, **changes))[1]


def test_many_may_have_the_other_roles(database: Database, vault: Vault) -> None:
    for role in ("mentor", "union_leader", "nominating_committee"):
        for _ in range(2):
            assert start(database, assigning(member(database, vault), role=role))[1]


def listed(database: Database, **query: Any) -> list[UUID]:
    """The ids of a list."""
    asked = {"unit": "SE", "role": None, "member_id": None, "open": None, "limit": 100}
    with database.reading() as session:
        tree = load(session)
        page = assignments.listed(session, tree, {**asked, "cursor": None, **query})
        return [each.id for each in page.items]


def test_assignments_are_listed_by_unit_role_member_and_state(
    database: Database, vault: Vault
) -> None:
    holder = member(database, vault)
    first, _ = start(database, assigning(holder))
    second, _ = start(database, assigning(holder, role="mentor", started_on=LATER, unit="skane"))
    third, _ = start(database, assigning(member(database, vault), started_on=TODAY))
    end(database, first, LATER)

    assert listed(database) == [third.id, second.id, first.id]
    assert listed(database, unit="1280") == [third.id, first.id]
    assert listed(database, unit="1281") == []
    assert listed(database, role="mentor") == [second.id]
    assert listed(database, member_id=holder) == [second.id, first.id]
    assert listed(database, open=True) == [third.id, second.id]
    assert listed(database, open=False) == [first.id]


def test_what_is_held_of_a_member_is_told_and_forgotten(database: Database, vault: Vault) -> None:
    holder, other = member(database, vault), member(database, vault)
    start(database, elected(holder))
    start(database, assigning(other))

    with database.writing() as session:
        (told,) = assignments.held(session, vault, holder)
        assignments.forget(session, holder)
        assignments.forget(session, holder)
        assert assignments.held(session, vault, holder) == []
        assert len(assignments.held(session, vault, other)) == 1
    assert (told["title"], told["started_on"]) == ("Ordförande", STARTED)
    assert "member_id" not in told


def test_a_merge_moves_assignments(database: Database, vault: Vault) -> None:
    gone, kept = member(database, vault), member(database, vault)
    start(database, assigning(gone))

    with database.writing() as session:
        assignments.absorb(session, gone, kept)
        assert assignments.held(session, vault, gone) == []
        assert len(assignments.held(session, vault, kept)) == 1
        assert assignments.first_day(session, kept) == STARTED
        assert assignments.first_day(session, gone) is None
