"""A quick schema says what the schema says, of good and of bad."""

from datetime import date
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate, validates

from infra.fields import Code, Count, Data, Day, Flag, Id, Moment, Text, UnitData, Word
from infra.validation import Quick, quick
from services.metrics.schemas import heard as metrics
from services.training.schemas import people as training
from tests.infra.values import UUIDS, VALUES


class Inner(Data):
    """What is inside another."""

    on = Day(required=True)
    open = Flag(load_default=None)


class Everything(Data):
    """Every kind of field, in every manner."""

    id = Id(required=True)
    unit = Code(required=True)
    on = Day(date(2015, 1, 1), required=True)
    count = Count(1, 500, required=True)
    open = Flag(required=True)
    source = Text(2, 5, required=True)
    kind = Word("a", "b", required=True)
    listed = fields.List(Day(), load_default=list)
    sent = Text(data_key="from", load_default=None)
    none_too = Code(allow_none=True)
    never_none = Flag(load_default=False)
    maybe = Id()
    inner = fields.Nested(Inner, load_default=None)
    inners = fields.List(fields.Nested(Inner), load_default=list)
    none_in_list = fields.List(Word("x", allow_none=True), load_default=None)


SCHEMAS = (
    Everything,
    UnitData,
    metrics.JoinedData,
    metrics.LeftData,
    metrics.TransferredData,
    metrics.MergedData,
    metrics.ConversationData,
    metrics.ObligationData,
    training.JoinedData,
    training.LeftData,
    training.MergedData,
)
GOOD: dict[type, st.SearchStrategy[Any]] = {
    Code: st.sampled_from(["SE", "1280", "1280-rosengard", "a" * 64]),
    Count: st.integers(1, 500),
    Day: st.dates(date(2014, 12, 30)).map(str),
    Flag: st.booleans(),
    Id: UUIDS,
    Text: st.text(min_size=1, max_size=40),
}


def good(field: Any) -> st.SearchStrategy[Any]:
    """Mostly values that the field takes."""
    if isinstance(field, Word):
        return st.sampled_from(list(field.validators[0].choices))
    if isinstance(field, fields.List):
        return st.lists(good(field.inner), max_size=3)
    if isinstance(field, fields.Nested):
        return data_for(type(field.schema))
    return GOOD[type(field)]


def data_for(schema: type[Schema]) -> st.SearchStrategy[Any]:
    """Data for a schema: what it takes, with something left out or spoilt, or anything at all."""
    known = {f.data_key or name: f for name, f in schema().load_fields.items()}
    right = st.fixed_dictionaries(
        {key: good(field) for key, field in known.items() if field.required},
        optional={key: good(field) for key, field in known.items() if not field.required},
    )
    spoilt = st.dictionaries(st.sampled_from([*known, "unknown"]), VALUES, max_size=2)
    whole = st.tuples(right, spoilt).map(lambda both: {**both[0], **both[1]})
    less = st.tuples(whole, st.sets(st.sampled_from(list(known)), max_size=1)).map(
        lambda both: {key: value for key, value in both[0].items() if key not in both[1]}
    )
    return st.one_of(right, whole, less, VALUES)


def outcome(load: Any, data: Any) -> Any:
    """What comes of loading: the result with its types, or the messages."""
    try:
        found = load(data)
    except ValidationError as error:
        return error.normalized_messages()
    return {name: (value, type(value)) for name, value in found.items()}


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda each: f"{each.__module__}.{each.__name__}")
@given(source=st.data())
def test_a_quick_schema_loads_what_the_schema_loads(
    schema: type[Schema], source: st.DataObject
) -> None:
    data = source.draw(data_for(schema))
    plain, fast = schema(), quick(schema())
    assert isinstance(fast, Quick)
    assert outcome(fast.load, data) == outcome(plain.load, data)


@given(data=data_for(Everything).filter(lambda data: type(data) is dict))
def test_what_is_right_never_reaches_the_schema(data: dict[str, Any]) -> None:
    fast = quick(Everything())
    assert isinstance(fast, Quick)
    try:
        loaded = Everything().load(orjson.loads(orjson.dumps(data)))
    except (ValidationError, TypeError):
        return
    assert fast.read(orjson.loads(orjson.dumps(data))) == loaded


class Hooked(Data):
    """Does something of its own afterwards."""

    count = Count()

    @post_load
    def doubled(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {"count": data["count"] * 2}


class Checked(Data):
    """Checks something of its own."""

    count = Count()

    @validates("count")
    def not_seven(self, value: int, **_: Any) -> None:
        if value == 7:
            raise ValidationError("Seven.")


class Own(Text):
    """A text of its own kind."""


UNKNOWN = {
    "another class": {"x": Own()},
    "another field": {"x": Moment()},
    "one more check": {"x": Flag(validate=validate.Equal(True))},
    "another name": {"x": Flag(attribute="a.b")},
    "something before": {"x": Flag(pre_load=[bool])},
    "something after": {"x": Flag(post_load=[str])},
    "in a list": {"x": fields.List(Own())},
    "many inside": {"x": fields.Nested(Inner, many=True)},
    "others inside": {"x": fields.Nested(Inner, unknown=RAISE)},
    "inside": {"x": fields.Nested(Data.from_dict({"y": Own()}))},
    "a list's length": {"x": fields.List(Flag(), validate=validate.Length(max=1))},
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_schema_with_something_unknown_stays_as_it_is(name: str) -> None:
    schema = Data.from_dict(UNKNOWN[name])()
    assert quick(schema) is schema


@pytest.mark.parametrize(
    "schema",
    [Hooked(), Checked(), Everything(many=True), Everything(partial=True), UnitData(unknown=RAISE)],
)
def test_a_schema_that_does_more_stays_as_it_is(schema: Schema) -> None:
    assert quick(schema) is schema
