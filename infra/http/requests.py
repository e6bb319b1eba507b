"""What comes in: bodies, query strings, and what the work they cause belongs to."""

import re
from typing import Any

from marshmallow import Schema, ValidationError
from werkzeug.wrappers import Request

from infra import json
from infra.context import Context
from infra.errors import Invalid, TooLarge, Unsupported
from infra.fields import flat, shown
from infra.identity import new_id

MAX_BODY = 5_000_000
"""Bytes; a thousand items of the largest kind are well below it."""

# https://www.w3.org/TR/trace-context/#traceparent-header
TRACEPARENT = re.compile(r"[0-9a-f]{2}-(?P<trace>[0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}\Z")
REQUEST_ID = re.compile(r"[!-~]{1,64}\Z")


def load(schema: Schema, data: Any) -> Any:
    """What `schema` makes of `data`; Invalid, naming the fields, when it can't."""
    try:
        return schema.load(data)
    except ValidationError as error:
        raise Invalid("Some fields are wrong.", flat(error.messages)) from error


def load_headers(schema: Schema, request: Request) -> Any:
    """What `schema` makes of the headers that it names; Invalid, naming them, when it can't."""
    names = [field.data_key or name for name, field in schema.load_fields.items()]
    given = {name: _text(request.headers[name]) for name in names if name in request.headers}
    try:
        return schema.load(given)
    except ValidationError as error:
        raise Invalid("Some headers are wrong.", error.messages_dict) from error


def read_json(request: Request) -> Any:
    """The JSON value in the body; an absent body is an empty object."""
    if (request.content_length or 0) > MAX_BODY:
        raise TooLarge(f"A body may have {MAX_BODY} bytes.")
    # Without a length the body is chunked: no more of it is read than may be there.
    body = request.stream.read(MAX_BODY + 1) if request.content_length is None else request.data
    if len(body) > MAX_BODY:
        raise TooLarge(f"A body may have {MAX_BODY} bytes.")
    if not body:
        return {}
    if request.mimetype != "application/json" or request.headers.get("Content-Encoding"):
        raise Unsupported("Send plain application/json.")
    return json.loads(body)


def single_values(request: Request) -> dict[str, str]:
    """The query string, each name once."""
    for name, values in request.args.lists():
        if len(values) > 1:
            raise Invalid("Given twice.", {shown(name): ["May be given once only."]})
    return request.args.to_dict()


def context_of(request: Request) -> Context:
    """The correlation that the caller gave, or a new one."""
    trace = TRACEPARENT.match(request.headers.get("traceparent", ""))
    given = REQUEST_ID.match(request.headers.get("X-Request-Id", ""))
    correlation = given[0] if given else trace["trace"] if trace else str(new_id())
    return Context(correlation, None, trace[0] if trace else None)


def _text(header: str) -> str:
    """A header as its sender meant it: WSGI gives bytes as Latin-1, but most send UTF-8."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeError:
        return header
