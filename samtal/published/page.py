"""docs/events.md: every event, for people."""

from collections.abc import Iterator
from typing import Any

import orjson

from infra.event import Fact
from infra.shape import CODE_PATTERN
from samtal.published.asyncapi import read_by
from samtal.published.samples import bodies
from samtal.published.schema import Schema
from samtal.published.subscriptions import Subscribed

HEAD = """\
# Events

Made by `scripts/generate-documents` from the services' `events.py`; `make check` sees to it that it
is current. For machines: [asyncapi.yaml](asyncapi.yaml), and a JSON Schema of each event's data in
[events/](events). How to listen: [subscribing](subscribing.md).

Every event is a CloudEvents 1.0 object ([schema](events/envelope.json)); the tables below are of
its `data`. A field that is not *always* there is left out where it has no value, and never null.

## Versions

Of a published version nothing changes, but that a field is added that may be left out: ignore what
you do not know. Anything else, a word more in a list too, is a new version: `<event>.v2` as routing
key, with a schema of its own, published beside the first, which stays.

The JSON Schemas in `docs/events` are what is published. `make check` compares the code with them,
and `scripts/generate-documents` changes none of them in a way that breaks it. An event that no
release has had yet may still change: delete its file first.
"""


def page(facts: list[type[Fact]], schemas: dict[str, Schema], subscribed: list[Subscribed]) -> str:
    """The page in Markdown."""
    parts = [HEAD, *_contents(facts)]
    for fact in facts:
        readers = [one for one in subscribed if one.event_type == fact.type()]
        parts += ["", *_event(fact, schemas[fact.type()], readers)]
    return "\n".join(parts) + "\n"


def _contents(facts: list[type[Fact]]) -> Iterator[str]:
    yield "## What there is"
    yield ""
    yield "| event | what happened |"
    yield "| --- | --- |"
    for fact in facts:
        anchor = fact.type().replace(".", "")
        yield f"| [{fact.type()}](#{anchor}) | {(fact.__doc__ or '').strip().splitlines()[0]} |"


def _event(fact: type[Fact], schema: Schema, subscribed: list[Subscribed]) -> Iterator[str]:
    yield f"## {fact.type()}"
    yield ""
    yield schema["description"]
    yield ""
    yield f"- exchange `{fact.event_source}.events`, routing key `{fact.routing_key()}`"
    file = f"{fact.type()}.json"
    yield f"- subject `{fact.event_subject}`, schema [{file}](events/{file})"
    for one in subscribed:
        yield f"- {one.service} reads {', '.join(f'`{name}`' for name in read_by(one))}"
    if not subscribed:
        yield "- no service of Samtal subscribes to it"
    yield ""
    yield "| field | what | always |"
    yield "| --- | --- | --- |"
    for name, field in schema["properties"].items():
        always = "yes" if name in schema["required"] else ""
        yield f"| `{name}` | {words(field)} | {always} |"
    yield ""
    yield "```json"
    yield orjson.dumps(
        orjson.loads(next(bodies(fact)))["data"], option=orjson.OPT_INDENT_2
    ).decode()
    yield "```"


def words(schema: Schema) -> str:
    """A field's schema in words."""
    match schema:
        case {"enum": listed}:
            return ", ".join(f"`{word}`" for word in listed)
        case {"format": name}:
            return {"uuid": "id (UUID)", "date": "day", "date-time": "instant"}[name]
        case {"type": "boolean"}:
            return "true or false"
        case {"type": "integer" | "number"}:
            return _number(schema)
        case {"type": "array", "items": inner}:
            most = f", at most {schema['maxItems']}" if "maxItems" in schema else ""
            return f"list{most}: {words(inner)}"
        case {"type": "string"}:
            return _text(schema)
    return _object(schema)


def _number(schema: dict[str, Any]) -> str:
    kind = "whole number" if schema["type"] == "integer" else "number"
    most = schema.get("maximum", 2**53 - 1)
    return f"{kind} from {schema['minimum']:,}" + ("" if most == 2**53 - 1 else f" to {most:,}")


def _text(schema: dict[str, Any]) -> str:
    kind = f"text of {schema.get('minLength', 0)} to {schema.get('maxLength')} characters"
    if "pattern" in schema:
        kind = "unit code" if schema["pattern"] == CODE_PATTERN else f"`{schema['pattern']}`"
    such = ", ".join(f"`{example}`" for example in schema["examples"])
    return f"{kind}, such as {such}" if such else kind


def _object(schema: dict[str, Any]) -> str:
    if "additionalProperties" in schema:
        return f"for each key: {words(schema['additionalProperties'])}"
    return "; ".join(f"`{name}`: {words(field)}" for name, field in schema["properties"].items())
