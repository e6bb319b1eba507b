"""Rights: each route needs its scope, and acts in the subtree of the token's unit alone.

The routes and their scopes are read from the OpenAPI documents.
"""

import pytest
import requests

from infra.auth import SCOPES
from infra.config import SERVICES
from tests.contract.api import Api, Operation
from tests.contract.given import Given

OPEN = {
    "/",
    "/health/live",
    "/health/ready",
    "/prometheus",
    "/openapi.json",
    "/docs",
    "/docs/{name}",
    "/web/{name}",
}
"""What needs no token."""

BY_A_TOKEN_OF_ITS_OWN = {"/panel/answers"}
"""What needs none of ours: the body has one from an invitation."""

FROM_ANY_UNIT = {
    "GET /units",
    "GET /units/{code}",
    "GET /vocabulary",
    "GET /activity-kinds",
    "GET /topics",
    "GET /goals",
    "GET /goals/{key}",
    "GET /goals/{key}/breakdown",
    "GET /goals/{key}/comparison",
    "GET /goals/{key}/series",
    "GET /targets",
    "GET /weak-units",
    "GET /freshness",
}
"""What tells of no person and no report, but of units, words and goals."""

FROM_THE_ROOT = {
    "GET /events",
    "GET /rebuild",
    "POST /rebuild",
    "POST /units/editions",
    "POST /vocabulary",
    "POST /activity-kinds",
    "POST /topics",
    "GET /panel/waves",
    "POST /panel/waves",
    "GET /panel/waves/{wave_id}",
    "POST /panel/waves/{wave_id}/invitations",
    "POST /panel/waves/{wave_id}/close",
    "GET /dead-letters",
    "GET /dead-letters/{letter_id}",
    "POST /dead-letters/retry",
    "POST /dead-letters/discard",
}
"""What is of the whole organisation."""

ELSEWHERE = ("stockholms-lan", "1281", "nowhere", "se", "")
"""Units that the facts of these tests are not in, and some that are no units."""


def place(op: Operation) -> str:
    """The method and the address, without the service."""
    return f"{op.method} {op.path}"


def good(given: Given, op: Operation, token: str) -> requests.Response:
    """A request that is right in everything but, perhaps, its token."""
    body = None if op.body is None else given.body(op)
    return given.api.send(op, given.path_values(op), body, given.query(op), token)


def refused(answer: requests.Response) -> bool:
    """Whether it was refused for want of rights; in a batch, whether each item was."""
    if answer.status_code != 200 or "rejected" not in answer.json():
        return answer.status_code == 403 and "errors" not in answer.json()
    results = answer.json()["results"]
    return bool(results) and all(set(r.get("errors", {})) == {"unit"} for r in results)


def test_only_what_tells_nothing_needs_no_token(given: Given, api: Api) -> None:
    assert {op.path for op in api.operations if op.scope is None} == OPEN | BY_A_TOKEN_OF_ITS_OWN
    for op in api.operations:
        answer = api.send(op, given.path_values(op), token="")
        taken = 200 if op.path in OPEN else 422
        assert answer.status_code == (taken if op.scope is None else 401), str(op)
        assert op.scope is None or answer.headers["WWW-Authenticate"] == "Bearer"


def test_every_scope_is_one_of_the_contract(api: Api) -> None:
    assert {op.scope for op in api.operations} - {None} <= set(SCOPES)


def test_a_token_with_every_other_scope_is_refused(given: Given, api: Api) -> None:
    for op in api.operations:
        if op.scope is not None:
            others = " ".join(scope for scope in SCOPES if scope != op.scope)
            assert refused(good(given, op, api.token(others))), str(op)
            assert refused(good(given, op, api.token(f"{op.scope}x {op.scope.upper()}"))), str(op)


def test_the_scope_is_looked_at_before_the_body(given: Given, api: Api) -> None:
    for op in api.operations:
        if op.body is not None and op.scope is not None:
            answer = api.send(op, given.path_values(op), ["nonsense"], token=api.token("other"))
            assert answer.status_code == 403, str(op)


@pytest.mark.parametrize("service", SERVICES)
def test_a_token_for_another_part_of_the_organisation_is_refused(
    given: Given, api: Api, service: str
) -> None:
    acting = [op for op in api.of(service) if op.scope and place(op) not in FROM_ANY_UNIT]
    for op in acting:
        for unit in ELSEWHERE:
            assert refused(good(given, op, api.token(op.scope, unit))), f"{op} from {unit}"


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_of_the_whole_organisation_is_refused_to_its_parts(
    given: Given, api: Api, service: str
) -> None:
    for op in api.of(service):
        if op.scope and place(op) in FROM_THE_ROOT:
            for unit in ("skane", "1280", given.home):
                assert refused(good(given, op, api.token(op.scope, unit))), f"{op} from {unit}"


@pytest.mark.parametrize("service", SERVICES)
def test_a_token_for_a_unit_above_may_do_what_is_done_there(
    given: Given, api: Api, service: str
) -> None:
    for op in api.of(service):
        if op.scope and place(op) not in FROM_THE_ROOT:
            answer = good(given, op, api.token(op.scope, "skane"))
            assert answer.status_code in (200, 201), f"{op}: {answer.text}"
            # What is no JSON is no batch.
            of_a_batch = "json" in answer.headers["Content-Type"] and answer.json()
            assert not of_a_batch or of_a_batch.get("rejected", 0) == 0, f"{op}: {answer.text}"


def test_units_and_goals_are_read_from_any_unit(given: Given, api: Api) -> None:
    for op in api.operations:
        if place(op) in FROM_ANY_UNIT:
            answer = good(given, op, api.token(str(op.scope), "stockholms-lan"))
            assert answer.status_code == 200, str(op)


def test_a_list_shows_a_part_of_the_organisation_that_part_alone(given: Given, api: Api) -> None:
    lists = [op for op in api.operations if "unit" in op.query and place(op) not in FROM_ANY_UNIT]
    assert lists
    for op in lists:
        token, path = api.token(str(op.scope), "1280"), given.path_values(op)
        assert refused(api.send(op, path, query={"unit": "skane"}, token=token)), str(op)
        assert refused(api.send(op, path, token=token)), f"{op} without a unit is for the whole"
        assert api.send(op, path, query={"unit": "1280"}, token=token).status_code == 200, str(op)


def test_nothing_is_moved_out_of_the_part_or_into_it(given: Given, api: Api) -> None:
    token = api.token("membership:write", "1280")
    member, unit = given.member(), given.unit()
    for path, method, body in (
        (f"/members/{member}/transfer", "POST", {"unit": "1281", "on": "2026-11-01"}),
        (f"/units/{unit}", "PATCH", {"on": "2026-11-01", "parent": "1281"}),
        ("/units/1281", "PATCH", {"on": "2026-11-01", "parent": "skane", "name": "Lund"}),
    ):
        answer = api.system.call(method, "membership", path, body, token)
        assert refused(answer), f"{path}: {answer.text}"
    assert api.system.call("GET", "membership", f"/units/{unit}").json()["parent"] == "1280"
