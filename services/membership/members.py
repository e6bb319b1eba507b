"""Members: who joined and left, where and when; who they are is sealed."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, LargeBinary, String, exists, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import clock, outbox
from infra.database import Base, locked
from infra.errors import Conflict, Invalid, NotFound
from infra.units import Tree
from services.membership import days
from services.membership.events.members import MemberLeft
from services.membership.marks import Marked
from services.membership.vault import Vault

STATUSES = ("member", "left", "erased", "merged")
AFFILIATIONS = ("ssu", "s-studenter", "s-kvinnor", "hbtq-s", "tro-och-solidaritet")
HOMES = ("branch", "association", "club")
"""The kinds of unit that members belong to."""

OPEN = ("joined_on", "source", "recruited_by", "prospect_id", "paid_until")
MAPPED = ("interests", "competences")
PERSONAL = ("name", "email", "phone", "personal_number", "birth_date", "union", "affiliations")


class Member(Marked, Base):
    """One who is or has been a member; `personal` is a sealed object of the fields PERSONAL.

    Of who is erased it is empty.

    `joined_unit` is where the present membership, or the last, began on `joined_on`, `unit` where
    the member is since `moved_on`, or has been all the time. `previous_left_on` is the end of the
    membership before it, `paid_until` the last day that is paid for. `recruited_by` is an opaque
    reference. `digest` tells whether a request to join is the one by which the member was
    registered.
    """

    __tablename__ = "member"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit: Mapped[str] = mapped_column(String(64))
    joined_unit: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(10))
    joined_on: Mapped[date]
    source: Mapped[str] = mapped_column(String(20))
    recruited_by: Mapped[str | None] = mapped_column(String(64))
    prospect_id: Mapped[UUID | None]
    moved_on: Mapped[date | None]
    left_on: Mapped[date | None]
    leave_reason: Mapped[str | None] = mapped_column(String(20))
    previous_left_on: Mapped[date | None]
    paid_until: Mapped[date | None]
    merged_into: Mapped[UUID | None]
    interests: Mapped[list[str]] = mapped_column(JSON)
    competences: Mapped[list[str]] = mapped_column(JSON)
    personal: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[bytes | None] = mapped_column(LargeBinary)

    def leave(self, left_on: date, reason: str) -> bool:
        """Be a member no longer; False when that was done before, the same day and way."""
        if self.status != "member":
            if (self.left_on, self.leave_reason) != (left_on, reason):
                raise Conflict("The member has left before, on another day or for another reason.")
            return False
        self._check_day("left_on", left_on)
        if left_on == self.previous_left_on:
            raise Invalid("Too early", {"left_on": ["The day of the leave before."]})
        self.status, self.left_on, self.leave_reason = "left", left_on, reason
        return True

    def move(self, tree: Tree, unit: str, on: date) -> None:
        """Belong to another unit from the day `on`."""
        if self.status != "member":
            raise Conflict("Who has left is in no unit.")
        if self.unit == unit:
            raise Conflict("The member is in that unit already.")
        self._check_day("on", on)
        check_home(tree, unit)
        self.unit, self.moved_on = unit, on

    def rejoin(self, tree: Tree, unit: str, joined_on: date, source: str) -> None:
        """Be a member again, whatever the reason of the leave: whom to let back, people decide."""
        if self.status != "left" or self.left_on is None:
            raise Conflict("Nobody joins again but one who has left.")
        days.not_future("joined_on", joined_on, clock.today())
        if joined_on < self.left_on:
            raise Invalid("Too early", {"joined_on": ["Before the member left."]})
        check_home(tree, unit)
        self.status, self.previous_left_on = "member", self.left_on
        self.unit = self.joined_unit = unit
        self.joined_on, self.source = joined_on, source
        self.moved_on = self.left_on = self.leave_reason = self.paid_until = None

    def _check_day(self, field: str, day: date) -> None:
        days.not_future(field, day, clock.today())
        if day < self.joined_on:
            raise Invalid("Too early", {field: ["Before the member joined."]})
        if self.moved_on is not None and day < self.moved_on:
            raise Invalid("Too early", {field: ["Before the member's last transfer."]})


class PastMembership(Base):
    """A membership that ended before the one in the member's own row; `number` counts from 1."""

    __tablename__ = "past_membership"

    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    unit: Mapped[str] = mapped_column(String(64))
    source: Mapped[str] = mapped_column(String(20))
    joined_on: Mapped[date]
    left_unit: Mapped[str] = mapped_column(String(64))
    left_on: Mapped[date]
    reason: Mapped[str] = mapped_column(String(20))


def leave(session: Session, member_id: UUID, request: dict[str, Any]) -> tuple[Member, bool]:
    """End a membership on the day `left_on`, once; answers the member, and whether it was new.

    Raises NotFound, Invalid for a day before the member joined or came to the unit, or on which
    they had left before, and Conflict when the member has left in another way.
    """
    member = get(session, member_id, lock=True)
    left_on, reason = request["left_on"], request["reason"]
    new = not _left_before(session, member, left_on, reason) and member.leave(left_on, reason)
    if new:
        outbox.append(session, MemberLeft(member.id, member.unit, left_on, reason))
    return member, new


def get(session: Session, member_id: UUID, *, lock: bool = False) -> Member:
    """The member with that id; NotFound if there is none."""
    query = select(Member).where(Member.id == member_id)
    found = session.scalars(locked(session, query) if lock else query).one_or_none()
    if found is None:
        raise NotFound("There is no such member.")
    return found


def check_home(tree: Tree, code: str) -> None:
    """Invalid, naming the unit, unless members can belong to it."""
    node = tree.get(code)
    wrong = None
    if node is None:
        wrong = "There is no such unit."
    elif node.kind not in HOMES:
        wrong = "Members belong to a branch, an association or a club."
    elif not node.open:
        wrong = "The unit is closed."
    if wrong is not None:
        raise Invalid("Not there", {"unit": [wrong]})


def personal(request: dict[str, Any]) -> dict[str, Any]:
    """The part of a request that is sealed, as far as it is there, as JSON."""
    found = {name: request[name] for name in PERSONAL if name in request}
    if found.get("birth_date") is not None:
        found["birth_date"] = found["birth_date"].isoformat()
    if found.get("union") is not None:
        consent = clock.rfc3339(found["union"]["consent_at"])
        found["union"] = {**found["union"], "consent_at": consent}
    return found


def opened(vault: Vault, member: Member) -> dict[str, Any]:
    """The fields PERSONAL of a member, each None once they are erased."""
    found = vault.unseal(member.personal)
    return {name: found.get(name) for name in PERSONAL}


def _left_before(session: Session, member: Member, left_on: date, reason: str) -> bool:
    """Whether an earlier membership ended like that: a late repeat ends no later one."""
    if member.previous_left_on is None or left_on > member.previous_left_on:
        return False
    past = exists().where(
        PastMembership.member_id == member.id,
        PastMembership.left_on == left_on,
        PastMembership.reason == reason,
    )
    return bool(session.scalar(select(past)))
