"""Templates: an activity written down, so that others can hold it as it is or make it theirs."""

from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, String, Text, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import clock
from infra.creation import create_all
from infra.database import Base, Instant, insert_new, locked
from infra.errors import Conflict, Forbidden, Invalid, NotFound
from infra.identity import new_id
from infra.paging import Page, page_of_rows
from infra.units import ROOT, Tree
from services.campaign import activity_kinds
from services.campaign.events.activities import LONGEST_KIND

CONTENT = ("title", "material", "links")
MOST_VERSIONS = 200
TAKEN = "The id is taken by something else."


class Template(Base):
    """What a unit wrote down, of a kind of activity or of none; the texts are its versions'.

    `version` is the latest. Until it is shared, units above and below its own alone see it.
    """

    __tablename__ = "template"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str | None] = mapped_column(String(LONGEST_KIND))
    version: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(Instant)
    shared_at: Mapped[datetime | None] = mapped_column(Instant)

    def seen_from(self, tree: Tree, unit: str) -> bool:
        """Whether those in `unit` may use it."""
        shared = self.shared_at is not None
        return shared or tree.within(unit, self.unit) or tree.within(self.unit, unit)

    def must_be_seen_from(self, tree: Tree, unit: str) -> None:
        """Forbidden unless those in `unit` may use it."""
        if unit != ROOT and not self.seen_from(tree, unit):
            raise Forbidden("The template is not shared with that part of the organisation.")

    def check_version(self, version: int | None) -> int:
        """`version`, or the latest if it is None; Invalid when there is no such version."""
        if version is not None and version > self.version:
            raise Invalid("No such version", {"version": ["There is no such version of it."]})
        return version or self.version


class TemplateVersion(Base):
    """A template as it was written down once: it is never changed. The first has its id."""

    __tablename__ = "template_version"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    template_id: Mapped[UUID] = mapped_column(ForeignKey("template.id"))
    version: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    material: Mapped[str | None] = mapped_column(Text)
    links: Mapped[list[dict[str, str]]] = mapped_column(JSON)
    has_material: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(Instant)

    def same_as(self, request: dict[str, Any]) -> bool:
        """Whether `request` says what this one says."""
        return all(getattr(self, name) == request[name] for name in CONTENT)


def add(session: Session, tree: Tree, request: dict[str, Any]) -> tuple[Template, bool]:
    """Write a template down; answers the stored one, and whether it is new.

    Raises Invalid for a unit or a kind that cannot be, Conflict when the id is taken.
    """
    return create_all(
        [{**request, "id": request["id"] or new_id()}],
        check=partial(_check, session, tree),
        insert=partial(_insert, session),
        stored=lambda ids: _stored(session, ids),
        same=partial(_same, session),
    )[0].answer()


def improve(
    session: Session, template_id: UUID, request: dict[str, Any]
) -> tuple[TemplateVersion, bool]:
    """Write a template down anew; answers the version, and whether it is new.

    Raises NotFound, Conflict when the id is taken or there are too many versions.
    """
    template = get(session, template_id, lock=True)
    known = session.get(TemplateVersion, request["id"]) if request["id"] else None
    if known is not None:
        if known.template_id != template_id or not known.same_as(request):
            raise Conflict(TAKEN)
        return known, False
    if template.version >= MOST_VERSIONS:
        raise Conflict(f"A template has at most {MOST_VERSIONS} versions.")
    row = _version(template_id, template.version + 1, request["id"] or new_id(), request)
    if not insert_new(session, TemplateVersion, [row]):
        raise Conflict(TAKEN)
    template.version += 1
    return TemplateVersion(**row), True


def share(session: Session, template_id: UUID) -> Template:
    """Let every unit see and use a template; again changes nothing. Raises NotFound."""
    template = get(session, template_id, lock=True)
    template.shared_at = template.shared_at or clock.now()
    return template


def get(session: Session, template_id: UUID, *, lock: bool = False) -> Template:
    """The template with that id; NotFound if there is none."""
    query = select(Template).where(Template.id == template_id)
    found = session.scalars(locked(session, query) if lock else query).one_or_none()
    if found is None:
        raise NotFound("There is no such template.")
    return found


def version_of(session: Session, template_id: UUID, version: int) -> TemplateVersion:
    """One version of a template; NotFound if there is none."""
    query = select(TemplateVersion).where(
        TemplateVersion.template_id == template_id, TemplateVersion.version == version
    )
    found = session.scalars(query).one_or_none()
    if found is None:
        raise NotFound("There is no such version of the template.")
    return found


def versions(session: Session, template_id: UUID) -> list[Any]:
    """What there is of versions, the latest first: `version`, `title`, `created_at`."""
    columns = (TemplateVersion.version, TemplateVersion.title, TemplateVersion.created_at)
    query = select(*columns).where(TemplateVersion.template_id == template_id)
    return list(session.execute(query.order_by(TemplateVersion.version.desc())))


def listed(session: Session, tree: Tree, query: dict[str, Any]) -> Page[Any]:
    """The templates that a unit sees, the newest first, by their latest version."""
    found = select(
        Template.id,
        Template.unit,
        Template.kind,
        Template.version,
        Template.created_at,
        Template.shared_at,
        TemplateVersion.title,
        TemplateVersion.has_material,
    ).join(
        TemplateVersion,
        (TemplateVersion.template_id == Template.id)
        & (TemplateVersion.version == Template.version),
    )
    unit, shared = query["unit"], query["shared"]
    if unit != ROOT:
        near = {*tree.path(unit), *tree.subtree(unit)}
        found = found.where(or_(Template.shared_at.is_not(None), Template.unit.in_(sorted(near))))
    if query["kind"] is not None:
        found = found.where(Template.kind == query["kind"])
    if shared is not None:
        is_own = Template.shared_at.is_(None)
        found = found.where(~is_own if shared else is_own)
    return page_of_rows(session, found, (Template.created_at, Template.id), query)


def _check(session: Session, tree: Tree, row: dict[str, Any]) -> None:
    tree.check_fact(row["unit"], clock.today())
    if row["kind"] is not None:
        activity_kinds.check(session, row["kind"])


def _insert(session: Session, rows: list[dict[str, Any]]) -> dict[UUID, Template]:
    now = clock.now()
    stored = [
        {"id": row["id"], "unit": row["unit"], "kind": row["kind"], "version": 1, "created_at": now}
        for row in rows
    ]
    new = insert_new(session, Template, stored)
    first = [_version(row["id"], 1, row["id"], row) for row in rows if row["id"] in new]
    insert_new(session, TemplateVersion, first)
    return _stored(session, new)


def _stored(session: Session, ids: set[UUID]) -> dict[UUID, Template]:
    query = select(Template).where(Template.id.in_(ids))
    return {template.id: template for template in session.scalars(query)}


def _same(session: Session, there: Template, row: dict[str, Any]) -> bool:
    first = session.get_one(TemplateVersion, there.id)
    return there.unit == row["unit"] and there.kind == row["kind"] and first.same_as(row)


def _version(
    template_id: UUID, version: int, version_id: UUID, request: dict[str, Any]
) -> dict[str, Any]:
    return {
        "id": version_id,
        "template_id": template_id,
        "version": version,
        **{name: request[name] for name in CONTENT},
        "has_material": bool((request["material"] or "").strip() or request["links"]),
        "created_at": clock.now(),
    }
