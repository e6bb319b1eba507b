"""Tasks: what a unit of its own would have done, and for whom it may be something."""

from typing import Any
from uuid import UUID

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra.database import Base, insert_new
from infra.errors import Conflict, Invalid
from infra.identity import new_id
from infra.units import Tree
from services.membership import carriers, vocabulary

GIVEN = ("unit", "title", "interests")


class LocalTask(Base):
    """A task that a unit made up; `interests` are those that it suits.

    Whoever has an open assignment with its id has it.
    """

    __tablename__ = "local_task"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(80))
    interests: Mapped[list[str]] = mapped_column(JSON)


def add(session: Session, tree: Tree, request: dict[str, Any]) -> tuple[LocalTask, bool]:
    """Add a task; answers the stored one, and whether it is new.

    Raises Invalid for a unit that can have none and for words that are not in the vocabulary,
    Conflict when the id is taken.
    """
    row = {**{name: request[name] for name in GIVEN}, "id": request["id"] or new_id()}
    known = session.get(LocalTask, row["id"])
    if known is None:
        vocabulary.check(session, row)
        carriers.check_place(tree, row["unit"])
        new = bool(insert_new(session, LocalTask, [row]))
        known = session.get_one(LocalTask, row["id"])
        if new:
            return known, True
    if any(getattr(known, name) != row[name] for name in GIVEN):
        raise Conflict("The id is taken by another task.")
    return known, False


def check_of_unit(session: Session, task_id: UUID, unit: str) -> None:
    """Invalid, naming `task_id`, unless it is a task of the unit."""
    task = session.get(LocalTask, task_id)
    if task is None or task.unit != unit:
        raise Invalid("Unknown task", {"task_id": ["The unit has no such task."]})
