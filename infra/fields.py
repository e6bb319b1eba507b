"""Fields that requests and events are made of; each refuses what a database could not keep."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields, validate

from infra.shape import CODE
from infra.units import KINDS

DAY = re.compile(r"^\d{4}-\d{2}-\d{2}\Z")
INSTANT = re.compile(
    r"^[0-9-]{10}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})\Z"
)
# A word, or an index; a longer number may be somebody's.
NAME = re.compile(r"^(?:[A-Za-z_][A-Za-z0-9_]{0,39}|[0-9]{1,5})\Z")
HEX_ID = re.compile(
    r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z", re.IGNORECASE
)
# NUL is refused by PostgreSQL, half a surrogate pair by every encoder.
UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")


class Request(Schema):
    """A body or a query string: an unknown field is an error."""

    class Meta:
        """An unknown field is an error; the order of the fields is kept."""

        unknown = RAISE


class Data(Schema):
    """The fields of an event that a consumer reads; it ignores the rest."""

    class Meta:
        """What the consumer does not know is ignored."""

        unknown = EXCLUDE


class Text(fields.String):
    """A text of `low` to `high` characters that is kept as given."""

    def __init__(self, low: int = 1, high: int = 200, **kwargs: Any) -> None:
        super().__init__(validate=validate.Length(min=low, max=high), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if UNKEEPABLE.search(text):
            raise ValidationError("Holds a character that cannot be kept (NUL or half a pair).")
        return text


class Word(fields.String):
    """One word from a fixed list."""

    def __init__(self, *words: str, **kwargs: Any) -> None:
        super().__init__(validate=validate.OneOf(words), **kwargs)


class Code(fields.String):
    """A unit's code: letters, digits and hyphens, at most 64."""

    def __init__(self, **kwargs: Any) -> None:
        shape = {"pattern": CODE.pattern.replace(r"\Z", "$"), "minLength": 1, "maxLength": 64}
        super().__init__(metadata=shape, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not CODE.match(text):
            raise ValidationError("Not a unit code.")
        return text


class Id(fields.Field[UUID]):
    """A UUID in its usual form."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> UUID:
        if not isinstance(value, str) or not HEX_ID.match(value):
            raise ValidationError("Not a valid UUID.")
        return UUID(value)

    def _serialize(self, value: UUID | None, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return value


class Day(fields.Field[date]):
    """A calendar day, `2026-11-23`, from `first` on."""

    def __init__(self, first: date = date(1900, 1, 1), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.first = first

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:
        if not isinstance(value, str) or not DAY.match(value):
            raise ValidationError("Not a day in the form YYYY-MM-DD.")
        try:
            day = date.fromisoformat(value)
        except ValueError as error:
            raise ValidationError("There is no such day.") from error
        if day < self.first:
            raise ValidationError(f"Before {self.first.isoformat()}.")
        return day

    def _serialize(self, value: date | None, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return value


class Moment(fields.AwareDateTime):
    """An instant in RFC 3339 with its zone."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="iso", **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        # Python reads other forms of ISO 8601 as well, and a NUL behind the zone.
        if not isinstance(value, str) or not INSTANT.match(value):
            raise ValidationError("Not an instant in the form YYYY-MM-DDThh:mm:ssZ.")
        return super()._deserialize(value, attr, data, **kwargs)

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return value


class Count(fields.Integer):
    """A whole number from `low` to `high`, given as a number."""

    def __init__(self, low: int = 0, high: int = 2**53 - 1, **kwargs: Any) -> None:
        super().__init__(strict=True, validate=validate.Range(min=low, max=high), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValidationError("Not a whole number.")
        return value


class Flag(fields.Boolean):
    """true or false, and nothing that merely looks like it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("Not true or false.")
        return value


class QueryCount(Count):
    """A whole number in a query string."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if not re.fullmatch(r"[0-9]{1,16}", value):
            raise ValidationError("Not a whole number.")
        return int(value)


class QueryFlag(Word):
    """`true` or `false` in a query string."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__("true", "false", post_load=lambda word: word == "true", **kwargs)


class Paging(Request):
    """What every list takes."""

    limit = QueryCount(1, 500, load_default=100)
    cursor = Text(1, 200, load_default=None)


class UnitData(Data):
    """`unit_registered` and `unit_changed`, as every copy of the tree reads them."""

    code = Code(required=True)
    name = Text(required=True)
    kind = Word(*KINDS, required=True)
    parent = Code(load_default=None)
    population = Count(load_default=None)
    open = Flag(required=True)
    version = Count(1, required=True)
    valid_from = Day(required=True)


def flat(messages: Any, prefix: str = "") -> dict[str, list[str]]:
    """marshmallow's nested messages as `{"union.consent_at": ["…"]}`."""
    if isinstance(messages, Mapping):
        found: dict[str, list[str]] = {}
        for key, value in messages.items():
            name = prefix if key == "_schema" else f"{prefix}.{shown(key)}".lstrip(".")
            found.update(flat(value, name))
        return found
    listed = messages if isinstance(messages, list) else [messages]
    return {prefix or "body": [str(message) for message in listed]}


def shown(key: Any) -> str:
    """A field's name as a problem tells it.

    An unknown field's name is the caller's own text, which may be anything, a person's too.
    """
    return str(key) if NAME.match(str(key)) else "(unknown)"
