"""Samples of a fact, built from its type hints, as they would be published."""

import typing
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import orjson

from infra.context import Context, working_on
from infra.event import Fact, encode, with_position
from samtal.published.hints import Hint, fields_of, optional, read
from samtal.published.schema import MOST

EVENT_ID = UUID("019ac0de-5a2b-7c3d-8e4f-a0b1c2d3e4f5")
CAUSE = "019ac0de-4000-7aaa-8bbb-0c0d0e0f1011"
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
EPOCH = "0b9f7f0e-6a54-4d0e-9a51-5f0a6d0c7f11"
INSTANT = datetime(2026, 5, 1, 16, 20, 31, 482913, UTC)
PLAIN: dict[Any, list[Any]] = {
    UUID: [UUID("019ac0de-5a2a-7111-9d00-2b6f3c1e7a90"), UUID(int=2**128 - 1)],
    date: [date(2026, 5, 1), date(1900, 1, 1)],
    datetime: [INSTANT],
    bool: [False, True],
}


def bodies(fact: type[Fact]) -> Iterator[bytes]:
    """Events of the type: all fields, those that are always there, and each field's other values.

    The first has all fields.
    """
    choices = {name: values(hint) for name, hint in fields_of(fact)}
    first = {name: found[0] for name, found in choices.items()}
    yield _body(fact(**first))
    yield _body(fact(**first), without=optional(fact))
    for name, found in choices.items():
        yield from (_body(fact(**{**first, name: other})) for other in found[1:])


def values(hint: Hint) -> list[Any]:
    """Values that a field may have: each word, the least and the most."""
    kind, keywords = hint.kind, hint.keywords
    if kind in PLAIN:
        return PLAIN[kind]
    if kind is str:
        lengths = [keywords[each] for each in ("minLength", "maxLength") if each in keywords]
        listed = [*keywords.get("enum", ()), *keywords.get("examples", ())]
        return [*listed, *("x" * length for length in lengths)]
    if kind in (int, float):
        return [keywords["minimum"], keywords.get("maximum", MOST)]
    return _compound(kind, keywords)


def _compound(kind: Any, keywords: dict[str, Any]) -> list[Any]:
    arguments = typing.get_args(kind)
    if typing.get_origin(kind) is list:
        inner, most = values(read(arguments[0])), keywords.get("maxItems", 3)
        return [inner[: min(2, most)], inner[:most], inner[:1] * most, []]
    if arguments:
        return [{"skane": value} for value in values(read(arguments[1]))]
    return [kind(**{name: values(hint)[0] for name, hint in fields_of(kind)})]


def _body(fact: Fact, without: list[str] | None = None) -> bytes:
    """The event; with nothing that may be left out, if some fields are to be."""
    about = Context(str(EVENT_ID), CAUSE, TRACE) if without is None else Context()
    with working_on(about):
        whole = orjson.loads(with_position(encode(fact, EVENT_ID, INSTANT), MOST, EPOCH))
    for name in without or ():
        whole["data"].pop(name, None)
    return orjson.dumps(whole)
