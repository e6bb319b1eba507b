"""Joins: somebody becomes a member, once, whatever is sent again, alone or with many others."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra import clock, outbox
from infra.at_once import insert_and_tell
from infra.creation import Outcome, create_all
from infra.database import insert_new
from infra.errors import Invalid, Problem
from infra.identity import new_id
from infra.units import Tree
from services.membership import days, marks, members, prospect_joins, vocabulary
from services.membership.events.members import MemberJoined
from services.membership.members import MAPPED, OPEN, Member
from services.membership.vault import Vault

NOT_YET = dict.fromkeys(("left_on", "leave_reason", "previous_left_on", "merged_into"))
"""What a new member has none of."""


def join(
    session: Session, tree: Tree, request: dict[str, Any], vault: Vault
) -> tuple[Member, bool]:
    """Let somebody join; answers the stored member, and whether it is new.

    Raises Invalid for a unit that can have no members, for days that cannot be and for words that
    are not in the vocabulary, Conflict when the id is taken by another member, Duplicate for one
    who is or has been a member.
    """
    return join_all(session, tree, [request], vault)[0].answer()


def join_all(
    session: Session, tree: Tree, requests: Sequence[dict[str, Any]], vault: Vault
) -> list[Outcome[Member]]:
    """Let many join, each answered; a request sent again is the member that is stored.

    One without an id is known again by its personal number.
    """
    today, words = clock.today(), vocabulary.known(session, requests)
    taken = prospect_joins.named_by(session, requests)

    def check_one(request: dict[str, Any]) -> None:
        check(tree, today, request)
        vocabulary.check_among(words, request)
        prospect_joins.claim(taken, request)

    return create_all(
        _identified(session, requests, vault),
        check=check_one,
        insert=lambda rows: _insert(session, rows, vault),
        stored=lambda ids: _stored(session, ids),
        same=lambda member, request: member.digest == _digest(vault, request),
    )


def join_at_once(
    session: Session, tree: Tree, version: int, request: dict[str, Any], vault: Vault
) -> dict[str, Any] | None:
    """Let somebody join of whom nothing else is to be asked, in one statement on PostgreSQL.

    Answers the columns of the new member; None, and nothing is done, when somebody is there with
    the id or a mark that refuses, the tree is not of `version`, or anything else is not as it is
    most often: `join` does that, or tells why not.
    """
    if request["prospect_id"] or not (request["id"] or request["personal_number"] is None):
        return None
    row = {**request, "id": request["id"] or new_id()}
    try:
        check(tree, clock.today(), row)
        vocabulary.check(session, row)
    except Problem:
        return None
    columns = _columns(row, vault)
    new = insert_and_tell(session, Member, columns, _joined(row), version)
    return {**NOT_YET, **columns} if new else None


def check(tree: Tree, today: date, request: dict[str, Any]) -> None:
    """Invalid, naming the field, unless somebody can join like that."""
    joined_on, born = request["joined_on"], request["birth_date"]
    days.not_future("joined_on", joined_on, today)
    days.check_told(request, today)
    if born is not None and joined_on < born:
        raise Invalid("Too early", {"joined_on": ["Before the birth date."]})
    days.check_paid(request["paid_until"], joined_on)
    members.check_home(tree, request["unit"])


def _identified(
    session: Session, requests: Sequence[dict[str, Any]], vault: Vault
) -> list[dict[str, Any]]:
    """The requests with an id: of a personal number the same each time, without telling it.

    One that another request has is not taken: who that is, or was, the marks know.
    """
    made = [None if each.get("id") else _id_of(each["personal_number"], vault) for each in requests]
    wanted = {each for each in made if each is not None}
    stored = _stored(session, wanted) if wanted else {}
    digests: dict[UUID, bytes | None] = {key: member.digest for key, member in stored.items()}
    rows = []
    for request, own in zip(requests, made, strict=True):
        digest = None if own is None else _digest(vault, request)
        free = own is not None and digests.setdefault(own, digest) == digest
        rows.append({**request, "id": request.get("id") or (own if free else new_id())})
    return rows


def _id_of(number: str | None, vault: Vault) -> UUID | None:
    if number is None:
        return None
    return UUID(bytes=vault.index("member.id", number)[:16], version=4)


def _insert(
    session: Session, rows: list[dict[str, Any]], vault: Vault
) -> dict[UUID, Member | Problem]:
    columns = {row["id"]: _columns(row, vault) for row in rows}
    new, refused = marks.admit(
        session, list(columns.values()), lambda some: insert_new(session, Member, some)
    )
    prospect_joins.become(session, {row["id"] for row in rows if row["prospect_id"]} & new)
    outbox.append(session, *(_joined(row) for row in rows if row["id"] in new))
    return {**refused, **{key: Member(**columns[key]) for key in new}}


def _stored(session: Session, ids: set[UUID]) -> dict[UUID, Member]:
    query = select(Member).where(Member.id.in_(ids))
    return {member.id: member for member in session.scalars(query)}


def _columns(row: dict[str, Any], vault: Vault) -> dict[str, Any]:
    personal = members.personal(row)
    return {
        "id": row["id"],
        "unit": row["unit"],
        "joined_unit": row["unit"],
        "status": "member",
        **{name: row[name] for name in OPEN + MAPPED},
        "personal": vault.seal(personal),
        "digest": _digest_of(vault, row, personal),
        **marks.of(vault, row),
    }


def _digest(vault: Vault, request: dict[str, Any]) -> bytes:
    return _digest_of(vault, request, members.personal(request))


def _digest_of(vault: Vault, request: dict[str, Any], personal: dict[str, Any]) -> bytes:
    told = {name: request[name] for name in (*OPEN, *MAPPED, "unit")}
    return vault.digest("join", told | personal)


def _joined(row: dict[str, Any]) -> MemberJoined:
    return MemberJoined(row["id"], row["unit"], row["joined_on"], row["source"], rejoined=False)
