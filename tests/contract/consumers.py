"""What is wrong with what a consumer says it reads, held against what is published."""

from collections.abc import Iterator, Mapping

from marshmallow import Schema, ValidationError, missing

from infra.event import Fact, decode
from infra.validation import Quick, quick
from samtal.published import schema
from samtal.published.samples import bodies
from samtal.published.subscriptions import Subscribed


def wrong(subscribed: Subscribed, facts: Mapping[str, type[Fact]]) -> Iterator[str]:
    """A sentence for each fault of one subscription."""
    who = f"{subscribed.service}.{subscribed.method}"
    fact = facts.get(subscribed.event_type)
    if fact is None:
        yield f"{who} subscribes to {subscribed.event_type}, which nobody publishes"
        return
    where = f"{who}, {subscribed.event_type}"
    reads = subscribed.reads()
    yield from (f"{where}: {each}" for each in _unmatched(reads, schema.of(fact)))
    if not isinstance(quick(reads), Quick):
        yield f"{where}: infra/validation.py knows no quick way to load {type(reads).__name__}"
    yield from (f"{where}: {each}" for each in _refused(reads, fact))


def _unmatched(reads: Schema, published: schema.Schema) -> Iterator[str]:
    for name, field in reads.load_fields.items():
        key = field.data_key or name
        always = key in published["required"]
        if key not in published["properties"]:
            yield f"{key} is not in the event"
        elif field.required and not always:
            yield f"{key} is required, but may be left out"
        elif not field.required and not always and field.load_default is missing:
            yield f"{key} may be left out, and has no load_default"


def _refused(reads: Schema, fact: type[Fact]) -> Iterator[str]:
    for body in bodies(fact):
        data = decode(body).data
        try:
            loaded = reads.load(data)
        except ValidationError as error:
            yield f"refuses {data}: {error}"
        else:
            assert quick(reads).load(data) == loaded
