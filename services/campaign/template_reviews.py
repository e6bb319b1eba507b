"""What units thought of the templates that they tried."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ForeignKey, Row, Select, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import clock
from infra.database import Base, Instant, replace_all
from infra.errors import Invalid
from infra.paging import Page, page
from infra.units import Tree
from services.campaign import templates
from services.campaign.templates import Template

TOLD = ("grade", "text", "tried_on", "reviewed_at")


class TemplateReview(Base):
    """What a unit thought of one version: its latest word. `grade` is from 1 to 5."""

    __tablename__ = "template_review"

    template_id: Mapped[UUID] = mapped_column(ForeignKey("template.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    unit: Mapped[str] = mapped_column(String(64), primary_key=True)
    grade: Mapped[int]
    text: Mapped[str | None] = mapped_column(String(2000))
    tried_on: Mapped[date]
    reviewed_at: Mapped[datetime] = mapped_column(Instant)


class Grade(NamedTuple):
    """The mean of what units thought, to two decimals, and how many they are; None of nobody."""

    grade: float | None = None
    reviews: int = 0


NOBODYS = Grade()


def review(
    session: Session, tree: Tree, template: Template, request: dict[str, Any]
) -> TemplateReview:
    """Keep what a unit thought of a version, in place of what it said of it before.

    Raises Forbidden for a template that the unit does not see, Invalid for a unit, a version or a
    day that cannot be.
    """
    if request["tried_on"] > clock.today():
        raise Invalid("Not yet", {"tried_on": ["The day is in the future."]})
    tree.check_fact(request["unit"], request["tried_on"])
    template.must_be_seen_from(tree, request["unit"])
    version = template.check_version(request["version"])
    row = {**request, "template_id": template.id, "version": version, "reviewed_at": clock.now()}
    replace_all(session, TemplateReview, [row], *TOLD)
    return TemplateReview(**row)


def listed(session: Session, template_id: UUID, query: dict[str, Any]) -> Page[TemplateReview]:
    """What units thought of a template, of its latest version first."""
    found: Select[TemplateReview] = select(TemplateReview)
    found = found.where(TemplateReview.template_id == template_id)
    return page(session, found, (TemplateReview.version, TemplateReview.unit), query)


def grades(session: Session, template_ids: Collection[UUID]) -> dict[UUID, Grade]:
    """What was thought of each of some templates, all versions together."""
    of = TemplateReview.template_id
    query = select(of, func.sum(TemplateReview.grade), func.count()).group_by(of)
    found = session.execute(query.where(of.in_(template_ids)))
    return {template_id: _mean(total, count) for template_id, total, count in found}


def grades_by_version(session: Session, template_id: UUID) -> dict[int, Grade]:
    """What was thought of each version of a template."""
    of = TemplateReview.version
    query = select(of, func.sum(TemplateReview.grade), func.count()).group_by(of)
    found = session.execute(query.where(TemplateReview.template_id == template_id))
    return {version: _mean(total, count) for version, total, count in found}


def _mean(total: int, count: int) -> Grade:
    return Grade(round(total / count, 2), count)


def graded(session: Session, rows: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    """Rows of templates, each with its grade."""
    found = grades(session, [row.id for row in rows])
    return [{**row._asdict(), **found.get(row.id, NOBODYS)._asdict()} for row in rows]


def shown(session: Session, template: Template, version: int | None = None) -> dict[str, Any]:
    """A template with the texts of a version, the latest unless it is said, and its grade.

    Raises NotFound for a version that there is not.
    """
    written = templates.version_of(session, template.id, version or template.version)
    names = ("id", "unit", "kind", "created_at", "shared_at")
    return {
        **{name: getattr(template, name) for name in names},
        **{name: getattr(written, name) for name in (*templates.CONTENT, "version")},
        **grades(session, [template.id]).get(template.id, NOBODYS)._asdict(),
    }


def whole(session: Session, template: Template, version: int | None) -> dict[str, Any]:
    """The same, with what there is of versions, each with its own grade."""
    found = grades_by_version(session, template.id)
    versions = [
        {**row._asdict(), **found.get(row.version, NOBODYS)._asdict()}
        for row in templates.versions(session, template.id)
    ]
    more = {"latest": template.version, "versions": versions}
    return {**shown(session, template, version), **more}
