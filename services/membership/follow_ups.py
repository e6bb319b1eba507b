"""Follow-ups: what support a district has agreed on with a branch, and until when."""

from collections.abc import Collection
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import LargeBinary, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import clock
from infra.creation import create_all
from infra.database import Base, insert_new, locked
from infra.errors import Conflict, Invalid, NotFound
from infra.identity import new_id
from infra.units import Tree
from services.membership.vault import Vault


class FollowUp(Base):
    """Support for a unit, agreed on one day `until` another, open until it is ended.

    `text`, what was agreed, is sealed. `digest` tells whether a request is the one that it was
    made from.
    """

    __tablename__ = "follow_up"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit: Mapped[str] = mapped_column(String(64))
    agreed_on: Mapped[date]
    until: Mapped[date]
    text: Mapped[bytes | None] = mapped_column(LargeBinary)
    ended_on: Mapped[date | None]
    digest: Mapped[bytes] = mapped_column(LargeBinary)

    def end(self, ended_on: date) -> None:
        """Be over; again on the same day changes nothing."""
        if self.ended_on not in (None, ended_on):
            raise Conflict("It was ended before, on another day.")
        if ended_on > clock.today():
            raise Invalid("Not yet", {"ended_on": ["The day is in the future."]})
        if ended_on < self.agreed_on:
            raise Invalid("Too early", {"ended_on": ["Before it was agreed."]})
        self.ended_on = ended_on

    def told(self, vault: Vault) -> dict[str, Any]:
        """As it is shown, with its text."""
        text = None if self.text is None else vault.unseal(self.text)["text"]
        names = ("id", "unit", "agreed_on", "until", "ended_on")
        return {**{name: getattr(self, name) for name in names}, "text": text}


def agree(
    session: Session, tree: Tree, request: dict[str, Any], vault: Vault
) -> tuple[FollowUp, bool]:
    """Note what support was agreed; answers the stored note, and whether it is new.

    Raises Invalid for a unit or days that cannot be, Conflict when the id is taken by another.
    """
    return create_all(
        [{**request, "id": request["id"] or new_id()}],
        check=partial(_check, tree),
        insert=lambda rows: _insert(session, rows, vault),
        stored=lambda ids: _stored(session, ids),
        same=lambda there, row: there.digest == _digest(vault, row),
    )[0].answer()


def end(session: Session, follow_up_id: UUID, ended_on: date) -> FollowUp:
    """End it, once. Raises NotFound, Invalid for a day that cannot be, Conflict for another day."""
    found = get(session, follow_up_id, lock=True)
    found.end(ended_on)
    return found


def get(session: Session, follow_up_id: UUID, *, lock: bool = False) -> FollowUp:
    """The one with that id; NotFound if there is none."""
    query = select(FollowUp).where(FollowUp.id == follow_up_id)
    found = session.scalars(locked(session, query) if lock else query).one_or_none()
    if found is None:
        raise NotFound("There is no such follow-up.")
    return found


def still_open(session: Session, units: Collection[str]) -> list[FollowUp]:
    """What is agreed with some units and not ended, the first to run out first."""
    query = select(FollowUp).where(FollowUp.unit.in_(units), FollowUp.ended_on.is_(None))
    return list(session.scalars(query.order_by(FollowUp.until, FollowUp.id)))


def _check(tree: Tree, request: dict[str, Any]) -> None:
    if request["agreed_on"] > clock.today():
        raise Invalid("Not yet", {"agreed_on": ["The day is in the future."]})
    if request["until"] < request["agreed_on"]:
        raise Invalid("Too early", {"until": ["Before it was agreed."]})
    tree.check_fact(request["unit"], request["agreed_on"])


def _insert(session: Session, rows: list[dict[str, Any]], vault: Vault) -> dict[UUID, FollowUp]:
    columns = {row["id"]: _columns(row, vault) for row in rows}
    new = insert_new(session, FollowUp, list(columns.values()))
    return {key: FollowUp(**columns[key]) for key in columns if key in new}


def _columns(row: dict[str, Any], vault: Vault) -> dict[str, Any]:
    text = None if row["text"] is None else vault.seal({"text": row["text"]})
    kept = {name: row[name] for name in ("id", "unit", "agreed_on", "until")}
    return {**kept, "text": text, "digest": _digest(vault, row)}


def _stored(session: Session, ids: set[UUID]) -> dict[UUID, FollowUp]:
    query = select(FollowUp).where(FollowUp.id.in_(ids))
    return {found.id: found for found in session.scalars(query)}


def _digest(vault: Vault, row: dict[str, Any]) -> bytes:
    told = {name: row[name] for name in ("unit", "agreed_on", "until", "text")}
    return vault.digest("follow_up", told)
