"""Topics of conversations, as they are asked and answered."""

from marshmallow import fields, validate

from infra.fields import Moment, Request, Text
from services.campaign.events.conversations import LONGEST_TOPIC

MOST_WORDS = 100
LETTER = "[A-Za-zÀ-ÖØ-öø-ɏ]"
WORDS = rf"^{LETTER}+(?:[ -]{LETTER}+)*\Z"
SMALL = "[a-zß-öø-ÿ]"
SMALL_WORDS = rf"^{SMALL}+(?:[ -]{SMALL}+)*\Z"


class TopicWord(Text):
    """A word or a few. It is published: a number or an address, of whoever it is, is refused."""

    def __init__(
        self, pattern: str = WORDS, error: str = "Write a word or a few, in letters."
    ) -> None:
        super().__init__(high=LONGEST_TOPIC)
        self.validators.append(validate.Regexp(pattern, error=error))


class TopicsRequest(Request):
    """Words for the whole party."""

    words = fields.List(
        TopicWord(SMALL_WORDS, "Write a word or a few, in small letters."),
        required=True,
        validate=validate.Length(min=1, max=MOST_WORDS),
    )


class TopicAnswer(Request):
    """A word of the list."""

    word = Text()
    added_at = Moment()


class TopicsAnswer(Request):
    """The words that were asked for, as they are in the list."""

    items = fields.List(fields.Nested(TopicAnswer))
