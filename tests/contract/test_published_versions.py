"""What is published stays: a change that breaks a version is told, any other let be."""

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import pytest

from infra import clock
from infra.event import Fact, encode, new_event_id
from infra.shape import ADDED, Shape, UnitCode, between, words
from samtal.published import changes, schema

Schema = dict[str, Any]
TYPE = "sample.thing_happened.v1"


class SampleFact(Fact, source="sample"):
    """Anything that happened in the made-up service."""


@dataclass(frozen=True)
class ThingHappened(SampleFact, subject="thing/{thing_id}"):
    """Something happened."""

    thing_id: UUID
    unit: UnitCode
    kind: Annotated[str, words(("good", "bad"))]
    count: Annotated[int, between(1, 9)]
    topics: Annotated[list[Annotated[str, words(("a", "b"))]], Shape({"maxItems": 3})]
    note: Annotated[str, words(("x", "y"))] | None = None


def field(name: str, **keywords: Any) -> Callable[[Schema], None]:
    """A change of a field's keywords."""
    return lambda found: found["properties"][name].update(keywords)


def without(name: str) -> Callable[[Schema], None]:
    """A field is gone."""

    def change(found: Schema) -> None:
        del found["properties"][name]
        found["required"] = [each for each in found["required"] if each != name]

    return change


def renamed(old: str, new: str) -> Callable[[Schema], None]:
    """A field has another name."""

    def change(found: Schema) -> None:
        found["properties"][new] = found["properties"].pop(old)
        found["required"] = [new if each == old else each for each in found["required"]]

    return change


def added(*, always: bool) -> Callable[[Schema], None]:
    """A field is new."""

    def change(found: Schema) -> None:
        found["properties"]["new"] = {"type": "boolean"}
        found["required"] += ["new"] * always

    return change


BREAKING: dict[str, tuple[Callable[[Schema], Any], str]] = {
    "removed": (without("count"), "count is gone. Put it back"),
    "an optional one removed": (without("note"), "note is gone"),
    "renamed": (renamed("unit", "place"), "unit is gone (place looks like it under another name)"),
    "retyped": (field("count", type="string"), "count was always"),
    "another format": (field("thing_id", format="date"), "thing_id was"),
    "required, then optional": (lambda f: f["required"].remove("count"), "and is sometimes"),
    "optional, then required": (lambda f: f["required"].append("note"), "note was sometimes"),
    "a word less": (field("kind", enum=["good"]), "kind was"),
    "a word more": (field("kind", enum=["good", "bad", "ugly"]), "kind was"),
    "a lower most": (field("count", maximum=8), "count was"),
    "a higher most": (field("count", maximum=10), "count was"),
    "a higher least": (field("count", minimum=2), "count was"),
    "another pattern": (field("unit", pattern=".*"), "unit was"),
    "a longer list": (field("topics", maxItems=4), "topics was"),
    "another word in a list": (
        field("topics", items={"type": "string", "enum": ["a"]}),
        "topics was",
    ),
    "new and always there": (added(always=True), "new is new, and said to be in every event"),
    "another subject": (lambda f: f.update({"x-subject": "it/{thing_id}"}), "the event was"),
}
ALLOWED: dict[str, Callable[[Schema], Any]] = {
    "nothing": lambda found: None,
    "a new field that may be left out": added(always=False),
    "another description": lambda found: found.update(description="It happened."),
    "a field's description": field("unit", description="Where."),
    "other examples": field("unit", examples=["SE"]),
    "words in another order": field("kind", enum=["bad", "good"]),
    "required in another order": lambda found: found["required"].reverse(),
}


def compared(change: Callable[[Schema], Any]) -> list[str]:
    """What is said of the change."""
    before = schema.of(ThingHappened)
    after = deepcopy(before)
    change(after)
    return changes.broken({TYPE: before}, {TYPE: after})


@pytest.mark.parametrize("kind", BREAKING)
def test_a_change_that_breaks_a_version_is_told(kind: str) -> None:
    change, said = BREAKING[kind]
    found = compared(change)
    assert len([sentence for sentence in found if said in sentence]) == 1
    for sentence in found:
        assert sentence.startswith(f"{TYPE}: ")
        assert "new version" in sentence or "ADDED" in sentence


@pytest.mark.parametrize("kind", ALLOWED)
def test_a_change_that_breaks_nothing_is_let_be(kind: str) -> None:
    assert compared(ALLOWED[kind]) == []


def test_an_event_that_is_gone_is_told_and_a_new_one_let_be() -> None:
    found = {TYPE: schema.of(ThingHappened)}
    assert changes.broken(found, {}) == [f"{TYPE} is gone. Others subscribe to it: put it back."]
    assert changes.broken({}, found) == []


def test_an_added_field_is_always_published_and_never_counted_on() -> None:
    @dataclass(frozen=True)
    class More(ThingHappened):
        """With a field more."""

        more: Annotated[bool, ADDED] = False

    found = schema.of(More)
    assert "more" in found["properties"]
    assert "more" not in found["required"]
    assert changes.broken({TYPE: schema.of(ThingHappened)}, {TYPE: found}) == []


def test_a_second_version_is_published_beside_the_first() -> None:
    @dataclass(frozen=True)
    class ThingHappenedV2(SampleFact, subject="thing/{thing_id}", version=2):
        """Something happened."""

        thing_id: UUID

    assert ThingHappenedV2.type() == "sample.thing_happened.v2"
    assert ThingHappenedV2.routing_key() == "thing_happened.v2"
    assert ThingHappened.routing_key() == "thing_happened"
    event_id = new_event_id()
    body = json.loads(encode(ThingHappenedV2(event_id), event_id, clock.now()))
    assert body["dataschema"] == "urn:samtal:sample.thing_happened.v2"


@pytest.mark.parametrize(
    ("hint", "said"),
    [
        (str, "must say what it may hold"),
        (int, "must say what it may hold"),
        (list[str], "must say what it may hold"),
        (bytes, "of a kind that"),
        (list[UUID | None], "cannot be None"),
    ],
)
def test_a_field_that_says_too_little_is_refused(hint: Any, said: str) -> None:
    @dataclass(frozen=True)
    class Loose(SampleFact, subject="loose/{x}"):
        """Says too little."""

        x: UUID

    Loose.__annotations__["x"] = hint
    with pytest.raises(TypeError, match=said):
        schema.of(Loose)
