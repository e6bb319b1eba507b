"""JSON in and out: orjson, with the few bodies it refuses looked at again to name the field."""

import json
from typing import Any

import orjson

from infra.errors import Malformed


def dumps(value: Any) -> bytes:
    """The JSON of `value`; days and UUIDs as text, instants in UTC with a Z."""
    return orjson.dumps(value, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS)


def plain(value: Any) -> Any:
    """`value` as whoever reads its JSON sees it."""
    return orjson.loads(dumps(value))


def loads(body: bytes) -> Any:
    """The value in `body`; Malformed when it is not JSON.

    Half a surrogate pair is legal JSON that orjson refuses; it is let through for the field that
    holds it to refuse by name.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        if b"\\u" not in body:
            raise Malformed(f"The body is not JSON: {error.msg}.") from error
        return _loads_slowly(body)


def _loads_slowly(body: bytes) -> Any:
    try:
        return json.loads(body, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise Malformed("The body is not JSON.") from error


def _refuse(word: str) -> None:
    raise ValueError(word)
