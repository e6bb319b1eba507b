"""Bad input: every field of every route refuses what is wrong, by name, and nothing comes of it.

The routes, their fields and what each field may hold are read from the OpenAPI documents.
"""

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
import requests

from infra.config import SERVICES
from tests.contract.api import Api, Operation
from tests.contract.conftest import Unchanged
from tests.contract.given import BODIES, IN_PATHS, Given
from tests.contract.wrong import MARK, Spoiled, spoiled, wrong_query

CURSORS = (
    "[]",
    "{}",
    "null",
    "7",
    '"text"',
    "[null]",
    "[null,null]",
    '["2026-01-01",5]',
    '["2026-01-01",[]]',
    '[5,"2026-01-01"]',
    '["2026-01-01","x"]',
    '["2026-01-01","x","y"]',
    '["2026-02-30","00000000-0000-0000-0000-000000000000"]',
    '["a\\u0000"]',
    '["a\\u0000","b\\u0000"]',
    "[[[[]]]]",
    "[1e400]",
)
IN_QUERY = {"unit": "1280", "parent": "skane", "cursor": "x", "campaign_id": str(uuid4())}
NO_UUID = ("x", "%00", "%ff", "..", "{}", "0" * 32, "1" * 5000, f"{uuid4()}%0a", f"{{{uuid4()}}}")
NO_CODE = (
    "nowhere",
    "%00",
    "1280%00",
    "1280%0a",
    "%ff",
    "%ed%a0%80",
    "a%20b",
    "..%2F..%2Fetc",
    "%27%3B--",
    "%3Cscript%3E",
    "x" * 5000,
)
NO_YEAR = ("1899", "3000", "0", "-1", "abc", "1.5", "1e3", "%D9%A1%D9%A2", "9" * 40, "9" * 5000)
OF_THE_PAST = {"metrics PUT /baselines/{key}"}
"""What may be said of a closed unit too."""

HOSTILE = {
    "code": NO_CODE,
    "unit": NO_CODE,
    "key": ("nothing", *NO_CODE),
    "name": NO_CODE,
    "year": NO_YEAR,
}


def problem_of(answer: requests.Response, statuses: tuple[int, ...]) -> str:
    """What is wrong with a refusal, apart from what it names; nothing, if all is well."""
    if answer.status_code not in statuses:
        return f"{answer.status_code} {answer.text[:200]}"
    if answer.headers["Content-Type"] != "application/problem+json":
        return f"is {answer.headers['Content-Type']}"
    found = answer.json()
    if found["status"] != answer.status_code or not found["title"]:
        return f"is no whole problem: {answer.text[:200]}"
    return ""


def fault(answer: requests.Response, wrong: Spoiled) -> str:
    """What is wrong with the answer to a spoiled body; nothing, if all is well."""
    found = problem_of(answer, (422,))
    if found:
        return found
    names = answer.json().get("errors", {})
    if not any(name == wrong.field or name.startswith(f"{wrong.field}.") for name in names):
        return f"names {list(names)[:3]}"
    if any(mark in answer.text for mark in wrong.marks):
        return f"repeats what was sent: {answer.text[:200]}"
    return ""


def told(faults: list[tuple[str, str]]) -> str:
    """The faults, a line each, for a failed test to show."""
    return "\n".join(f"{what}: {why}" for what, why in faults[:40]) + f"\n{len(faults)} in all"


def test_every_route_has_a_good_request_here(api: Api) -> None:
    bodies = {str(op) for op in api.operations if op.body is not None}
    assert bodies == set(BODIES), "BODIES has a good body for each route, and no other."
    named = {name for op in api.operations for name in op.in_path}
    assert named == set(IN_PATHS), "IN_PATHS has a value for each name in an address, and no other."


@pytest.mark.parametrize("service", SERVICES)
def test_every_field_of_every_body_refuses_what_is_wrong(
    given: Given, api: Api, service: str, unchanged: Unchanged
) -> None:
    bodies = [
        (op, given.path_values(op), given.body(op)) for op in api.of(service) if op.body is not None
    ]
    faults, sent = [], 0
    with unchanged():
        for op, path, good in bodies:
            for wrong in spoiled(op, good, "" if str(op) in OF_THE_PAST else given.closed):
                sent += 1
                why = fault(api.send(op, path, wrong.body), wrong)
                if why:
                    faults.append((f"{op} {wrong.field}={str(wrong.value)[:60]!a}", why))
        assert not faults, told(faults)
    assert sent > 50


@pytest.mark.parametrize("service", SERVICES)
def test_every_parameter_of_every_query_refuses_what_is_wrong(
    given: Given, api: Api, service: str, unchanged: Unchanged
) -> None:
    asked = [(op, given.path_values(op)) for op in api.of(service) if op.query]
    faults = []
    with unchanged():
        for op, path in asked:
            for name, query in wrong_queries(op):
                answer = api.send(op, path, query=query)
                why = problem_of(answer, (422,))
                if not why and name not in answer.json().get("errors", {}):
                    why = f"names {list(answer.json().get('errors', {}))}"
                if not why and MARK in answer.text:
                    why = f"repeats what was sent: {answer.text[:200]}"
                if why:
                    faults.append((f"{op}?{query[:80]!a}", why))
        assert not faults, told(faults)
    assert asked


@pytest.mark.parametrize("service", SERVICES)
def test_every_part_of_every_address_refuses_what_is_wrong(
    given: Given, api: Api, service: str, unchanged: Unchanged
) -> None:
    asked = [
        (op, given.path_values(op), None if op.body is None else given.body(op))
        for op in api.of(service)
        if op.in_path
    ]
    faults = []
    with unchanged():
        for op, good, body in asked:
            for name in op.in_path:
                for value in HOSTILE.get(name, NO_UUID):
                    # Quoted already: what is no UTF-8 could not be said otherwise.
                    why = problem_of(sent_raw(api, op, {**good, name: value}, body), (404, 422))
                    if why:
                        faults.append((f"{op} {name}={value[:60]!a}", why))
        assert not faults, told(faults)
    assert asked


def wrong_queries(op: Operation) -> Iterator[tuple[str, str]]:
    """Query strings with one parameter wrong, and the name by which a problem must call it."""
    for name, schema in op.query.items():
        good = IN_QUERY.get(name) or str((schema.get("enum") or ["1"])[0])
        values = [quote(value, safe="") for value in wrong_query(schema, good)]
        if name == "cursor":
            values += [urlsafe_b64encode(text.encode()).decode() for text in CURSORS]
            values += [f"{MARK}cursor", "%C3%A5", "%ff", "A"]
        yield from ((name, f"{name}={value}") for value in (*values, "%ff", "%ed%a0%80"))
        yield name, f"{name}={good}&{name}={good}"
    yield "x", "x=1"
    yield "(unknown)", f"{MARK}anna%40example.se=1"
    yield "(unknown)", f"{MARK}anna%40example.se=1&{MARK}anna%40example.se=2"
    yield "(unknown)", "%00=1"
    yield "(unknown)", f"{MARK * 500}=1"


def sent_raw(api: Api, op: Operation, path: dict[str, str], body: Any) -> requests.Response:
    """One request whose address is sent as it is: no library tidies it up."""
    request = requests.Request(
        op.method,
        api.system.url(op.service),
        json=body,
        headers={"Authorization": f"Bearer {api.token()}", **op.said()},
    )
    session = api.system.running[op.service].http
    prepared = session.prepare_request(request)
    prepared.url = api.system.url(op.service) + op.path.format_map(path)
    return session.send(prepared, timeout=30)
