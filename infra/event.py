"""The event: a frozen fact with an identity, as CloudEvents 1.0 in and out."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from sys import intern
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

import orjson

from infra import clock, context, json
from infra.errors import Unreadable
from infra.identity import id_of, new_id

TYPE = re.compile(r"^(?P<source>[a-z]+)\.(?P<name>[a-z_]+)\.v(?P<version>\d{1,4})$")
CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


def routing_key(event_type: str) -> str:
    """The event's name; from version 2 on with the version, since the bare name stays v1."""
    _, name, version = event_type.split(".")
    return name if version == "v1" else f"{name}.{version}"


class Fact:
    """Base of what a service publishes: frozen dataclasses in the past tense.

    The event's name is the class's (`ConversationLogged` → `conversation_logged`; its second
    version is `ConversationLoggedV2(…, version=2)`). A field that is None is left out. The data
    holds ids, unit codes, dates, numbers and words from fixed lists only.

    With `anonymous=True` nothing tells what an event came of: it has no correlation, causation or
    trace, its id tells no time, and its time tells the day alone.
    """

    # Prefixed: a fact's own fields may well be called source, name or version.
    event_source: ClassVar[str]
    event_name: ClassVar[str]
    event_version: ClassVar[int] = 1
    event_subject: ClassVar[str]
    event_anonymous: ClassVar[bool] = False

    def __init_subclass__(
        cls, source: str = "", subject: str = "", version: int = 1, *, anonymous: bool = False
    ) -> None:
        if source:
            cls.event_source = source
        if subject:
            cls.event_subject = subject
            cls.event_version = version
            cls.event_anonymous = anonymous
            name = cls.__name__.removesuffix(f"V{version}")
            cls.event_name = CAPITAL.sub("_", name).lower()

    @classmethod
    def type(cls) -> str:
        """The CloudEvents type, `campaign.conversation_logged.v1`."""
        return f"{cls.event_source}.{cls.event_name}.v{cls.event_version}"

    @classmethod
    def routing_key(cls) -> str:
        """As `infra.event.routing_key`."""
        return routing_key(cls.type())

    def data(self) -> dict[str, Any]:
        """The fields that have a value."""
        return {name: value for name, value in vars(self).items() if value is not None}


class Event(NamedTuple):
    """One published fact as a consumer sees it.

    `position` is its place in the producer's feed, `epoch` the life of that feed to which the
    position belongs. `data` is as it came: a consumer validates the fields it reads.
    """

    id: UUID
    source: str
    type: str
    time: str
    data: Mapping[str, Any]
    position: int
    epoch: str
    correlation_id: str | None = None
    causation_id: str | None = None
    traceparent: str | None = None
    body: bytes = b""


Load = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]
"""Answers the data that an event of a type is to have."""


def as_it_came(event_type: str, data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The data unchanged."""
    return data


def encode(fact: Fact, event_id: UUID, instant: datetime) -> str:
    """The CloudEvents JSON of `fact`, without the position, which the sequencer gives later."""
    about = context.NOTHING if fact.event_anonymous else context.current()
    began = about.correlation_id or (None if fact.event_anonymous else str(event_id))
    envelope = {
        "specversion": "1.0",
        "id": event_id,
        "source": f"/{fact.event_source}",
        "type": fact.type(),
        "subject": fact.event_subject.format_map(vars(fact)),
        "time": clock.rfc3339(instant),
        "datacontenttype": "application/json",
        "dataschema": f"urn:samtal:{fact.type()}",
        "correlationid": began,
        "causationid": about.causation_id,
        "traceparent": about.traceparent,
        "data": fact.data(),
    }
    said = {name: value for name, value in envelope.items() if value is not None}
    return json.dumps(said).decode()


def with_position(body: str, position: int, epoch: str) -> bytes:
    """The body as it is published: with its place in the feed."""
    return f'{body[:-1]},"position":{position},"epoch":"{epoch}"}}'.encode()


def decode(body: bytes, load: Load = as_it_came) -> Event:
    """The event in `body`; Unreadable, with the reason, when there is none.

    `load` is given the type and the data of an event whose envelope is right; what it answers
    becomes the event's data.
    """
    found = _object(body)
    try:
        event_id = _id(found["id"])
        source = _text(found, "source").lstrip("/")
        event_type = _text(found, "type")
        time = _text(found, "time")
        data = _mapping(found, "data")
        position = _position(found)
        epoch = _text(found, "epoch")
    except (KeyError, ValueError, AttributeError, TypeError) as error:
        raise Unreadable(f"the envelope is wrong: {type(error).__name__}: {error}") from error
    return Event(
        event_id,
        # Thousands wait in memory, and these are the same few texts in all of them.
        intern(source),
        intern(event_type),
        time,
        load(event_type, data),
        position,
        intern(epoch),
        found.get("correlationid"),
        found.get("causationid"),
        found.get("traceparent"),
        body,
    )


def new_event_id() -> UUID:
    """A new event's identity."""
    return new_id()


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Unreadable("the body is not JSON") from error
    if not isinstance(found, dict):
        raise Unreadable("the body is not a JSON object")
    return found


def _id(value: Any) -> UUID:
    try:
        return id_of(value)
    except ValueError:
        # The other forms of a UUID.
        return UUID(value)


def _text(found: dict[str, Any], key: str) -> str:
    value = found[key]
    if not isinstance(value, str) or not value:
        raise ValueError(f"{key} must be a text")
    return value


def _mapping(found: dict[str, Any], key: str) -> dict[str, Any]:
    value = found[key]
    if not isinstance(value, dict):
        raise ValueError(f"{key} must be an object")
    return value


def _position(found: dict[str, Any]) -> int:
    value = found["position"]
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 2**53:
        raise ValueError("position must be a whole number above 0")
    return value
