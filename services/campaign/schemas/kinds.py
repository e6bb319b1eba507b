"""Fields that several nouns have, over those of the plumbing."""

from typing import Any

from marshmallow import ValidationError

from infra.fields import Text
from services.campaign import reachable


class Impersonal(Text):
    """A text or an opaque reference of `low` to `high` characters that reaches nobody."""

    def __init__(self, low: int = 1, high: int = 200, **kwargs: Any) -> None:
        super().__init__(low, high, **kwargs)
        self.validators.append(_reaches_nobody)


def _reaches_nobody(text: str) -> None:
    found = reachable.what(text)
    if found is not None:
        raise ValidationError(f"Holds {found}; nothing that reaches a person is kept.")
