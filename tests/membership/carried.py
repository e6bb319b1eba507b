"""What the tests of tasks begin with: members, and what they carry."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from infra.database import Database
from services.membership import assignments, departures, joins, mentorships, units
from services.membership.assignments import Assignment
from services.membership.mentorships import Mentorship
from services.membership.vault import Vault
from tests.membership.given import Row, forget_published, joining

JOINED = date(2024, 5, 6)
STARTED = date(2024, 6, 1)


def member(database: Database, vault: Vault, **changes: Any) -> UUID:
    """A new member, of whom nothing was published."""
    request = joining(**{"joined_on": JOINED, **changes})
    with database.writing() as session:
        joins.join(session, units.take_turn(session), request, vault)
        forget_published(session)
    return UUID(str(request["id"]))


def assigning(member_id: UUID, **changes: Any) -> Row:
    """A request for an assignment, as its schema loads it."""
    request: Row = {
        "id": uuid4(),
        "member_id": member_id,
        "unit": "1280",
        "role": "activity_leader",
        "title": None,
        "sphere": None,
        "area": None,
        "question": None,
        "task_id": None,
        "started_on": STARTED,
        "mandate_until": None,
    }
    return {**request, **changes}


def elected(member_id: UUID, **changes: Any) -> Row:
    """A request for an elected post."""
    post = {"role": "elected_post", "title": "Ordförande", "sphere": "party"}
    return assigning(member_id, **{**post, **changes})


def start(database: Database, request: Row) -> tuple[Assignment, bool]:
    """Let a member carry a task."""
    with database.writing() as session:
        return assignments.start(session, units.take_turn(session), request)


def mentoring(mentor_id: UUID, mentee_id: UUID, **changes: Any) -> Row:
    """A request for a mentorship, as its schema loads it."""
    request = {"mentor_id": mentor_id, "mentee_id": mentee_id, "unit": "1280"}
    return {"id": uuid4(), "started_on": STARTED, **request, **changes}


def mentor(database: Database, vault: Vault, **changes: Any) -> UUID:
    """A new member who is a mentor in the branch."""
    found = member(database, vault)
    start(database, assigning(found, role="mentor", **changes))
    forget(database)
    return found


def begin(database: Database, request: Row) -> tuple[Mentorship, bool]:
    """Give a member a mentor."""
    with database.writing() as session:
        return mentorships.start(session, units.take_turn(session), request)


def leave(database: Database, member_id: UUID, left_on: date) -> None:
    """Let a member leave, with all that ends by it."""
    with database.writing() as session:
        departures.leave(session, member_id, {"left_on": left_on, "reason": "own_request"})


def forget(database: Database) -> None:
    """What follows is seen alone."""
    with database.writing() as session:
        forget_published(session)
