"""Workplaces: the party's list of those where conversations are held."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Select, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import clock
from infra.creation import create_all
from infra.database import Base, insert_new
from infra.errors import Conflict, Invalid
from infra.identity import new_id
from infra.paging import Page, page
from infra.units import ROOT, Tree


class Workplace(Base):
    """A workplace in a unit; no other on the whole list has its name."""

    __tablename__ = "workplace"
    __table_args__ = (UniqueConstraint("name"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200))

    def same_as(self, request: dict[str, Any]) -> bool:
        """Whether `request` asks for this one."""
        return (self.unit, self.name) == (request["unit"], request["name"])


def add(session: Session, tree: Tree, request: dict[str, Any]) -> tuple[Workplace, bool]:
    """Put a workplace on the list; answers the stored one, and whether it is new.

    Raises Invalid for a unit that can have none, Conflict when the name is on the list or the id
    is taken.
    """
    return create_all(
        [{**request, "id": request["id"] or new_id()}],
        check=lambda row: tree.check_fact(row["unit"], clock.today()),
        insert=partial(_insert, session),
        stored=partial(_stored, session),
        same=Workplace.same_as,
    )[0].answer()


def listed(session: Session, tree: Tree, query: dict[str, Any]) -> Page[Workplace]:
    """The workplaces of a unit, of those above it and of all below it, by name."""
    found: Select[Workplace] = select(Workplace)
    unit = query["unit"]
    if unit != ROOT:
        found = found.where(Workplace.unit.in_({*tree.path(unit), *tree.subtree(unit)}))
    return page(session, found, (Workplace.name,), query, ascending=True)


def named(session: Session, reports: Iterable[Mapping[str, Any]]) -> set[str]:
    """Those names in reports that are on the list, in one query; in none if they have none."""
    names = {report["workplace"] for report in reports} - {None}
    if not names:
        return set()
    return set(session.scalars(select(Workplace.name).where(Workplace.name.in_(names))))


def check(known: set[str], report: Mapping[str, Any]) -> None:
    """Invalid, naming `workplace`, unless the report names one of the `known` or none."""
    if report["workplace"] is not None and report["workplace"] not in known:
        raise Invalid("Unknown workplace", {"workplace": ["It is not on the party's list."]})


def _insert(session: Session, rows: list[dict[str, Any]]) -> Mapping[UUID, Workplace | Conflict]:
    new = insert_new(session, Workplace, rows)
    there = _stored(session, {row["id"] for row in rows})
    made: dict[UUID, Workplace | Conflict] = {key: there[key] for key in new}
    for row in rows:
        if row["id"] not in there:
            made[row["id"]] = Conflict("The list has a workplace of that name.")
    return made


def _stored(session: Session, ids: set[UUID]) -> dict[UUID, Workplace]:
    found = session.scalars(select(Workplace).where(Workplace.id.in_(ids)))
    return {workplace.id: workplace for workplace in found}
