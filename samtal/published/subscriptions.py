"""Who subscribes to what within Samtal, read from the services' classes."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from marshmallow import Schema

from infra.config import SERVICES
from infra.service.subscribe import Subscribe


@dataclass(frozen=True)
class Subscribed:
    """One method of a service that handles one type of event, and the fields that it reads."""

    service: str
    method: str
    event_type: str
    reads: type[Schema]


def subscriptions() -> list[Subscribed]:
    """Every `@subscribe` of the four services, sorted by type and service."""
    found = [each for service in SERVICES for each in of_class(_class_of(service))]
    return sorted(found, key=lambda each: (each.event_type, each.service, each.method))


def of_class(service: Any) -> list[Subscribed]:
    """The subscriptions of one service's class."""
    return [
        Subscribed(service.name, name, entrypoint.event_type, entrypoint.fields)
        for name in dir(service)
        for entrypoint in getattr(getattr(service, name), "nameko_entrypoints", ())
        if isinstance(entrypoint, Subscribe)
    ]


def _class_of(service: str) -> Any:
    module = import_module(f"services.{service}.service")
    return next(c for c in vars(module).values() if getattr(c, "name", None) == service)
