"""What is asked and answered about the vocabulary."""

from typing import Any

from marshmallow import ValidationError

from infra.fields import Paging, Request, Text, Word
from services.membership.vocabulary import KINDS, is_word


def _be_a_word(text: str) -> None:
    if not is_word(text):
        raise ValidationError("Write it in lower case, with letters, digits and - _ or a space.")


class ProperWord(Text):
    """A word as the vocabulary has them."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(high=50, **kwargs)
        self.validators.append(_be_a_word)


class WordRequest(Request):
    """A word that the party adds to its vocabulary; without a label it is shown as it is."""

    kind = Word(*KINDS, required=True)
    word = ProperWord(required=True)
    label = Text(high=100, load_default=None, allow_none=True)


class WordAnswer(Request):
    """A word of the vocabulary, and how it is shown."""

    kind = Word(*KINDS)
    word = Text(high=50)
    label = Text(high=100)


class VocabularyQuery(Paging):
    """Which words to list."""

    kind = Word(*KINDS, load_default=None)
