"""Messages that come twice, backwards, late, and such as nobody can read."""

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from random import Random
from typing import Any
from uuid import UUID

import amqp

from tests.chaos.faults.clock import await_clock
from tests.chaos.faults.fault import Fault
from tests.chaos.stage import Stage
from tests.process import eventually
from tests.servers import RabbitNode

SOURCES = ("membership", "campaign")
MOST = 2000
TEN_MEGABYTES = 10 * 1024 * 1024


Offered = tuple[str, str, bytes, dict[str, Any]]
"""Exchange, routing key, body, properties."""


def publish(stage: Stage, messages: Sequence[Offered]) -> None:
    """Publish all, as a stranger to any node that answers; from the start if it fails."""
    eventually(lambda: _published(stage, messages), "a stranger's messages are confirmed", 120)


def _published(stage: Stage, messages: Sequence[Offered]) -> bool:
    return any(_confirmed_by(node, messages) for node in stage.broker.nodes if node.running)


def _confirmed_by(node: RabbitNode, messages: Sequence[Offered]) -> bool:
    waiting = iter(messages)
    try:
        with amqp.Connection(f"127.0.0.1:{node.port}", connect_timeout=5) as connection:
            while some := list(islice(waiting, 500)):
                _confirmed(connection, some)
    except (amqp.AMQPError, OSError):
        return False
    return True


def _confirmed(connection: amqp.Connection, messages: Sequence[Offered]) -> None:
    channel = connection.channel()
    waiting = set(range(1, len(messages) + 1))

    def confirmed(tag: int, multiple: bool) -> None:
        waiting.difference_update(range(1, tag + 1) if multiple else [tag])

    channel.events["basic_ack"].add(confirmed)
    channel.confirm_select()
    for exchange, key, body, properties in messages:
        channel.basic_publish(amqp.Message(body, **properties), exchange, key)
    while waiting:
        connection.drain_events(timeout=10)
    channel.close()


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


def late(stage: Stage, chance: Random, pace: float) -> None:
    """Every event that there is comes twice more, an hour late, the latest first."""
    with stage.clock.moved(+1):
        await_clock(stage, +1)
        for source in SOURCES:
            everything = list(whole_feed(stage, source))[::-1]
            _again(stage, [*everything, *everything])


def whole_feed(stage: Stage, source: str) -> Iterator[dict[str, Any]]:
    """All that a producer has published."""
    after = 0
    while items := stage.get(source, f"/events?after={after}&limit=5000")["items"]:
        yield from items
        after = items[-1]["position"]


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
    """Ten megabytes that nobody can read, and a known event with as much of what nobody knows."""
    _offer(stage, [chance.randbytes(16) + b"x" * TEN_MEGABYTES])
    (known,) = stage.get("campaign", "/events?limit=1")["items"]
    _again(stage, [{**known, "unknown": "x" * TEN_MEGABYTES}])


def _offer(stage: Stage, bodies: Sequence[bytes]) -> None:
    for body in bodies:
        stage.expect_letter(body)
    stored = {"delivery_mode": 2}
    publish(stage, [("campaign.events", "conversation_logged", body, stored) for body in bodies])


def bad_headers(stage: Stage, chance: Random, pace: float) -> None:
    """Good messages once more, with headers and content types that kill a plain consumer."""
    (item,) = stage.get("campaign", "/events?limit=1")["items"]
    body = json.dumps(item).encode()
    oddities: list[dict[str, Any]] = [
        {"application_headers": {"nameko.call_id_stack": 5}},
        {"application_headers": {"nameko.call_id_stack": ["x"] * 5000}},
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
    Fault("late", "messages", late),
    Fault("poison", "messages", poison),
    Fault("huge", "messages", huge),
    Fault("bad-headers", "messages", bad_headers),
]
