"""What a fact's field is, read from its type hint."""

import dataclasses
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from infra.event import Fact
from infra.shape import Added, Shape


@dataclass(frozen=True)
class Hint:
    """A hint without its wrappings: `kind` is the bare type, `keywords` what `Shape` adds.

    `optional` if it may be None; `added` if events from before the field do not have it.
    """

    kind: Any
    keywords: dict[str, Any] = field(default_factory=dict)
    optional: bool = False
    added: bool = False

    @property
    def always(self) -> bool:
        """Whether every event in the feed has it."""
        return not (self.optional or self.added)


def fields_of(fact: type[Any]) -> Iterator[tuple[str, Hint]]:
    """The fields of a dataclass, in order."""
    hints = typing.get_type_hints(fact, include_extras=True)
    for each in dataclasses.fields(fact):
        yield each.name, read(hints[each.name])


def optional(fact: type[Fact]) -> list[str]:
    """The fields that an event may be without."""
    return [name for name, hint in fields_of(fact) if not hint.always]


def read(hint: Any) -> Hint:
    """The hint, unwrapped: `Annotated[str, words(…)] | None` and the like."""
    if typing.get_origin(hint) is typing.Annotated:
        inner, *marks = typing.get_args(hint)
        found = read(inner)
        for mark in marks:
            if isinstance(mark, Shape):
                found.keywords.update(mark.keywords)
        added = found.added or any(isinstance(mark, Added) for mark in marks)
        return dataclasses.replace(found, added=added)
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        kinds = [kind for kind in typing.get_args(hint) if kind is not type(None)]
        if len(kinds) == 1:
            return dataclasses.replace(read(kinds[0]), optional=True)
    return Hint(hint)
