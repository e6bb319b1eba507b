"""What there is to subscribe to, read from the facts that the services publish."""

import types
import typing
from dataclasses import asdict, dataclass, fields
from importlib import import_module
from importlib.util import find_spec

from infra.config import SERVICES
from infra.event import Fact, as_published


@dataclass(frozen=True)
class Published:
    """One type of event: where to bind, and what its data holds (field → type)."""

    type: str
    exchange: str
    routing_key: str
    about: str
    fields: dict[str, str]

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return asdict(self)


def catalogue() -> list[Published]:
    """Every type of event that the four services publish, sorted."""
    found = [_published(fact) for fact in facts()]
    return sorted(found, key=lambda published: published.type)


def facts() -> list[type[Fact]]:
    """The class of every type of event that the four services publish, sorted by type."""
    found = [fact for service in SERVICES for fact in _facts(service)]
    return sorted(found, key=lambda fact: fact.type())


def _facts(service: str) -> list[type[Fact]]:
    name = f"services.{service}.events"
    if find_spec(name) is None:
        return []
    module = import_module(name)
    return [
        thing
        for thing in vars(module).values()
        if isinstance(thing, type) and issubclass(thing, Fact) and hasattr(thing, "event_name")
    ]


def _published(fact: type[Fact]) -> Published:
    hints = typing.get_type_hints(fact)
    names = [field.name for field in fields(fact)]  # type: ignore[arg-type]
    return Published(
        type=fact.type(),
        exchange=f"{fact.event_source}.events",
        routing_key=fact.routing_key(),
        about=(fact.__doc__ or "").strip().splitlines()[0],
        fields={as_published(n): _type(hints[n]) for n in names},
    )


def _type(hint: object) -> str:
    """A field's type in words; with a question mark when it may be left out."""
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        kinds = [kind for kind in typing.get_args(hint) if kind is not type(None)]
        return " or ".join(_type(kind) for kind in kinds) + "?"
    if typing.get_origin(hint) is list:
        return f"list of {_type(typing.get_args(hint)[0])}"
    name = getattr(hint, "__name__", str(hint)).lower()
    return {"str": "text", "int": "whole number", "bool": "true or false", "date": "day"}.get(
        name, name
    )
