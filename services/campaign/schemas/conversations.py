"""Reports of conversations, as they are asked and answered."""

from marshmallow import fields, validate

from infra.fields import Code, Count, Day, Flag, Id, Moment, Paging, Request, Text, Word
from services.campaign.conversations import FIRST_DAY, VOID_REASONS
from services.campaign.events.conversations import ARENAS, MOST, MOST_TOPICS
from services.campaign.schemas.kinds import Impersonal
from services.campaign.schemas.topics import TopicWord


class ConversationRequest(Request):
    """A report of conversations."""

    id = Id(load_default=None)
    unit = Code(required=True)
    arena = Word(*ARENAS, required=True)
    held_on = Day(FIRST_DAY, required=True)
    count = Count(1, MOST, load_default=1)
    campaign_id = Id(load_default=None, allow_none=True)
    topics = fields.List(TopicWord(), load_default=list, validate=validate.Length(max=MOST_TOPICS))
    logged_by = Impersonal(high=64, load_default=None, allow_none=True)
    workplace = Impersonal(load_default=None, allow_none=True)


class ConversationAnswer(ConversationRequest):
    """A stored report; `corrects` is the one in whose place it is."""

    online = Flag()
    corrects = Id(allow_none=True)
    logged_at = Moment()
    voided_at = Moment(allow_none=True)
    void_reason = Text(allow_none=True)


class VoidRequest(Request):
    """Why a report is taken back."""

    reason = Word(*VOID_REASONS, load_default=None, allow_none=True)


class CorrectionRequest(ConversationRequest):
    """The whole report as it should have been, with an id of its own."""

    id = Id(required=True)


class ExportQuery(Request):
    """Which reports: of a unit and all below it, of an arena, of a campaign, of some days."""

    unit = Code(load_default="SE")
    arena = Word(*ARENAS, load_default=None)
    campaign_id = Id(load_default=None)
    held_from = Day(data_key="from", load_default=None)
    held_to = Day(data_key="to", load_default=None)


class ConversationsQuery(ExportQuery, Paging):
    """The same, page by page in the order they were held."""
