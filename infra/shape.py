"""What a fact's field may hold, beyond its type: annotations that its JSON Schema is made from.

`arena: Annotated[str, words(ARENAS)]` is a text to mypy and one of some words to subscribers.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

CODE = re.compile(r"^[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}[A-Za-z0-9])?\Z")
CODE_PATTERN = CODE.pattern.replace(r"\Z", "$")
"""The same for those who read JSON Schema."""


@dataclass(frozen=True, eq=False)
class Shape:
    """Keywords of JSON Schema that hold for a field."""

    keywords: Mapping[str, Any]


@dataclass(frozen=True)
class Added:
    """The field is newer than its event: older events in the feed do not have it."""


ADDED = Added()


def words(listed: Sequence[str]) -> Shape:
    """One word of a fixed list."""
    return Shape({"enum": list(listed)})


def between(low: int, high: int | None = None) -> Shape:
    """A number from `low` to `high`."""
    return Shape({"minimum": low} if high is None else {"minimum": low, "maximum": high})


def characters(low: int, high: int, *examples: str) -> Shape:
    """A text of `low` to `high` characters, such as `examples`."""
    return Shape({"minLength": low, "maxLength": high, "examples": list(examples)})


UnitCode = Annotated[
    str,
    Shape(
        {
            "pattern": CODE_PATTERN,
            "description": "A unit's code: letters, digits and hyphens, at most 64.",
            "examples": ["1280", "SE", "stockholms-lan", "1280-rosengard"],
        }
    ),
]
"""A unit's code: letters, digits and hyphens, at most 64."""

Version = Annotated[int, between(1)]
"""Rises with each change: of two events, the one with the higher version is the newer."""
