"""Fields that several nouns have, over those of the plumbing."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from marshmallow import ValidationError, fields, validate

from infra.fields import Text
from services.membership import persons

# Instants at the very ends of the calendar have no counterpart in UTC.
CONSENT = validate.Range(
    datetime(1900, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC), error="Not in our time."
)


class Shaped(Text):
    """A text whose shape `pattern` tells; `wanted` says it in words."""

    def __init__(self, pattern: str, wanted: str, high: int, **kwargs: Any) -> None:
        super().__init__(high=high, **kwargs)
        self.validators.append(validate.Regexp(pattern, error=wanted))


class Told(Shaped):
    """A text kept in the one form that `read` gives it, which raises ValueError for others."""

    def __init__(
        self, pattern: str, read: Callable[[str], str], wanted: str, high: int, **kwargs: Any
    ) -> None:
        def read_on(text: str) -> str:
            try:
                return read(text)
            except ValueError:
                raise ValidationError(wanted) from None

        super().__init__(pattern, wanted, high, post_load=read_on, **kwargs)


class Email(Told):
    """An e-mail address, as far as can be seen without asking its server."""

    def __init__(self, **kwargs: Any) -> None:
        shape = r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+\Z"
        wanted = "Not an e-mail address."
        super().__init__(shape, persons.email, wanted, persons.LONGEST_EMAIL, **kwargs)


class Phone(Told):
    """A telephone number, a Swedish one where it names no country; kept as E.164."""

    def __init__(self, **kwargs: Any) -> None:
        shape = r"\+?(?:[ ()/.-]{0,3}[0-9]){5,15}\Z"
        super().__init__(shape, persons.phone, "Not a telephone number.", 40, **kwargs)


class PersonalNumber(Told):
    """A personal number, or a coordination number, with its century; kept as YYYYMMDDNNNN."""

    def __init__(self, **kwargs: Any) -> None:
        wanted = "Write it as YYYYMMDD-NNNN, with its right check digit."
        super().__init__(r"[0-9]{8}-?[0-9]{4}\Z", persons.personal_number, wanted, 13, **kwargs)


def differ(words: Sequence[str]) -> None:
    if len(set(words)) < len(words):
        raise ValidationError("Something is there twice.")


def texts(load_default: Any = list) -> "fields.List[str]":
    few = validate.Length(max=20)
    return fields.List(Text(high=50), load_default=load_default, validate=(few, differ))
