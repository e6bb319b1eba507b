"""What the services read of each other's events is what the others publish."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

import orjson
import pytest
from jsonschema import Draft202012Validator, FormatChecker

from infra.event import Event, Fact, decode
from infra.fields import Code, Count, Data, Day, Flag, Id, Moment, Text, Word
from infra.service import subscribe
from infra.shape import ADDED, UnitCode, between, characters, words
from samtal.catalogue import facts
from samtal.published import schema
from samtal.published.samples import bodies
from samtal.published.subscriptions import Subscribed, of_class, subscriptions
from tests.contract.consumers import wrong

FACTS = {fact.type(): fact for fact in facts()}
SUBSCRIPTIONS = subscriptions()


def checker(document: schema.Schema) -> Draft202012Validator:
    """Checks formats too."""
    Draft202012Validator.check_schema(document)
    return Draft202012Validator(document, format_checker=FormatChecker())


@pytest.mark.parametrize(
    "subscribed", SUBSCRIPTIONS, ids=lambda each: f"{each.service}-{each.event_type}"
)
def test_a_service_reads_what_the_others_publish(subscribed: Subscribed) -> None:
    assert list(wrong(subscribed, FACTS)) == []


def test_every_subscription_of_every_service_is_found() -> None:
    found = {(each.service, each.event_type.split(".")[1]) for each in SUBSCRIPTIONS}
    assert {service for service, _ in found} == {"membership", "campaign", "training", "metrics"}
    assert {name for service, name in found if service == "training"} == {
        "member_joined",
        "member_left",
        "member_transferred",
        "member_merged",
        "assignment_started",
        "assignment_ended",
        "member_erased",
        "unit_registered",
        "unit_changed",
    }
    assert ("metrics", "obligation_cancelled") in found
    assert ("membership", "obligation_met") in found


@pytest.mark.parametrize("fact", FACTS.values(), ids=FACTS)
def test_samples_fit_the_schemas_and_each_field_is_there_and_left_out(fact: type[Fact]) -> None:
    document = schema.of(fact)
    samples = list(bodies(fact))
    for body in samples:
        whole = orjson.loads(body)
        checker(schema.envelope()).validate(whole)
        checker(document).validate(whole["data"])
        assert decode(body).type == fact.type()
    seen = [set(orjson.loads(body)["data"]) for body in samples]
    assert set.union(*seen) == set(document["properties"])
    assert set.intersection(*seen) == set(document["required"])


class SampleFact(Fact, source="sample"):
    """Anything that happened in the made-up service."""


@dataclass(frozen=True)
class ThingHappened(SampleFact, subject="thing/{thing_id}"):
    """Something happened."""

    thing_id: UUID
    unit: UnitCode
    kind: Annotated[str, words(("good", "bad"))]
    count: Annotated[int, between(0, 9)]
    on: date
    note: Annotated[str, characters(1, 80)] | None
    later: Annotated[bool, ADDED]


def subscribed(**fields: object) -> Subscribed:
    """Somebody who reads these fields of it."""
    return Subscribed("some", "hear", ThingHappened.type(), Data.from_dict(fields))


def test_a_consumer_that_reads_what_there_is_has_no_fault() -> None:
    reads = subscribed(
        thing_id=Id(required=True),
        place=Code(required=True, data_key="unit"),
        kind=Text(high=40, required=True),
        count=Count(required=True),
        note=Text(load_default=None),
        later=Flag(load_default=None),
    )
    assert list(wrong(reads, {ThingHappened.type(): ThingHappened})) == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"color": Text(load_default=None)}, "color is not in the event"),
        ({"unit": Code(data_key="branch", required=True)}, "branch is not in the event"),
        ({"note": Text(required=True)}, "note is required, but may be left out"),
        ({"later": Text(required=True)}, "later is required, but may be left out"),
        ({"note": Text(high=80)}, "note may be left out, and has no load_default"),
        ({"unit": Id(required=True)}, "Not a valid UUID"),
        ({"on": Count(required=True)}, "Not a whole number"),
        ({"on": Day(date(2000, 1, 1), required=True)}, "Before 2000-01-01"),
        ({"count": Count(1, required=True)}, "Must be greater than or equal to 1"),
        ({"count": Count(0, 8, required=True)}, "Must be greater than or equal to 0 and less"),
        ({"kind": Word("good", required=True)}, "Must be one of: good"),
        ({"kind": Text(high=3, required=True)}, "Length must be between 1 and 3"),
        ({"note": Text(high=40, load_default=None)}, "Length must be between 1 and 40"),
        ({"on": Moment(load_default=None)}, "knows no quick way"),
    ],
)
def test_a_consumer_that_reads_something_else_is_found(
    fields: dict[str, object], said: str
) -> None:
    found = list(wrong(subscribed(**fields), {ThingHappened.type(): ThingHappened}))
    assert any(said in sentence for sentence in found), found


def test_a_consumer_of_what_nobody_publishes_is_found() -> None:
    class Listener:
        """Subscribes to a version that there is not."""

        name = "listener"

        @subscribe("sample.thing_happened.v2", Data)
        def hear(self, session: object, events: list[Event]) -> None:
            """Never called."""

    (one,) = of_class(Listener)
    assert list(wrong(one, {ThingHappened.type(): ThingHappened})) == [
        "listener.hear subscribes to sample.thing_happened.v2, which nobody publishes"
    ]
