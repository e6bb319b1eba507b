"""The AsyncAPI 3.0 document of all events: where they are published, and who subscribes."""

from collections.abc import Iterator
from typing import Any

import orjson

from infra.event import Fact
from samtal.published.samples import bodies
from samtal.published.schema import Schema
from samtal.published.subscriptions import Subscribed

ABOUT = """\
What the services of Samtal publish over RabbitMQ. Each service has a durable topic exchange,
`<service>.events`; the routing key is the event's name. A queue is the subscriber's own.

Delivery is at least once, and order may change when something is delivered again: remember the
`id` (or `epoch` and `position`) of what you have handled. A field may be added to a version;
anything else is a new version beside it. Ignore what you do not know."""


def document(
    facts: list[type[Fact]], schemas: dict[str, Schema], subscribed: list[Subscribed], version: str
) -> dict[str, Any]:
    """The whole document, ready for YAML; `schemas` are by type, the envelope's among them."""
    operations = dict(_operations(facts, subscribed))
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Samtal", "version": version, "description": ABOUT},
        "defaultContentType": "application/json",
        "servers": {"broker": _server()},
        "channels": {fact.type(): _channel(fact) for fact in facts},
        "operations": operations,
        "components": {
            "messages": {fact.type(): _message(fact) for fact in facts},
            "schemas": {name: _component(schema) for name, schema in schemas.items()},
        },
    }


def _server() -> dict[str, Any]:
    return {
        "host": "{host}",
        "protocol": "amqp",
        "protocolVersion": "0.9.1",
        "variables": {"host": {"description": "Host and port of the broker."}},
    }


def _channel(fact: type[Fact]) -> dict[str, Any]:
    exchange = {
        "name": f"{fact.event_source}.events",
        "type": "topic",
        "durable": True,
        "autoDelete": False,
        "vhost": "/",
    }
    return {
        "address": fact.routing_key(),
        "title": fact.type(),
        "description": f"Exchange `{exchange['name']}`, routing key `{fact.routing_key()}`.",
        "messages": {"event": _reference("components", "messages", fact.type())},
        "bindings": {"amqp": {"is": "routingKey", "exchange": exchange, "bindingVersion": "0.3.0"}},
    }


def _operations(
    facts: list[type[Fact]], subscribed: list[Subscribed]
) -> Iterator[tuple[str, dict[str, Any]]]:
    for fact in facts:
        yield (
            f"{fact.event_source}.publishes.{fact.type()}",
            {
                **_operation("send", fact.type(), fact.event_source),
                "bindings": {
                    "amqp": {"deliveryMode": 2, "mandatory": True, "bindingVersion": "0.3.0"}
                },
            },
        )
    for one in subscribed:
        yield (
            f"{one.service}.{one.method}.{one.event_type}",
            {
                **_operation("receive", one.event_type, one.service),
                "description": f"Reads {', '.join(f'`{f}`' for f in read_by(one))}.",
            },
        )


def read_by(subscribed: Subscribed) -> list[str]:
    """The fields that a subscriber reads."""
    fields = subscribed.reads().load_fields
    return [field.data_key or name for name, field in fields.items()]


def _operation(action: str, event_type: str, service: str) -> dict[str, Any]:
    return {
        "action": action,
        "channel": _reference("channels", event_type),
        "messages": [_reference("channels", event_type, "messages", "event")],
        "tags": [{"name": service}],
    }


def _message(fact: type[Fact]) -> dict[str, Any]:
    fixed = {
        "source": {"const": f"/{fact.event_source}"},
        "type": {"const": fact.type()},
        "dataschema": {"const": f"urn:samtal:{fact.type()}"},
        "data": _reference("components", "schemas", fact.type()),
    }
    envelope = _reference("components", "schemas", "envelope")
    return {
        "name": fact.type(),
        "title": fact.event_name,
        "summary": (fact.__doc__ or "").strip().splitlines()[0],
        "contentType": "application/json",
        "payload": {"allOf": [envelope, {"type": "object", "properties": fixed}]},
        "examples": [{"payload": orjson.loads(next(bodies(fact)))}],
    }


def _component(schema: Schema) -> Schema:
    """Without the keywords that only a schema of its own has."""
    return {key: value for key, value in schema.items() if key not in ("$schema", "$id")}


def _reference(*path: str) -> dict[str, str]:
    return {"$ref": f"#/{'/'.join(path)}"}
