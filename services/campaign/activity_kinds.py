"""The kinds of activity: the party's own list, which it adds to."""

from typing import Any

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra.database import Base, insert_new
from infra.errors import Conflict, Invalid
from infra.paging import Page, page
from services.campaign.events.activities import LONGEST_KIND


class ActivityKind(Base):
    """A kind of activity, and how it is shown."""

    __tablename__ = "activity_kind"

    word: Mapped[str] = mapped_column(String(LONGEST_KIND), primary_key=True)
    label: Mapped[str] = mapped_column(String(100))


def add(session: Session, request: dict[str, Any]) -> tuple[ActivityKind, bool]:
    """Add a `word`, once, shown by its `label`; answers it, and whether it is new.

    Conflict when it is there with another label.
    """
    new = bool(insert_new(session, ActivityKind, [request], "word"))
    stored = session.get_one(ActivityKind, request["word"])
    if stored.label != request["label"]:
        raise Conflict("The kind is there with another label.")
    return stored, new


def listed(session: Session, query: dict[str, Any]) -> Page[ActivityKind]:
    """All kinds, by word."""
    return page(session, select(ActivityKind), (ActivityKind.word,), query, ascending=True)


def check(session: Session, word: str) -> None:
    """Invalid, naming `kind`, unless it is in the list."""
    if session.get(ActivityKind, word) is None:
        raise Invalid("Unknown kind", {"kind": ["It is not in the party's list."]})
