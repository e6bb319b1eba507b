"""Schemas made quick: what a consumer reads of an event is checked by functions built once.

`quick(schema)` loads valid data as the schema does, at a fraction of its cost. Whatever it is not
sure of it hands to the schema, so results and errors are always the schema's own.
"""

from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any, Protocol, cast

from marshmallow import EXCLUDE, Schema, fields, missing, validate

from infra.fields import UNKEEPABLE, Code, Count, Day, Flag, Id, Text, Word
from infra.identity import id_of
from infra.shape import CODE

Read = Callable[[Any], Any]
UNSURE = (KeyError, TypeError, ValueError)
REMEMBERED = 4096
"""Days and unit codes that are known to be good: the same few come again and again."""


class Unsure(ValueError):
    """Only the schema can tell."""


class Fields(Protocol):
    """The fields of an event's data that a consumer reads; a marshmallow schema is one."""

    def load(self, data: Mapping[str, Any]) -> Any:
        """The fields, converted; ValidationError when one of them is wrong."""


def quick(schema: Schema) -> Fields:
    """What loads as `schema` does; the schema itself where it holds something unknown."""
    plain = (
        schema.unknown == EXCLUDE
        and schema.dict_class is dict
        and not (schema.many or schema.partial or any(schema._hooks.values()))  # noqa: SLF001
    )
    readers = {name: _reader(field) for name, field in schema.load_fields.items()}
    if not plain or None in readers.values():
        return schema
    return Quick(schema, cast("dict[str, Read]", readers))


class Quick:
    """Loads valid data without the schema, and has the schema say what is wrong with other."""

    def __init__(self, schema: Schema, readers: Mapping[str, Read]) -> None:
        self.schema = schema
        self._required: list[tuple[str, str, Read]] = []
        self._optional: list[tuple[str, str, Read, Any]] = []
        for name, field in schema.load_fields.items():
            key = name if field.data_key is None else field.data_key
            if field.required:
                self._required.append((name, key, readers[name]))
            else:
                self._optional.append((name, key, readers[name], field.load_default))

    def load(self, data: Mapping[str, Any]) -> Any:
        """As the schema's own load."""
        try:
            return self.read(data)
        except UNSURE:
            return self.schema.load(data)

    def read(self, data: Any) -> dict[str, Any]:
        """The fields of good data; one of UNSURE is raised for other."""
        if type(data) is not dict:
            raise Unsure
        found = {name: read(data[key]) for name, key, read in self._required}
        for name, key, read, default in self._optional:
            value = data.get(key, missing)
            if value is not missing:
                found[name] = read(value)
            elif default is not missing:
                found[name] = default() if callable(default) else default
        return found


def _reader(field: fields.Field[Any]) -> Read | None:
    """What reads a good value of the field; None if the field is of an unknown kind."""
    make = READERS.get(type(field))
    if make is None or field.attribute or field.pre_load or field.post_load:
        return None
    read = make(field)
    if read is None or not field.allow_none:
        return read
    return lambda value: None if value is None else read(value)


def _code(field: fields.Field[Any]) -> Read | None:
    return None if field.validators else good_code


@lru_cache(REMEMBERED)
def good_code(value: Any) -> str:
    """A unit's code."""
    if type(value) is not str or not CODE.match(value):
        raise Unsure
    return value


def _id(field: fields.Field[Any]) -> Read | None:
    return None if field.validators else id_of


def _day(field: fields.Field[Any]) -> Read | None:
    if field.validators:
        return None
    first = cast("Day", field).first

    def read(value: Any) -> date:
        day = good_day(value)
        if day < first:
            raise Unsure
        return day

    return read


@lru_cache(REMEMBERED)
def good_day(value: Any) -> date:
    """A calendar day; the dashes tell it from a week's day, which Python reads as well."""
    if type(value) is not str or len(value) != 10 or not value[4] == value[7] == "-":
        raise Unsure
    return date.fromisoformat(value)


def _count(field: fields.Field[Any]) -> Read | None:
    match field.validators:
        case [validate.Range(min=low, max=high, min_inclusive=True, max_inclusive=True) as found]:
            if type(found) is not validate.Range or low is None or high is None:
                return None
        case _:
            return None

    def read(value: Any) -> int:
        if type(value) is not int or not low <= value <= high:
            raise Unsure
        return value

    return read


def _flag(field: fields.Field[Any]) -> Read | None:
    def read(value: Any) -> bool:
        if type(value) is not bool:
            raise Unsure
        return value

    return None if field.validators else read


def _text(field: fields.Field[Any]) -> Read | None:
    match field.validators:
        case [validate.Length(min=int(low), max=int(high), equal=None) as found]:
            if type(found) is not validate.Length:
                return None
        case _:
            return None

    def read(value: Any) -> str:
        if type(value) is not str or not low <= len(value) <= high or UNKEEPABLE.search(value):
            raise Unsure
        return value

    return read


def _word(field: fields.Field[Any]) -> Read | None:
    match field.validators:
        case [validate.OneOf() as found] if type(found) is validate.OneOf:
            known = frozenset(found.choices)
        case _:
            return None

    def read(value: Any) -> str:
        if type(value) is not str or value not in known:
            raise Unsure
        return value

    return read


def _list(field: fields.Field[Any]) -> Read | None:
    inner = _reader(cast("fields.List[Any]", field).inner)
    if inner is None or field.validators:
        return None

    def read(value: Any) -> list[Any]:
        if type(value) is not list:
            raise Unsure
        return [inner(each) for each in value]

    return read


def _nested(field: fields.Field[Any]) -> Read | None:
    nested = cast("fields.Nested", field)
    inner = quick(nested.schema)
    if not isinstance(inner, Quick) or nested.many or nested.unknown or field.validators:
        return None
    return inner.read


READERS: dict[type, Callable[[fields.Field[Any]], Read | None]] = {
    Code: _code,
    Count: _count,
    Day: _day,
    Flag: _flag,
    Id: _id,
    Text: _text,
    Word: _word,
    fields.List: _list,
    fields.Nested: _nested,
}
"""By the very class: a subclass may do anything."""
