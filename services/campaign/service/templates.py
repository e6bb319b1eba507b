"""The routes of templates, and of what units thought of them."""

from typing import Any
from uuid import UUID

from infra.fields import Paging
from infra.http import Created, route
from infra.service import Service
from services.campaign import template_reviews, templates
from services.campaign.schemas.templates import (
    ReviewAnswer,
    ReviewRequest,
    ShareRequest,
    TemplateAnswer,
    TemplateListed,
    TemplateQuery,
    TemplateRequest,
    TemplatesQuery,
    TemplateWhole,
    VersionAnswer,
    VersionRequest,
)

LISTED = TemplateListed()
REVIEW = ReviewAnswer()
TEMPLATE = TemplateAnswer()
VERSION = VersionAnswer()
WHOLE = TemplateWhole()


class TemplateRoutes(Service):
    """Templates: write down, improve, share, find, review."""

    @route(
        "POST",
        "/templates",
        scope="campaign:write",
        body=TemplateRequest,
        answer=TemplateAnswer,
        creates=True,
    )
    def add_template(self, body: dict[str, Any]) -> Created:
        """Write a template down."""
        with self.database.writing() as session:
            tree = self.units.tree(session)
            self.caller.must_reach(tree, body["unit"])
            template, new = templates.add(session, tree, body)
            shown = template_reviews.shown(session, template)
        return Created(TEMPLATE.dump(shown), new)

    @route(
        "POST",
        "/templates/<uuid:template_id>/versions",
        scope="campaign:write",
        body=VersionRequest,
        answer=VersionAnswer,
        creates=True,
    )
    def improve_template(self, template_id: UUID, body: dict[str, Any]) -> Created:
        """Write a template down anew; the earlier versions stay."""
        with self.database.writing() as session:
            unit = templates.get(session, template_id, lock=True).unit
            self.caller.must_reach(self.units.tree(session), unit)
            version, new = templates.improve(session, template_id, body)
        return Created(VERSION.dump(version), new)

    @route(
        "POST",
        "/templates/<uuid:template_id>/share",
        scope="campaign:write",
        body=ShareRequest,
        answer=TemplateAnswer,
    )
    def share_template(self, template_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
        """Let every unit see and use a template."""
        with self.database.writing() as session:
            unit = templates.get(session, template_id, lock=True).unit
            self.caller.must_reach(self.units.tree(session), unit)
            template = templates.share(session, template_id)
            shown = template_reviews.shown(session, template)
        return TEMPLATE.dump(shown)  # type: ignore[no-any-return]

    @route(
        "GET",
        "/templates",
        scope="campaign:read",
        query=TemplatesQuery,
        answer=TemplateListed,
        many=True,
    )
    def list_templates(self, query: dict[str, Any]) -> dict[str, Any]:
        """The templates that a unit sees: its own, those above and below it, and what is shared."""
        with self.database.reading() as session:
            tree = self.units.tree(session)
            self.caller.must_reach(tree, query["unit"])
            tree.check_known(query["unit"])
            page = templates.listed(session, tree, query)
            items = template_reviews.graded(session, page.items)
        return {"items": LISTED.dump(items, many=True), "next": page.next}

    @route(
        "GET",
        "/templates/<uuid:template_id>",
        scope="campaign:read",
        query=TemplateQuery,
        answer=TemplateWhole,
    )
    def read_template(self, template_id: UUID, query: dict[str, Any]) -> dict[str, Any]:
        """A template with its material, by its latest version or another."""
        with self.database.reading() as session:
            template = templates.get(session, template_id)
            template.must_be_seen_from(self.units.tree(session), self.caller.unit)
            whole = template_reviews.whole(session, template, query["version"])
        return WHOLE.dump(whole)  # type: ignore[no-any-return]

    @route(
        "POST",
        "/templates/<uuid:template_id>/reviews",
        scope="campaign:write",
        body=ReviewRequest,
        answer=ReviewAnswer,
    )
    def review_template(self, template_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
        """Keep what a unit thought of a version, in place of what it said before."""
        with self.database.writing() as session:
            tree = self.units.tree(session)
            self.caller.must_reach(tree, body["unit"])
            template = templates.get(session, template_id)
            review = template_reviews.review(session, tree, template, body)
        return REVIEW.dump(review)  # type: ignore[no-any-return]

    @route(
        "GET",
        "/templates/<uuid:template_id>/reviews",
        scope="campaign:read",
        query=Paging,
        answer=ReviewAnswer,
        many=True,
    )
    def list_reviews(self, template_id: UUID, query: dict[str, Any]) -> dict[str, Any]:
        """What units thought of a template, of its latest version first."""
        with self.database.reading() as session:
            template = templates.get(session, template_id)
            template.must_be_seen_from(self.units.tree(session), self.caller.unit)
            page = template_reviews.listed(session, template_id, query)
        return {"items": REVIEW.dump(page.items, many=True), "next": page.next}
