"""Quick schemas and quick envelopes say what the plain ones say, of good and of bad."""

from datetime import date
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate, validates

from bench.validation import plain_decode
from infra.errors import Unreadable
from infra.event import decode
from infra.fields import Code, Count, Data, Day, Flag, Id, Moment, Text, UnitData, Word
from infra.identity import id_of
from infra.validation import Quick, quick
from services.metrics import schemas as metrics
from services.training import schemas as training


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
    none_in_list = fields.List(Word("x", allow_none=True), load_default=None)


SCHEMAS = (
    Everything,
    UnitData,
    metrics.JoinedData,
    metrics.LeftData,
    metrics.TransferredData,
    metrics.ConversationData,
    metrics.ObligationData,
    training.JoinedData,
    training.LeftData,
)
UUIDS = st.uuids().map(str)
TEXTS = st.one_of(
    st.text(max_size=6),
    st.text(alphabet="abAB01-_ \x00\n\ud800é٣", max_size=66),
    st.sampled_from(["a", "b", "x", "SE", "1280", "1280-ssu", "-a", "a-", "party", "digital"]),
    st.dates().map(str),
    st.sampled_from(["2026-02-30", "2026-W05-1", "20260501", "2026-05-01\n", "٢٠٢٦-٠٥-٠١"]),
    UUIDS,
    UUIDS.map(str.upper),
    UUIDS.map(lambda text: text.replace("-", "")),
    UUIDS.map(lambda text: f"{{{text}}}"),
    UUIDS.map(lambda text: text[:-2] + " 0"),
    UUIDS.map(lambda text: text[:-1] + "\n"),
    UUIDS.map(lambda text: text.replace("-", " ")),
)
VALUES = st.recursive(
    st.one_of(
        TEXTS,
        st.none(),
        st.booleans(),
        st.integers(-2, 501),
        st.integers(2**53 - 2, 2**53 + 1),
        st.floats(allow_nan=False),
        st.binary(max_size=4),
        TEXTS.map(type("Own", (str,), {})),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
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
    assert fast._load(orjson.loads(orjson.dumps(data))) == loaded


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


ENVELOPE = {
    "id": "019ac0de-5a2b-7c3d-8e4f-a0b1c2d3e4f5",
    "source": "/campaign",
    "type": "campaign.conversation_logged.v1",
    "time": "2026-05-01T16:20:31.482913Z",
    "data": {"count": 3},
    "position": 4711,
    "epoch": "0b9f7f0e-6a54-4d0e-9a51-5f0a6d0c7f11",
}
JSON = VALUES.filter(lambda value: type(value) is not bytes)


def decoded(read: Any, body: bytes) -> Any:
    """The event, or why there is none."""
    try:
        event = read(body)
    except Unreadable as error:
        return type(error.__cause__)
    return event, event.body, event.id.int, event.id.is_safe, hash(event.id)


@given(
    changed=st.dictionaries(st.sampled_from([*ENVELOPE, "causationid"]), JSON, max_size=2),
    left_out=st.sets(st.sampled_from(list(ENVELOPE)), max_size=1),
)
@example({"id": ENVELOPE["id"].replace("-", "")}, set())
@example({"id": "urn:uuid:" + ENVELOPE["id"]}, set())
@example({"position": True}, set())
@example({"position": 2**53}, set())
def test_an_envelope_is_refused_if_the_plain_way_refuses_it(
    changed: dict[str, Any], left_out: set[str]
) -> None:
    envelope = {key: v for key, v in {**ENVELOPE, **changed}.items() if key not in left_out}
    try:
        body = orjson.dumps(envelope)
    except TypeError:
        return
    assert decoded(decode, body) == decoded(plain_decode, body)


@given(st.binary())
def test_any_bytes_are_refused_as_the_plain_way_refuses_them(body: bytes) -> None:
    assert decoded(decode, body) == decoded(plain_decode, body)


@given(TEXTS)
def test_an_id_is_read_in_its_usual_form_only(text: str) -> None:
    try:
        found = id_of(text)
    except ValueError:
        assert not is_an_id(text)
    else:
        assert found == UUID(text) == Id().deserialize(text)
        assert repr(found) == repr(UUID(text))


def is_an_id(text: str) -> bool:
    """Whether the field takes the text."""
    try:
        Id().deserialize(text)
    except ValidationError:
        return False
    return True
