"""The common face of all services, in both modes."""

import gzip
import socket
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import jwt
import pytest
import requests

from infra.config import SERVICES
from tests.conftest import System
from tests.process import TOKEN_KEY

REPORT = {"unit": "1280", "arena": "door", "held_on": "2026-05-04"}


def post(system: System, body: bytes | Iterator[bytes], **headers: str) -> requests.Response:
    url = system.url("campaign") + "/conversations"
    given = {"Authorization": f"Bearer {system.token()}", "Content-Type": "application/json"}
    return requests.post(url, data=body, headers={**given, **headers}, timeout=30)


def problem(answer: requests.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    assert found["status"] == status
    assert found["title"]
    return found


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize(
    "path", ["/health/live", "/health/ready", "/prometheus", "/openapi.json", "/docs"]
)
def test_the_common_routes_need_no_token(system: System, service: str, path: str) -> None:
    assert requests.get(system.url(service) + path, timeout=30).status_code == 200


@pytest.mark.parametrize("service", SERVICES)
def test_the_page_of_the_documentation_is_whole(system: System, service: str) -> None:
    page = requests.get(system.url(service) + "/docs", timeout=30).text
    for name in ("swagger-ui.css", "swagger-ui-bundle.js"):
        assert f'"docs/{name}"' in page
        assert requests.get(f"{system.url(service)}/docs/{name}", timeout=30).status_code == 200
    problem(requests.get(f"{system.url(service)}/docs/../secrets.json", timeout=30), 404)


def test_a_long_answer_is_not_held_back_until_its_beginning_is_acknowledged(
    embedded: System,
) -> None:
    url, times = embedded.url("membership") + "/openapi.json", []
    with requests.Session() as session:
        for _ in range(60):
            began = time.perf_counter()
            answer = session.get(url, timeout=30)
            times.append(time.perf_counter() - began)

    assert len(answer.content) > 20_000
    # A client acknowledges at once when it is new, and later only after 40 ms.
    assert min(times[30:]) < 0.035


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"{", {}),
        (b"not json", {}),
        (b'{"unit": NaN}', {}),
        (b'{"unit": "\\u00e5", "count": NaN}', {}),
        (b"\xff\xfe{}", {}),
        (b"[" * 10_000 + b"]" * 10_000, {}),
        (b'{"a":' * 10_000 + b'"\\u00e5"' + b"}" * 10_000, {}),
    ],
)
def test_what_is_not_json_is_400(system: System, body: bytes, headers: dict[str, str]) -> None:
    problem(post(system, body, **headers), 400)


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"5", b"null", b"true"])
def test_json_that_is_no_object_is_422(system: System, body: bytes) -> None:
    assert problem(post(system, body), 422)["errors"] == {"body": ["Invalid input type."]}


def test_a_body_of_50_megabytes_is_413_and_the_service_goes_on(system: System) -> None:
    problem(post(system, b" " * 50_000_000), 413)
    assert post(system, b"{}").status_code == 422


def test_a_chunked_body_without_end_is_413(system: System) -> None:
    problem(post(system, (b" " * 100_000 for _ in range(60))), 413)


def test_another_content_type_or_a_compressed_body_is_415(system: System) -> None:
    problem(post(system, b"<a/>", **{"Content-Type": "application/xml"}), 415)
    problem(post(system, gzip.compress(b"{}"), **{"Content-Encoding": "gzip"}), 415)


def test_unknown_addresses_are_404_and_other_methods_405(system: System) -> None:
    problem(system.call("GET", "campaign", "/nothing"), 404)
    problem(system.call("DELETE", "campaign", "/conversations"), 405)
    problem(system.call("POST", "campaign", "/conversations/not-a-uuid/void", {}), 404)


def test_a_request_that_is_no_http_does_not_disturb_the_others(system: System) -> None:
    address = system.url("campaign").removeprefix("http://").split(":")
    with socket.create_connection((address[0], int(address[1])), timeout=5) as connection:
        connection.sendall(b"\x00\x01\x02 nonsense\r\n\r\n")
    assert post(system, b"{}").status_code == 422


def claims(**changes: Any) -> str:
    given = {
        "aud": "samtal",
        "exp": 4_000_000_000,
        "sub": "x",
        "scope": "campaign:write",
        "unit": "SE",
        **changes,
    }
    return jwt.encode({k: v for k, v in given.items() if v is not None}, TOKEN_KEY, "HS256")


@pytest.mark.parametrize(
    "token",
    [
        None,
        "",
        "x.y.z",
        jwt.encode({"aud": "samtal", "exp": 4_000_000_000}, "another key of at least 32 bytes!!"),
        claims(exp=1_000_000_000),
        claims(aud="another"),
        claims(sub=None),
        claims(exp=None),
        claims(unit=None),
        claims(scope=5),
        claims(unit=["SE"]),
        jwt.encode({"aud": "samtal"}, None, "none"),
    ],
)
def test_a_missing_forged_expired_or_foreign_token_is_401(
    system: System, token: str | None
) -> None:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    url = system.url("campaign") + "/conversations"
    answer = requests.post(url, json=REPORT, headers=headers, timeout=30)
    problem(answer, 401)
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_token_without_the_scope_or_for_another_unit_is_403(system: System) -> None:
    reading = system.token("campaign:read")
    problem(system.call("POST", "campaign", "/conversations", REPORT, reading), 403)
    elsewhere = system.token("campaign:write", "stockholms-lan")
    problem(system.call("POST", "campaign", "/conversations", REPORT, elsewhere), 403)
    unknown = system.token("campaign:write", "nowhere")
    problem(system.call("POST", "campaign", "/conversations", REPORT, unknown), 403)


def test_a_token_for_a_district_reaches_its_branches(system: System) -> None:
    district = system.call("GET", "membership", "/units/1280").json()["parent"]
    token = system.token("campaign:write campaign:read", district)
    assert system.call("POST", "campaign", "/conversations", REPORT, token).status_code == 201


def test_the_feed_is_for_the_whole_organisation_alone(system: System) -> None:
    problem(system.call("GET", "campaign", "/events", token=system.token("campaign:read")), 403)
    district = system.token("events:read", "skane")
    problem(system.call("GET", "campaign", "/events", token=district), 403)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=501", "limit"),
        ("limit=0", "limit"),
        ("limit=many", "limit"),
        ("limit=1.5", "limit"),
        ("cursor=nonsense", "cursor"),
        ("cursor=W10", "cursor"),
        ("unknown=1", "unknown"),
        ("arena=bar", "arena"),
        ("from=2026-02-30", "from"),
        ("limit=1&limit=2", "limit"),
    ],
)
def test_a_wrong_query_is_422_and_names_the_field(system: System, query: str, field: str) -> None:
    answer = system.call("GET", "campaign", f"/conversations?{query}")
    assert field in problem(answer, 422)["errors"]


def test_the_request_id_comes_back_and_goes_into_the_event(system: System) -> None:
    url = system.url("campaign") + "/conversations"
    headers = {
        "Authorization": f"Bearer {system.token()}",
        "X-Request-Id": "request-4711",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    }
    report = {**REPORT, "id": str(uuid4())}
    system.settle()
    head = system.call("GET", "campaign", "/events?limit=1").json()["head"]
    answer = requests.post(url, json=report, headers=headers, timeout=30)
    assert answer.headers["X-Request-Id"] == "request-4711"
    system.settle()
    events = system.call("GET", "campaign", f"/events?after={head}").json()["items"]
    (event,) = [e for e in events if e["subject"] == f"conversation/{report['id']}"]
    assert event["correlationid"] == "request-4711"
    assert event["traceparent"] == headers["traceparent"]
