"""Answers are what the OpenAPI documents say, and what is sent again is answered alike."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import requests
from jsonschema import Draft202012Validator, FormatChecker

from infra.config import SERVICES
from tests.contract.api import WHY, Api, Operation
from tests.contract.conftest import Unchanged
from tests.contract.given import NOT_THERE, RECENT, TODAY, Given

FORMATS = FormatChecker(formats=("date", "uuid"))
INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z")

OTHERS: dict[str, dict[str, Any]] = {
    "membership POST /units": {"name": "Ett annat"},
    "membership POST /vocabulary": {"label": "Ett annat ord"},
    "membership POST /members": {"name": "Någon annan"},
    "membership POST /prospects": {"source": "union"},
    "membership POST /prospects/{prospect_id}/asks": {"by": "v-2"},
    "membership POST /prospects/{prospect_id}/decline": {"declined_on": str(RECENT)},
    "membership POST /panel/waves": {"name": "Hösten"},
    "membership POST /units/{code}/commitments/{commitment}": {"fulfilled_on": str(TODAY)},
    "membership POST /follow-ups": {"text": "Något annat."},
    "membership POST /follow-ups/{follow_up_id}/end": {"ended_on": str(RECENT)},
    "campaign POST /campaigns": {"method": "listen"},
    "campaign POST /campaigns/{campaign_id}/end": {"ended_on": str(RECENT)},
    "campaign POST /conversations": {"count": 4},
    "campaign POST /consultations": {"question": "Vad är minst viktigt?"},
    "campaign POST /consultations/{consultation_id}/answers": {"option": 1},
    "campaign POST /policy-inputs": {"text": "Större klasser."},
    "campaign POST /policy-inputs/{input_id}/answer": {"text": "Ett annat svar."},
    "campaign POST /activity-kinds": {"label": "Ett annat slag"},
    "campaign POST /activities": {"title": "En annan"},
    "campaign POST /templates": {"title": "En annan"},
    "campaign POST /templates/{template_id}/versions": {"title": "En annan"},
    "campaign POST /wheels": {"title": "Ett annat"},
    "campaign POST /wheels/{wheel_id}/entries": {"title": "En annan"},
    "campaign POST /wheels/{wheel_id}/next": {"years": 2},
    "campaign POST /activities/{activity_id}/signups": {"remote": True},
    "campaign POST /activities/{activity_id}/cancel": {"reason": "other"},
    "campaign POST /activities/{activity_id}/evaluation": {"grade": 2},
    "campaign POST /areas": {"name": "Ett annat"},
    "campaign POST /areas/{area_id}/assignments": {"assignee": "v-2"},
    "campaign POST /areas/hand-out": {"mode": "tally"},
    "campaign POST /areas/{area_id}/release": {"reason": "unfinished"},
    "campaign POST /areas/{area_id}/rounds": {"round": 5},
    "campaign POST /visits": {"outcome": "declined"},
    "campaign POST /areas/{area_id}/tallies": {"declined": 2},
    "campaign POST /workplaces": {"name": "En annan"},
    "training POST /offers": {"via": "brev"},
    "training POST /courses": {"title": "En annan"},
    "training POST /sessions": {"capacity": 5},
    "training POST /sessions/{session_id}/reviews": {"grade": 2},
    "training POST /sessions/{session_id}/cancel": {"reason": "weather"},
    "training POST /sessions/{session_id}/completions": {
        "completed_on": str(TODAY - timedelta(days=1))
    },
    "membership POST /assignments": {"area": "Ett annat"},
    "membership POST /assignments/{assignment_id}/end": {"ended_on": str(RECENT)},
    "membership POST /mentorships": {"started_on": str(TODAY)},
    "membership POST /mentorships/{mentorship_id}/end": {"ended_on": str(RECENT)},
    "membership POST /tasks": {"title": "En annan"},
    "membership POST /members/{member_id}/leave": {"reason": "death"},
    "membership POST /members/{member_id}/transfer": {"on": str(RECENT)},
    "membership POST /members/{member_id}/rejoin": {"source": "union"},
    "membership POST /members/{member_id}/merge": {"into": str(uuid4())},
    "campaign POST /conversations/{conversation_id}/void": {"reason": "duplicate"},
    "campaign POST /conversations/{conversation_id}/correct": {"count": 4},
}
"""What makes the body of a create or of an action another one."""

REPEATABLE = {
    *(f"{name} POST /dead-letters/{verb}" for name in SERVICES for verb in ("retry", "discard")),
    "membership PATCH /units/{code}",
    "membership PATCH /members/{member_id}",
    "membership POST /members/{member_id}/erase",
    "membership POST /units/editions",
    "membership POST /panel/waves/{wave_id}/close",
    "membership POST /members/batch",
    "membership POST /duplicates/dismiss",
    "membership PUT /members/{member_id}/willingness",
    "campaign POST /conversations/batch",
    "campaign POST /policy-inputs/{input_id}/take-up",
    "campaign POST /conferences/{activity_id}/attendance",
    "campaign PATCH /activities/{activity_id}",
    "campaign POST /templates/{template_id}/share",
    "campaign POST /templates/{template_id}/reviews",
    "campaign POST /wheels/{wheel_id}/publish",
    "campaign POST /wheels/{wheel_id}/entries/{entry_id}/withdraw",
    "campaign PUT /wheels/{wheel_id}/entries/{entry_id}/adaptations/{unit}",
    "campaign POST /calendars/{calendar_id}/revoke",
    "campaign POST /activities/{activity_id}/signups/{signup_id}/cancel",
    "campaign POST /activities/{activity_id}/attendance",
    "campaign POST /topics",
    "campaign PATCH /areas/{area_id}",
    "campaign POST /visits/batch",
    "campaign POST /areas/{area_id}/households",
    "campaign PUT /campaigns/{campaign_id}/goals/{unit}",
    "training POST /offers/batch",
    "training POST /offers/unit",
    "training POST /offers/{offer_id}/withdraw",
    "training POST /obligations/open",
    "training PUT /courses/{course_id}/required",
    "training PATCH /sessions/{session_id}",
    "training POST /sessions/{session_id}/enrolments",
    "training POST /sessions/{session_id}/enrolments/{member_id}/withdraw",
    "metrics PUT /targets/{key}/{year}/{unit}",
    "metrics PUT /baselines/{key}",
}
"""What has no second body to refuse: the later one holds, or each item is answered for itself."""

IF_ASKED = {"personal"}
"""What is answered to those alone who say why."""

TOLD_ONCE = {
    "membership POST /panel/waves/{wave_id}/invitations",
    "membership POST /panel/answers",
    "campaign POST /units/{code}/calendar",
}
"""What hands tokens out and takes them in: neither is done alike a second time."""

ONE_AT_A_TIME = {"metrics POST /rebuild"}
"""What has an id and nothing else: another one is refused while the first is not done."""


@FORMATS.checks("date-time")
def is_instant(value: object) -> bool:
    """RFC 3339 in UTC, as all answers have it."""
    return not isinstance(value, str) or INSTANT.fullmatch(value) is not None


def check(op: Operation, answer: requests.Response) -> None:
    """The answer is one that the route says it gives, with every field that it names."""
    assert answer.status_code in op.answers, f"{op}: {answer.status_code} {answer.text}"
    schema = op.answers[answer.status_code]
    if schema is None:
        return
    assert answer.headers["Content-Type"] == "application/json"
    whole = {**schema, "components": {"schemas": op.components}}
    validator = Draft202012Validator(whole, format_checker=FORMATS)
    errors = [
        f"{error.json_path}: {error.message}" for error in validator.iter_errors(answer.json())
    ]
    assert not errors, f"{op}: {errors}"
    said = set(op.resolved(schema)["properties"])
    assert said - IF_ASKED <= set(answer.json()) <= said, str(op)


def ask(given: Given, op: Operation) -> requests.Response:
    """A good request."""
    body = None if op.body is None else given.body(op)
    return given.api.send(op, given.path_values(op), body, given.query(op))


@pytest.mark.parametrize("service", SERVICES)
def test_the_document_is_made_of_good_schemas(api: Api, service: str) -> None:
    for schema in api.documents[service]["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("service", SERVICES)
def test_every_field_that_can_be_sent_says_its_type(api: Api, service: str) -> None:
    for op in api.of(service):
        fields = op.resolved(op.body or {}).get("properties", {})
        for name, schema in {**fields, **op.query, **op.in_path}.items():
            assert op.resolved(schema).get("type"), f"{op}: {name}"


def test_who_says_why_is_answered_who_a_member_is_as_documented(given: Given, api: Api) -> None:
    for path in ("/members", "/members/{member_id}"):
        op = api.operation(f"membership GET {path}")
        why = {"X-Purpose": WHY}
        answer = api.send(op, given.path_values(op), query=given.query(op), more_headers=why)
        check(op, answer)
        assert "Åsa Öberg" in answer.text


@pytest.mark.parametrize("service", SERVICES)
def test_a_good_request_is_answered_as_documented(given: Given, api: Api, service: str) -> None:
    for op in api.of(service):
        answer = ask(given, op)
        if str(op) in NOT_THERE:
            assert answer.status_code == 404
        else:
            check(op, answer)


def test_a_list_is_answered_as_documented_to_its_last_item(given: Given, api: Api) -> None:
    lists = [op for op in api.operations if op.is_list and not op.in_path]
    assert lists
    for op in lists:
        query = {"limit": "500"} if "limit" in op.query else {}
        answer = api.send(op, query=query)
        check(op, answer)
        if op.path != "/dead-letters":
            assert answer.json()["items"], f"{op} has something to show"


def test_a_list_in_small_pages_is_the_list(given: Given, api: Api) -> None:
    for op in api.operations:
        if "cursor" not in op.query:
            continue
        query, path = {**given.query(op), "limit": "7"}, given.path_values(op)
        whole = api.send(op, path, query={**query, "limit": "500"}).json()["items"]
        pieces: list[Any] = []
        cursor: str | None = ""
        while cursor is not None and len(pieces) < len(whole):
            after = {"cursor": cursor} if cursor else {}
            page = api.send(op, path, query={**query, **after}).json()
            assert len(page["items"]) <= 7
            pieces += page["items"]
            cursor = page["next"]
        assert pieces[: len(whole)] == whole, str(op)


def test_every_create_and_action_is_either_compared_or_repeatable(api: Api) -> None:
    writing = {str(op) for op in api.operations if op.method != "GET"}
    assert writing == set(OTHERS) | REPEATABLE | TOLD_ONCE | ONE_AT_A_TIME


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_sent_again_is_answered_alike_and_another_body_is_a_conflict(
    given: Given, api: Api, name: str
) -> None:
    op = api.operation(name)
    path, body = given.path_values(op), given.body(op)
    first, again = api.send(op, path, body), api.send(op, path, body)
    assert first.status_code == (201 if 201 in op.answers else 200), first.text
    assert (again.status_code, again.json()) == (200, first.json())
    other = api.send(op, path, {**body, **OTHERS[name]})
    assert other.status_code == 409, other.text
    assert other.headers["Content-Type"] == "application/problem+json"
    assert api.send(op, path, body).json() == first.json()


@pytest.mark.parametrize("name", [name for name in sorted(REPEATABLE) if "batch" not in name])
def test_what_is_done_already_is_done_again_without_effect(
    given: Given, api: Api, name: str, unchanged: Unchanged
) -> None:
    op = api.operation(name)
    path, body = given.path_values(op), given.body(op)
    assert api.send(op, path, body).status_code == 200
    with unchanged():
        assert api.send(op, path, body).status_code == 200


@pytest.mark.parametrize("name", [name for name in OTHERS if "{" not in name])
def test_a_create_without_an_id_is_given_one(given: Given, api: Api, name: str) -> None:
    op = api.operation(name)
    body = {k: v for k, v in given.body(op).items() if k != "id"}
    if not {"code", "word"} & set(body):
        made = api.send(op, body=body)
        assert made.status_code == 201
        assert api.send(op, body={**body, "id": made.json()["id"]}).json() == made.json()
