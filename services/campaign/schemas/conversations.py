"""Reports of conversations, as they are asked and answered."""

from marshmallow import fields, validate

from infra.fields import Code, Count, Day, Flag, Id, Moment, Paging, Request, Text, Word
from services.campaign.conversations import FIRST_DAY, VOID_REASONS
from services.campaign.events.conversations import ARENAS, LONGEST_TOPIC, MOST, MOST_TOPICS

LETTER = "[A-Za-zÀ-ÖØ-öø-ɏ]"
WORDS = rf"^{LETTER}+(?:[ -]{LETTER}+)*\Z"


class Topic(Text):
    """A word or a few. It is published: a number or an address, of whoever it is, is refused."""

    def __init__(self) -> None:
        super().__init__(high=LONGEST_TOPIC)
        self.validators.append(validate.Regexp(WORDS, error="Write a word or a few, in letters."))


class ConversationRequest(Request):
    """A report of conversations."""

    id = Id(load_default=None)
    unit = Code(required=True)
    arena = Word(*ARENAS, required=True)
    held_on = Day(FIRST_DAY, required=True)
    count = Count(1, MOST, load_default=1)
    campaign_id = Id(load_default=None, allow_none=True)
    topics = fields.List(Topic(), load_default=list, validate=validate.Length(max=MOST_TOPICS))
    logged_by = Text(high=64, load_default=None, allow_none=True)
    workplace = Text(load_default=None, allow_none=True)


class ConversationAnswer(ConversationRequest):
    """A stored report."""

    online = Flag()
    logged_at = Moment()
    voided_at = Moment(allow_none=True)
    void_reason = Text(allow_none=True)


class VoidRequest(Request):
    """Why a report is taken back."""

    reason = Word(*VOID_REASONS, load_default=None, allow_none=True)


class ConversationsQuery(Paging):
    """Which reports to list: of a unit and all below it, in the order they were held."""

    unit = Code(load_default="SE")
    arena = Word(*ARENAS, load_default=None)
    campaign_id = Id(load_default=None)
    held_from = Day(data_key="from", load_default=None)
    held_to = Day(data_key="to", load_default=None)
