"""What is asked and answered about tasks, posts, and who would have them."""

from marshmallow import fields

from infra.fields import Code, Count, Day, Flag, Id, Moment, Paging, QueryCount, Request, Text, Word
from services.membership.events.assignments import SPHERES
from services.membership.schemas.assignments import Label
from services.membership.schemas.kinds import CONSENT, texts


class TaskRequest(Request):
    """A task that a unit would have done, and the interests that it suits."""

    id = Id(load_default=None)
    unit = Code(required=True)
    title = Label(required=True)
    interests = texts()


class OpenTaskAnswer(Request):
    """A task that nobody has, and members for whom it may be something."""

    id = Id()
    unit = Code()
    title = Text()
    interests = fields.List(Text())
    member_ids = fields.List(Id())


class OpenTasksQuery(Paging):
    """Which open tasks to list: of a unit and all below it."""

    unit = Code(load_default="SE")


class WillingnessRequest(Request):
    """What a member agrees to be thought of for: tasks, elected posts."""

    tasks = Flag(required=True)
    posts = Flag(required=True)
    consent_at = Moment(required=True, validate=CONSENT)


class WillingnessAnswer(WillingnessRequest):
    """The same, of whom."""

    member_id = Id()


class NominationsQuery(Paging):
    """Which mandates to list: of a unit and all below it, those that end within `months`."""

    unit = Code(load_default="SE")
    months = QueryCount(0, 120, load_default=12)


class Mandate(Request):
    """An elected post whose mandate ends."""

    id = Id()
    unit = Code()
    title = Text()
    sphere = Word(*SPHERES)
    member_id = Id()
    mandate_until = Day()


class Candidates(Request):
    """Members with a competence who would be elected; how many, and some of them."""

    competence = Text()
    members = Count()
    member_ids = fields.List(Id())


class Holders(Request):
    """How many hold elected posts, and the shares of the young and of union members in tenths."""

    members = Count()
    young = fields.Float(allow_none=True)
    union = fields.Float(allow_none=True)


class NominationsAnswer(Request):
    """What a nominating committee works from: mandates page by page, the rest on each."""

    items = fields.List(fields.Nested(Mandate))
    next = Text(allow_none=True)
    candidates = fields.List(fields.Nested(Candidates))
    holders = fields.Nested(Holders)
