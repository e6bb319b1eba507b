"""Members: who joined and left, where and when; who they are is sealed."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, LargeBinary, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import clock, outbox
from infra.creation import Outcome, create_all
from infra.database import Base, insert_new, locked
from infra.errors import Conflict, Invalid, NotFound
from infra.identity import new_id
from infra.units import Tree
from services.membership import prospect_joins
from services.membership.events import MemberJoined, MemberLeft
from services.membership.vault import Vault

STATUSES = ("member", "left", "erased", "merged")
AFFILIATIONS = ("ssu", "s-studenter", "s-kvinnor", "hbtq-s", "tro-och-solidaritet")
HOMES = ("branch", "association", "club")
"""The kinds of unit that members belong to."""

OPEN = ("joined_on", "source", "recruited_by", "prospect_id")
MAPPED = ("interests", "competences")
PERSONAL = ("name", "email", "phone", "personal_number", "birth_date", "union", "affiliations")


class Member(Base):
    """One who is or has been a member; `personal` is a sealed object of the fields PERSONAL.

    `joined_unit` is where the present membership, or the last, began on `joined_on`, `unit` where
    the member is since `moved_on`, or has been all the time. `previous_left_on` is the end of the
    membership before it. `recruited_by` is an opaque reference. `digest` tells whether a request
    to join is the one by which the member was registered.
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
    email_mark: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    phone_mark: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)

    def leave(self, left_on: date, reason: str) -> bool:
        """Be a member no longer; False when that was done before, the same day and way."""
        if self.status == "left":
            if (self.left_on, self.leave_reason) != (left_on, reason):
                raise Conflict("The member has left before, on another day or for another reason.")
            return False
        self._check_day("left_on", left_on)
        self.status, self.left_on, self.leave_reason = "left", left_on, reason
        return True

    def move(self, tree: Tree, unit: str, on: date) -> None:
        """Belong to another unit from the day `on`."""
        if self.status == "left":
            raise Conflict("Who has left is in no unit.")
        if self.unit == unit:
            raise Conflict("The member is in that unit already.")
        self._check_day("on", on)
        check_home(tree, unit)
        self.unit, self.moved_on = unit, on

    def _check_day(self, field: str, day: date) -> None:
        if day > clock.today():
            raise Invalid("Not yet", {field: ["The day is in the future."]})
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


def join(
    session: Session, tree: Tree, request: dict[str, Any], vault: Vault
) -> tuple[Member, bool]:
    """Let somebody join; answers the stored member, and whether it is new.

    Raises Invalid for a unit that can have no members or for days that cannot be, Conflict when
    the id is taken by another member.
    """
    return join_all(session, tree, [request], vault)[0].answer()


def join_all(
    session: Session, tree: Tree, requests: Sequence[dict[str, Any]], vault: Vault
) -> list[Outcome[Member]]:
    """Let many join, each answered; a request sent again is the member that is stored."""
    today = clock.today()
    taken = prospect_joins.named_by(session, requests)

    def check_one(request: dict[str, Any]) -> None:
        check(tree, today, request)
        prospect_joins.claim(taken, request)

    return create_all(
        [{**request, "id": request.get("id") or new_id()} for request in requests],
        check=check_one,
        insert=lambda rows: _insert(session, rows, vault),
        stored=lambda ids: _stored(session, ids),
        same=lambda member, request: member.digest == _digest(vault, request),
    )


def leave(session: Session, member_id: UUID, request: dict[str, Any]) -> tuple[Member, bool]:
    """End a membership on the day `left_on`, once; answers the member, and whether it was new.

    Raises NotFound, Invalid for a day before the member joined or came to the unit, and Conflict
    when the member has left in another way.
    """
    member = get(session, member_id, lock=True)
    new = member.leave(request["left_on"], request["reason"])
    if new:
        outbox.append(
            session, MemberLeft(member.id, member.unit, request["left_on"], request["reason"])
        )
    return member, new


def get(session: Session, member_id: UUID, *, lock: bool = False) -> Member:
    """The member with that id; NotFound if there is none."""
    query = select(Member).where(Member.id == member_id)
    found = session.scalars(locked(session, query) if lock else query).one_or_none()
    if found is None:
        raise NotFound("There is no such member.")
    return found


def check(tree: Tree, today: date, request: dict[str, Any]) -> None:
    """Invalid, naming the field, unless somebody can join like that."""
    born, union = request["birth_date"], request["union"]
    if request["joined_on"] > today:
        raise Invalid("Not yet", {"joined_on": ["The day is in the future."]})
    if born is not None and born > today:
        raise Invalid("Not yet", {"birth_date": ["The day is in the future."]})
    if born is not None and request["joined_on"] < born:
        raise Invalid("Too early", {"joined_on": ["Before the birth date."]})
    if union is not None and clock.day_of(union["consent_at"]) > today:
        raise Invalid("Not yet", {"union.consent_at": ["The day is in the future."]})
    check_home(tree, request["unit"])


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
    """The part of a request that is sealed, as JSON."""
    found = {name: request[name] for name in PERSONAL}
    if found["birth_date"] is not None:
        found["birth_date"] = found["birth_date"].isoformat()
    if found["union"] is not None:
        consent = clock.rfc3339(found["union"]["consent_at"])
        found["union"] = {**found["union"], "consent_at": consent}
    return found


def _insert(session: Session, rows: list[dict[str, Any]], vault: Vault) -> dict[UUID, Member]:
    columns = {row["id"]: _columns(row, vault) for row in rows}
    new = insert_new(session, Member, list(columns.values()))
    prospect_joins.become(session, {row["id"] for row in rows if row["prospect_id"]} & new)
    outbox.append(session, *(_joined(row) for row in rows if row["id"] in new))
    return {key: Member(**columns[key]) for key in columns if key in new}


def _stored(session: Session, ids: set[UUID]) -> dict[UUID, Member]:
    query = select(Member).where(Member.id.in_(ids))
    return {member.id: member for member in session.scalars(query)}


def _columns(row: dict[str, Any], vault: Vault) -> dict[str, Any]:
    return {
        "id": row["id"],
        "unit": row["unit"],
        "joined_unit": row["unit"],
        "status": "member",
        **{name: row[name] for name in OPEN + MAPPED},
        "personal": vault.seal(personal(row)),
        "digest": _digest(vault, row),
    }


def _digest(vault: Vault, request: dict[str, Any]) -> bytes:
    told = {name: request[name] for name in (*OPEN, *MAPPED, "unit")}
    return vault.digest("join", told | personal(request))


def _joined(row: dict[str, Any]) -> MemberJoined:
    return MemberJoined(row["id"], row["unit"], row["joined_on"], row["source"], rejoined=False)
