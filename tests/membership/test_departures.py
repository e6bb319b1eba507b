"""What a member carries ends with the membership, or with belonging to the unit."""

from datetime import date
from uuid import UUID

from infra.database import Database
from services.membership import assignments, departures, mentorships, units
from services.membership.vault import Vault
from tests.membership.carried import (
    STARTED,
    assigning,
    begin,
    elected,
    forget,
    leave,
    member,
    mentor,
    mentoring,
    start,
)
from tests.membership.given import Row, published

LEFT = date(2024, 9, 1)


def move(database: Database, member_id: UUID, unit: str, on: date = LEFT) -> bool:
    """Move a member to another unit; answers whether it was new."""
    with database.writing() as session:
        tree = units.take_turn(session)
        return departures.transfer(session, tree, member_id, {"unit": unit, "on": on})[1]


def ended(database: Database) -> dict[str, str]:
    """The day on which each assignment that ended did so."""
    facts = [data for name, data in published(database) if name == "assignment_ended"]
    return {data["assignment_id"]: data["ended_on"] for data in facts}


def ids(*requests: Row) -> set[str]:
    """Their ids, as published."""
    return {str(request["id"]) for request in requests}


def test_all_that_a_member_carries_ends_on_the_day_of_the_leave(
    database: Database, vault: Vault
) -> None:
    holder = mentor(database, vault)
    post, task = elected(holder, unit="skane"), assigning(holder)
    start(database, post)
    start(database, task)
    begin(database, mentoring(holder, member(database, vault)))
    forget(database)

    leave(database, holder, LEFT)
    leave(database, holder, LEFT)

    facts = published(database)
    assert [name for name, _ in facts] == [
        "member_left",
        *["assignment_ended"] * 3,
        "mentorship_ended",
    ]
    assert ids(post, task) < set(ended(database))
    assert {data.get("ended_on", "2024-09-01") for _, data in facts} == {"2024-09-01"}


def test_a_mentorship_ends_when_the_mentee_leaves(database: Database, vault: Vault) -> None:
    one, other = mentor(database, vault), member(database, vault)
    begin(database, mentoring(one, other))

    leave(database, other, LEFT)

    with database.writing() as session:
        assert mentorships.open_of(session, one) == []
        assert len(assignments.open_of(session, one)) == 1


def test_what_started_after_a_leave_that_is_told_late_ends_as_it_started(
    database: Database, vault: Vault
) -> None:
    holder = member(database, vault)
    start(database, assigning(holder, started_on=date(2024, 10, 1)))

    leave(database, holder, LEFT)

    assert list(ended(database).values()) == ["2024-10-01"]


def test_what_had_ended_before_stays_as_it_was(database: Database, vault: Vault) -> None:
    holder = member(database, vault)
    assignment, _ = start(database, assigning(holder))
    with database.writing() as session:
        assignments.end(session, assignment.id, STARTED)
    forget(database)

    leave(database, holder, LEFT)

    assert [name for name, _ in published(database)] == ["member_left"]


def test_the_tasks_of_units_that_a_member_moves_out_of_end(
    database: Database, vault: Vault
) -> None:
    holder = member(database, vault)
    branch, district = elected(holder), elected(holder, unit="skane")
    party = elected(holder, unit="SE")
    for request in (branch, district, party):
        start(database, request)
    forget(database)

    assert move(database, holder, "1281")
    assert not move(database, holder, "1281")
    assert set(ended(database)) == ids(branch)

    move(database, holder, "0114")
    assert set(ended(database)) == ids(branch, district)
    assert [name for name, _ in published(database)].count("member_transferred") == 2
