"""Carriers: which members may begin with something in which unit, and when."""

from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra import clock
from infra.database import locked
from infra.errors import Invalid
from infra.units import Tree
from services.membership.members import Member


def check_place(tree: Tree, code: str) -> None:
    """Invalid, naming the unit, unless somebody can carry something there from now on."""
    node = tree.check_known(code)
    if node.kind == "side_organisation":
        raise Invalid("Not here", {"unit": ["Nobody has a task in a side organisation itself."]})
    if not node.open:
        raise Invalid("Closed unit", {"unit": ["The unit is closed."]})


def take(session: Session, tree: Tree, member_id: UUID, unit: str, field: str) -> Member:
    """The member, locked until the commit; Invalid, naming `field`, unless of `unit` or below.

    Who is unknown, has left or is elsewhere is refused in the same words, which tell nothing.
    """
    query = select(Member).where(Member.id == member_id)
    member = session.scalars(locked(session, query)).one_or_none()
    if member is None or member.status != "member" or not tree.within(member.unit, unit):
        raise Invalid("Not by them", {field: ["There is no such member in the unit."]})
    return member


def check_start(member: Member, started_on: date) -> None:
    """Invalid, naming `started_on`, unless the member can have begun with something that day."""
    if started_on > clock.today():
        raise Invalid("Not yet", {"started_on": ["The day is in the future."]})
    if started_on < member.joined_on:
        raise Invalid("Too early", {"started_on": ["Before the member joined."]})


def check_end(started_on: date, ended_on: date) -> None:
    """Invalid, naming `ended_on`, unless what began on `started_on` can have ended that day."""
    if ended_on > clock.today():
        raise Invalid("Not yet", {"ended_on": ["The day is in the future."]})
    if ended_on < started_on:
        raise Invalid("Too early", {"ended_on": ["Before it started."]})
