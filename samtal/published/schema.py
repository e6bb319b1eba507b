"""JSON Schema 2020-12 of what is published, made from the facts' type hints."""

import dataclasses
import typing
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from infra.event import Fact, as_published
from samtal.published.hints import Hint, fields_of, read

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
MOST = 2**53 - 1
"""The highest whole number that every JSON reader keeps exactly."""

PLAIN: dict[Any, Schema] = {
    UUID: {"type": "string", "format": "uuid"},
    date: {"type": "string", "format": "date"},
    datetime: {"type": "string", "format": "date-time"},
    bool: {"type": "boolean"},
}
BOUNDED: dict[Any, tuple[str, tuple[str, ...]]] = {
    str: ("string", ("enum", "examples")),
    int: ("integer", ("minimum",)),
    float: ("number", ("minimum",)),
}
"""Kinds that say nothing by themselves, and the keywords of which one must be given."""


def of(fact: type[Fact]) -> Schema:
    """The schema of the data of one version of an event."""
    return {
        "$schema": DIALECT,
        "$id": f"urn:samtal:{fact.type()}",
        "title": fact.type(),
        "description": " ".join((fact.__doc__ or "").split()),
        "x-subject": fact.event_subject,
        **_object(fact, fact.type()),
    }


def envelope() -> Schema:
    """The schema of the CloudEvents object that an event comes in."""
    text = {"type": "string", "minLength": 1}
    properties = {
        "specversion": {"const": "1.0"},
        "id": {**PLAIN[UUID], "description": "Unique; the same in every version of an event."},
        "source": {**text, "description": "`/` and the service that publishes it."},
        "type": {**text, "pattern": r"^[a-z]+\.[a-z_]+\.v[0-9]{1,4}$"},
        "subject": {**text, "description": "What it is about: a noun, `/` and its key."},
        "time": {**PLAIN[datetime], "description": "When it was recorded, in UTC."},
        "datacontenttype": {"const": "application/json"},
        "dataschema": {**text, "description": "The `$id` of the data's JSON Schema."},
        "correlationid": {**text, "description": "Of the request that all this began with."},
        "causationid": {**PLAIN[UUID], "description": "The event that led to this one."},
        "traceparent": {**text, "description": "W3C Trace Context, where the request had one."},
        "data": {"type": "object"},
        "position": {
            "type": "integer",
            "minimum": 1,
            "maximum": MOST,
            "description": "Its place in this producer's feed: 1, 2, 3 … without gaps.",
        },
        "epoch": {
            **text,
            "description": "The life of the feed that the position belongs to: another one after "
            "a restore from a backup.",
        },
    }
    may_be_left_out = {"correlationid", "causationid", "traceparent"}
    return {
        "$schema": DIALECT,
        "$id": "urn:samtal:envelope",
        "title": "envelope",
        "description": "CloudEvents 1.0, structured: what every event has around its data.",
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in may_be_left_out],
    }


def _object(kind: type[Any], where: str) -> Schema:
    fields = {as_published(name): hint for name, hint in fields_of(kind)}
    return {
        "type": "object",
        "properties": {n: _value(hint, f"{where}: {n}") for n, hint in fields.items()},
        "required": [name for name, hint in fields.items() if hint.always],
    }


def _value(hint: Hint, where: str) -> Schema:
    kind, keywords = hint.kind, hint.keywords
    if kind in PLAIN:
        return {**PLAIN[kind], **keywords}
    if kind in BOUNDED:
        name, wanted = BOUNDED[kind]
        if not keywords.keys() & set(wanted):
            raise TypeError(f"{where} must say what it may hold: annotate it (infra/shape.py).")
        top = {"maximum": MOST} if kind is int and "maximum" not in keywords else {}
        return {"type": name, **keywords, **top}
    return {**_compound(kind, where), **keywords}


def _compound(kind: Any, where: str) -> Schema:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is list:
        return {"type": "array", "items": _inner(arguments[0], where)}
    if origin in (dict, Mapping) and arguments[0] is str:
        return {"type": "object", "additionalProperties": _inner(arguments[1], where)}
    if dataclasses.is_dataclass(kind):
        inner = _object(typing.cast("type[Any]", kind), where)
        if len(inner["required"]) == len(inner["properties"]):
            return inner
        raise TypeError(f"{where}: what is inside a field is always there; it cannot be None.")
    raise TypeError(f"{where} is of a kind that samtal/published/schema.py does not know.")


def _inner(argument: Any, where: str) -> Schema:
    hint = read(argument)
    if not hint.always:
        raise TypeError(f"{where}: an item of a list is always there; it cannot be None.")
    return _value(hint, where)
