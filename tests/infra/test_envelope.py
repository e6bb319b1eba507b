"""An envelope is read quickly, and refused where the plain way refuses it."""

from typing import Any
from uuid import UUID

import orjson
from hypothesis import example, given
from hypothesis import strategies as st
from marshmallow import ValidationError

from bench.validation import plain_decode
from infra.errors import Unreadable
from infra.event import decode
from infra.fields import Id
from infra.identity import id_of
from tests.infra.values import TEXTS, VALUES

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
