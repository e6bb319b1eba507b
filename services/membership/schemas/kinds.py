"""Fields that several nouns have, over those of the plumbing."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from marshmallow import ValidationError, fields, validate

from infra.fields import Text

EMAIL = r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+\Z"
PHONE = r"\+?(?:[ ()/.-]{0,3}[0-9]){5,15}\Z"
PERSONAL_NUMBER = r"[0-9]{8}-?[0-9]{4}\Z"
# Instants at the very ends of the calendar have no counterpart in UTC.
CONSENT = validate.Range(
    datetime(1900, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC), error="Not in our time."
)


class Shaped(Text):
    """A text whose shape `pattern` tells; `wanted` says it in words."""

    def __init__(self, pattern: str, wanted: str, high: int, **kwargs: Any) -> None:
        super().__init__(high=high, **kwargs)
        self.validators.append(validate.Regexp(pattern, error=wanted))


def differ(words: Sequence[str]) -> None:
    if len(set(words)) < len(words):
        raise ValidationError("Something is there twice.")


def texts(load_default: Any = list) -> "fields.List[str]":
    few = validate.Length(max=20)
    return fields.List(Text(high=50), load_default=load_default, validate=(few, differ))
