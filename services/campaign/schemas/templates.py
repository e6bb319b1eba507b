"""What is asked and answered about templates."""

from marshmallow import fields, validate

from infra.fields import (
    Code,
    Count,
    Day,
    Flag,
    Id,
    Moment,
    Paging,
    QueryCount,
    QueryFlag,
    Request,
    Text,
)
from services.campaign.conversations import FIRST_DAY
from services.campaign.schemas.activities import Link
from services.campaign.schemas.activity_kinds import KindWord
from services.campaign.schemas.kinds import Impersonal
from services.campaign.templates import MOST_VERSIONS

LONGEST_MATERIAL = 20_000
MOST_LINKS = 20
FEW = validate.Length(max=MOST_LINKS)


class LinkToMaterial(Request):
    """Material somewhere else."""

    title = Impersonal(required=True)
    url = Link(required=True)


class VersionRequest(Request):
    """A template written down anew: its text in Markdown, and links."""

    id = Id(load_default=None)
    title = Impersonal(required=True)
    material = Impersonal(high=LONGEST_MATERIAL, load_default=None, allow_none=True)
    links = fields.List(fields.Nested(LinkToMaterial), load_default=list, validate=FEW)


class VersionAnswer(VersionRequest):
    """A version of a template; it stays as it is."""

    template_id = Id()
    version = Count()
    created_at = Moment()


class TemplateRequest(VersionRequest):
    """A template, of a kind of activity or of none."""

    unit = Code(required=True)
    kind = KindWord(load_default=None, allow_none=True)


class TemplateAnswer(TemplateRequest):
    """A template by one of its versions, and the mean of what units thought of all of them."""

    version = Count()
    created_at = Moment()
    shared_at = Moment(allow_none=True)
    grade = fields.Float(allow_none=True)
    reviews = Count()


class TemplateEdition(Request):
    """One of the versions, and the mean of what units thought of it."""

    version = Count()
    title = Text()
    created_at = Moment()
    grade = fields.Float(allow_none=True)
    reviews = Count()


class TemplateWhole(TemplateAnswer):
    """A template with what there is of versions, the `latest` first."""

    latest = Count()
    versions = fields.List(fields.Nested(TemplateEdition))


class TemplateListed(Request):
    """A template in a list, without its material."""

    id = Id()
    unit = Code()
    kind = Text(allow_none=True)
    title = Text()
    has_material = Flag()
    version = Count()
    created_at = Moment()
    shared_at = Moment(allow_none=True)
    grade = fields.Float(allow_none=True)
    reviews = Count()


class TemplatesQuery(Paging):
    """Which templates to list: those that a unit sees, of a kind, shared or not."""

    unit = Code(load_default="SE")
    kind = KindWord(load_default=None, allow_none=True)
    shared = QueryFlag(load_default=None)


class TemplateQuery(Request):
    """Which version to show; the latest, unless it is said."""

    version = QueryCount(1, MOST_VERSIONS, load_default=None)


class ShareRequest(Request):
    """To share a template says nothing more."""


class ReviewRequest(Request):
    """What a unit thought of a version that it tried; of the latest, unless it is said."""

    unit = Code(required=True)
    version = Count(1, MOST_VERSIONS, load_default=None, allow_none=True)
    grade = Count(1, 5, required=True)
    text = Impersonal(high=2000, load_default=None, allow_none=True)
    tried_on = Day(FIRST_DAY, required=True)


class ReviewAnswer(ReviewRequest):
    """A unit's latest word on a version."""

    template_id = Id()
    reviewed_at = Moment()
