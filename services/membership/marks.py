"""Marks: blind indexes by which a member is found to be the same person as another.

They are columns of the member, so that a join is one statement with or without them: a unique
index of each mark that refuses lets one of two in, also of two at the same instant. Who is merged
or erased has none.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import LargeBinary, String, Uuid, column, or_, select, table, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra.errors import Conflict
from services.membership import persons
from services.membership.vault import Vault

REFUSING = ("personal_number_mark", "name_email_mark", "name_phone_mark")
"""Two with one of them alike are the same person."""

LIKELY = ("email_mark", "phone_mark", "name_birth_mark")
"""Two with one of them alike may be: families share addresses, and some share a name and a day."""

WORDS = {
    "personal_number_mark": ("personal_number", "this personal number"),
    "name_email_mark": ("email", "this name and e-mail address"),
    "name_phone_mark": ("phone", "this name and telephone number"),
}
"""The field at fault, and what is the same, by mark."""

SENTENCES = {
    "member": "A member has {}.",
    "left": "Somebody who has left has {}: use rejoin.",
}

# By its columns, since the noun of members stands on this one.
MEMBER = table(
    "member",
    column("id", Uuid),
    column("unit", String),
    column("status", String),
    *(column(name, LargeBinary) for name in REFUSING + LIKELY),
)

Row = dict[str, Any]
Insert = Callable[[list[Row]], set[UUID]]
"""Inserts rows that meet none with their id or a mark that refuses; answers the ids of those."""


class Marked:
    """The columns of a member's marks."""

    personal_number_mark: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    name_email_mark: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    name_phone_mark: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    email_mark: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    phone_mark: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    name_birth_mark: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)


class Duplicate(Conflict):
    """The person is or was the member `member_id` of `unit`, who may be told to some callers only.

    `same` is, by mark, who has it; `errors` names what is the same.
    """

    def __init__(self, same: Mapping[str, Any]) -> None:
        told = {WORDS[name]: SENTENCES[member.status] for name, member in same.items()}
        errors = {field: [sentence.format(what)] for (field, what), sentence in told.items()}
        super().__init__("The same person cannot join twice.", errors)
        first = next(iter(same.values()))
        self.member_id: UUID = first.id
        self.unit: str = first.unit


def of(vault: Vault, person: Row) -> dict[str, bytes | None]:
    """The columns of the marks of who has that name, email, phone, personal_number, birth_date."""
    name, number, born = persons.folded(person["name"]), person["phone"], person["birth_date"]
    address = person["email"] and person["email"].casefold()
    told = {
        "personal_number": person["personal_number"],
        "name_email": address and f"{name}/{address}",
        "name_phone": number and f"{name}/{number}",
        "email": address,
        "phone": number,
        "name_birth": born and f"{name}/{born}",
    }
    return {f"{kind}_mark": told[kind] and vault.index(kind, told[kind]) for kind in told}


def admit(
    session: Session, rows: Sequence[Row], insert: Insert
) -> tuple[set[UUID], dict[UUID, Duplicate]]:
    """Insert in their order those of `rows` who are nobody known, one of these included.

    Answers the ids that are new, and by id why others were refused. Whose id is known is neither.
    One round trip where nobody is known, else two or more.
    """
    new: set[UUID] = set()
    refused: dict[UUID, Duplicate] = {}
    waiting = list(rows)
    while waiting:
        new |= insert(_unlike(waiting))
        waiting = [row for row in waiting if row["id"] not in new]
        known = _known(session, waiting)
        by_mark, ids = _by_mark(known), {member.id for member in known}
        waiting = [row for row in waiting if row["id"] not in ids]
        for row in waiting:
            if same := _same(by_mark, row):
                refused[row["id"]] = Duplicate(same)
        waiting = [row for row in waiting if row["id"] not in refused]
    return new, refused


def renew(session: Session, vault: Vault, member_id: UUID, personal: Row) -> None:
    """Mark a member by what the sealed data `personal` tells now.

    Raises Duplicate when that is another member.
    """
    marks = of(vault, personal)
    known = _known(session, [{"id": member_id, **marks}])
    others = [member for member in known if member.id != member_id]
    if same := _same(_by_mark(others), marks):
        raise Duplicate(same)
    try:
        _set(session, member_id, marks)
    except IntegrityError as error:
        raise Conflict("The same person is just becoming a member.") from error


def taken(session: Session, rows: Sequence[Row]) -> set[tuple[str, bytes | None]]:
    """The marks of `rows` that refuse, each with its name, and that members have."""
    return set(_by_mark(_known(session, rows)))


def forget(session: Session, member_id: UUID) -> None:
    """Find the member by nothing any more."""
    _set(session, member_id, dict.fromkeys(REFUSING + LIKELY))


def _unlike(rows: Sequence[Row]) -> list[Row]:
    """The rows without those who have a mark of an earlier one."""
    seen: set[bytes | None] = set()
    found = []
    for row in rows:
        marks = {row[name] for name in REFUSING} - {None}
        if seen.isdisjoint(marks):
            found.append(row)
        seen |= marks
    return found


def _known(session: Session, rows: Sequence[Row]) -> Sequence[Any]:
    """The members who have the id of one of `rows`, or a mark that refuses it."""
    if not rows:
        return ()
    told = {name: [row[name] for row in rows if row[name] is not None] for name in REFUSING}
    any_of = [MEMBER.c[name].in_(found) for name, found in told.items() if found]
    any_of.append(MEMBER.c.id.in_([row["id"] for row in rows]))
    wanted = [MEMBER.c[name] for name in ("id", "unit", "status", *REFUSING)]
    return session.execute(select(*wanted).where(or_(*any_of))).all()


def _by_mark(members: Sequence[Any]) -> dict[tuple[str, bytes | None], Any]:
    return {(name, getattr(member, name)): member for member in members for name in REFUSING}


def _same(by_mark: Mapping[tuple[str, bytes | None], Any], row: Row) -> dict[str, Any]:
    """By each mark of the row that refuses it, who has that."""
    told = [(name, row[name]) for name in REFUSING if row[name] is not None]
    return {key[0]: by_mark[key] for key in told if key in by_mark}


def _set(session: Session, member_id: UUID, marks: Mapping[str, bytes | None]) -> None:
    session.execute(update(MEMBER).where(MEMBER.c.id == member_id).values(**marks))
