"""Messages that come twice, backwards, late, and such as nobody can read."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from random import Random
from typing import Any
from uuid import UUID

import pika
import pika.exceptions
from pika.adapters.blocking_connection import BlockingChannel

from tests.chaos.faults.fault import Fault
from tests.chaos.stage import Stage
from tests.process import eventually

SOURCES = ("membership", "campaign")
MOST = 2000
TEN_MEGABYTES = 10 * 1024 * 1024


@contextmanager
def channel(stage: Stage) -> Iterator[BlockingChannel]:
    """A stranger's channel to any node that answers; OSError when there is none."""
    nodes = [pika.URLParameters(node.uri) for node in stage.broker.nodes if node.running]
    if not nodes:
        raise OSError("no node runs")
    for parameters in nodes:
        parameters.socket_timeout = parameters.stack_timeout = 5
        parameters.blocked_connection_timeout = 30
    connection = pika.BlockingConnection(nodes)
    try:
        yield connection.channel()
    finally:
        if connection.is_open:
            connection.close()


def publish(stage: Stage, messages: Sequence[tuple[str, str, bytes, dict[str, Any]]]) -> None:
    """Publish each (exchange, routing key, body, properties); from the start if it fails."""
    eventually(lambda: _published(stage, messages), "a stranger's messages are confirmed", 120)


def _published(stage: Stage, messages: Sequence[tuple[str, str, bytes, dict[str, Any]]]) -> bool:
    try:
        with channel(stage) as open_channel:
            open_channel.confirm_delivery()
            for exchange, key, body, properties in messages:
                open_channel.basic_publish(exchange, key, body, pika.BasicProperties(**properties))
    except (pika.exceptions.AMQPError, OSError):
        return False
    return True


def feed(stage: Stage, source: str, chance: Random) -> list[dict[str, Any]]:
    """A stretch of a producer's feed, anywhere in it."""
    head = stage.get(source, "/events?limit=1")["head"]
    after = chance.randint(0, max(0, head - MOST))
    items: list[dict[str, Any]] = stage.get(source, f"/events?after={after}&limit={MOST}")["items"]
    return items


def _again(stage: Stage, items: Sequence[dict[str, Any]]) -> None:
    json_type = {"content_type": "application/json", "delivery_mode": 2}
    messages = [
        (f"{i['source'][1:]}.events", i["type"].split(".")[1], json.dumps(i).encode(), json_type)
        for i in items
    ]
    publish(stage, messages)
    stage.offered_again += len(messages)


def twice(stage: Stage, chance: Random, pace: float) -> None:
    """What was published is published once more, in order."""
    for source in SOURCES:
        _again(stage, feed(stage, source, chance))


def backwards(stage: Stage, chance: Random, pace: float) -> None:
    """What was published is published once more, the latest first."""
    for source in SOURCES:
        _again(stage, feed(stage, source, chance)[::-1])


def shuffled(stage: Stage, chance: Random, pace: float) -> None:
    """What was published is published once more, both producers in one disorder."""
    items = [item for source in SOURCES for item in feed(stage, source, chance)]
    chance.shuffle(items)
    _again(stage, items)


def poison(stage: Stage, chance: Random, pace: float) -> None:
    """Bodies, types and versions that nobody can read; each must be set aside, whole."""
    known = stage.get("campaign", "/events?limit=1")["items"][0]
    unique = str(UUID(int=chance.getrandbits(128))).encode()
    bodies = [
        b"\xff\xfe" + unique,
        b"not json " + unique,
        b'["' + unique + b'"]',
        b'{"specversion":"1.0","id":"' + unique + b'"}',
        json.dumps({**known, "type": "campaign.conversation_logged.v99", "id": str(unique)}),
        json.dumps({**known, "data": {"unit": 5}, "subject": str(unique)}),
        json.dumps({**known, "position": -1, "subject": str(unique)}),
    ]
    _offer(stage, [body.encode() if isinstance(body, str) else body for body in bodies])


def huge(stage: Stage, chance: Random, pace: float) -> None:
    """A message of ten megabytes that nobody can read."""
    _offer(stage, [chance.randbytes(16) + b"x" * TEN_MEGABYTES])


def _offer(stage: Stage, bodies: Sequence[bytes]) -> None:
    for body in bodies:
        stage.expect_letter(body)
    publish(stage, [("campaign.events", "conversation_logged", body, {}) for body in bodies])


def bad_headers(stage: Stage, chance: Random, pace: float) -> None:
    """Good messages once more, with headers and content types that kill a plain consumer."""
    (item,) = stage.get("campaign", "/events?limit=1")["items"]
    body = json.dumps(item).encode()
    oddities: list[dict[str, Any]] = [
        {"headers": {"nameko.call_id_stack": 5}},
        {"headers": {"nameko.call_id_stack": ["x"] * 5000}},
        {"content_type": "text/html"},
        {"content_type": "application/json", "content_encoding": "no-such-encoding"},
        {"content_type": "application/x-python-serialize"},
    ]
    publish(stage, [("campaign.events", "conversation_logged", body, odd) for odd in oddities])
    stage.offered_again += len(oddities)


FAULTS = [
    Fault("twice", "messages", twice),
    Fault("backwards", "messages", backwards),
    Fault("shuffled", "messages", shuffled),
    Fault("poison", "messages", poison),
    Fault("huge", "messages", huge),
    Fault("bad-headers", "messages", bad_headers),
]
