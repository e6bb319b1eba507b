"""What breaks a published version.

Of a published version nothing changes, but that a field is added which older events need not
have. The feed keeps every event, so a new field that is always there is not in all of them either.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from samtal.published.schema import Schema

TOLD = ("$schema", "title", "description", "examples")
"""What tells, and binds nobody."""


def broken(published: Mapping[str, Schema], now: Mapping[str, Schema]) -> list[str]:
    """A sentence for each change that breaks; both are schemas by the event's type."""
    found = []
    for event_type, schema in published.items():
        if event_type in now:
            found += [f"{event_type}: {each}" for each in _changed(schema, now[event_type])]
        else:
            found.append(f"{event_type} is gone. Others subscribe to it: put it back.")
    return found


def _changed(old: Schema, new: Schema) -> Iterator[str]:
    before, after = old["properties"], new["properties"]
    for name, schema in before.items():
        if name not in after:
            yield _gone(name, schema, before, after)
        else:
            was = _told(schema, name in old["required"])
            now = _told(after[name], name in new["required"])
            if was != now:
                yield f"{name} was {was} and is {now}. {_remedy()}"
    for name in after.keys() - before.keys():
        if name in new["required"]:
            yield (
                f"{name} is new, and said to be in every event; those in the feed do not have it. "
                "Annotate it with infra.shape.ADDED, or let it be None."
            )
    if _bare(_rest(old)) != _bare(_rest(new)):
        yield f"the event was {_rest(old)} and is {_rest(new)}. {_remedy()}"


def _gone(name: str, schema: Schema, before: Schema, after: Schema) -> str:
    alike = [new for new in after if new not in before and _bare(after[new]) == _bare(schema)]
    renamed = f" ({alike[0]} looks like it under another name)" if len(alike) == 1 else ""
    return f"{name} is gone{renamed}. {_remedy()}"


def _remedy() -> str:
    return "Put it back, and publish the change as a new version beside this one."


def _rest(schema: Schema) -> Schema:
    """What is said of the event but not of its fields."""
    return {k: v for k, v in schema.items() if k not in (*TOLD, "properties", "required")}


def _told(schema: Schema, required: bool) -> str:
    """A field's schema in a line, and whether it is always there."""
    return f"{'always' if required else 'sometimes'} {json.dumps(_bare(schema), sort_keys=True)}"


def _bare(schema: Schema) -> Schema:
    """The schema without what merely tells, and in an order that says nothing."""
    return {key: _inside(key, value) for key, value in schema.items() if key not in TOLD}


def _inside(key: str, value: Any) -> Any:
    if key == "properties":
        return {name: _bare(schema) for name, schema in value.items()}
    if key in ("enum", "required"):
        return sorted(value)
    return _bare(value) if isinstance(value, dict) else value
