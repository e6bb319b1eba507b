"""Events: the envelope and the data that the contract promises, the feed, and nobody's secrets."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pika
import pytest
from jsonschema import Draft202012Validator, FormatChecker

from infra import clock
from infra.config import SERVICES
from samtal.published import documents
from tests.conftest import System
from tests.contract.api import Api
from tests.contract.conftest import shared
from tests.contract.given import LONG_AGO, RECENT, TODAY, TOMORROW, Body, Given
from tests.process import PROJECT, eventually
from tests.servers import PostgresServer, RabbitServer

PATTERNS = {
    "id": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "unit": r"[A-Za-z0-9-]{1,64}",
    "day": r"\d{4}-\d{2}-\d{2}",
    "text": r".{1,200}",
    "trace": r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}",
    "kind": r"[a-z]+(_[a-z]+)*",
    "week": r"\d{4}-W\d{2}",
    "instant": r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z",
}
UNIT_KINDS = ("party", "district", "branch", "association", "club", "side_organisation")
SOURCES = ("digital", "recruiter", "conversation", "activity", "union", "import")
TRAITS = ("young", "union_active", "union_official")
SEGMENTS = (*TRAITS, *(f"{trait}_recruited" for trait in TRAITS))
ARENAS = ("door", "workplace", "neighbourhood", "online", "member_activity", "own_network", "phone")
ROLES = (
    "elected_post",
    "welcome_officer",
    "programme_officer",
    "union_leader",
    "union_committee",
    "nominating_committee",
    "mentor",
    "activity_leader",
    "volunteer_organisation",
    "volunteer_campaign",
    "volunteer_administration",
    "local",
)
OWED = ("digital_introduction", "member_education", "leader_education")
COURSES = (
    *OWED,
    "conversation_campaign",
    "social_media",
    "digital_tools",
    "union_political",
    "academy",
    "study_circle",
    "argument_training",
)
STATUSES = ("met", "on_pace", "behind", "missed", "no_target", "no_baseline")

UNIT: Body = {
    "code": "unit",
    "name": "text",
    "kind": UNIT_KINDS,
    # The party has none.
    "parent?": "unit",
    "population?": int,
    "open": bool,
    "version": int,
    "valid_from": "day",
}
CONVERSATION: Body = {
    "conversation_id": "id",
    "unit": "unit",
    "arena": ARENAS,
    "online": bool,
    "held_on": "day",
    "count": int,
    "campaign_id?": "id",
    "topics": list,
}
ACTIVITY: Body = {
    "activity_id": "id",
    "unit": "unit",
    "kind": "kind",
    "mode": ("physical", "remote", "hybrid"),
    "open": bool,
    "held_on": "day",
    "members": int,
    "guests": int,
    "version": int,
}
AREA: Body = {
    "area_id": "id",
    "unit": "unit",
    "assignment_id": "id",
    "mode": ("visits", "tally"),
    "round": int,
}
OBLIGATION: Body = {
    "obligation_id": "id",
    "member_id": "id",
    "unit": "unit",
    "kind": OWED,
    "opened_on": "day",
    "due_on?": "day",
    "offered_on?": "day",
    "on_time?": bool,
    "status": ("open", "met", "met_late", "overdue", "cancelled"),
    "version": int,
}
POLICY_INPUT: Body = {
    "input_id": "id",
    "unit": "unit",
    "topic": "text",
    "from": ("conversation", "meeting", "consultation", "member"),
}
ASSIGNMENT: Body = {
    "assignment_id": "id",
    "member_id": "id",
    "unit": "unit",
    "role": ROLES,
    "sphere?": ("party", "public"),
    "first": bool,
    "days_since_joined": int,
}
EVENTS: dict[str, Body] = {
    "membership.unit_registered.v1": UNIT,
    "membership.unit_changed.v1": UNIT,
    "membership.member_joined.v1": {
        "member_id": "id",
        "unit": "unit",
        "joined_on": "day",
        "source": SOURCES,
        "rejoined": bool,
        "previous_left_on?": "day",
    },
    "membership.member_left.v1": {
        "member_id": "id",
        "unit": "unit",
        "left_on": "day",
        "reason": ("own_request", "unpaid", "death", "exclusion"),
    },
    "membership.member_transferred.v1": {
        "member_id": "id",
        "from_unit": "unit",
        "to_unit": "unit",
        "on": "day",
    },
    "membership.member_erased.v1": {"member_id": "id"},
    "membership.member_merged.v1": {
        "member_id": "id",
        "into_id": "id",
        "unit": "unit",
        "joined_on": "day",
        "source": SOURCES,
        "transfers": list,
        "previous_left_on?": "day",
        "left_unit?": "unit",
        "left_on?": "day",
        "reason?": ("own_request", "unpaid", "death", "exclusion"),
    },
    "membership.prospect_registered.v1": {
        "prospect_id": "id",
        "unit": "unit",
        "source": SOURCES,
    },
    "membership.prospect_asked.v1": {"prospect_id": "id", "unit": "unit", "asked_on": "day"},
    "membership.segment_counted.v1": {
        "unit": "unit",
        "on": "day",
        "segment": SEGMENTS,
        "count": int,
    },
    "membership.assignment_started.v1": {**ASSIGNMENT, "started_on": "day"},
    "membership.assignment_ended.v1": {**ASSIGNMENT, "ended_on": "day"},
    "membership.mentorship_started.v1": {
        "mentorship_id": "id",
        "unit": "unit",
        "started_on": "day",
    },
    "membership.mentorship_ended.v1": {"mentorship_id": "id", "unit": "unit", "ended_on": "day"},
    "membership.panel_answered.v1": {
        "wave_id": "id",
        "unit": "unit",
        "participated": bool,
        "rewarding?": int,
        "voice_matters": int,
        "influence_local": int,
        "influence_regional": int,
        "influence_national": int,
    },
    "membership.commitment_fulfilled.v1": {"unit": "unit", "key": "text", "fulfilled_on": "day"},
    "campaign.conversation_logged.v1": CONVERSATION,
    "campaign.consultation_opened.v1": {"consultation_id": "id", "unit": "unit"},
    "campaign.consultation_answered.v1": {"consultation_id": "id", "unit": "unit"},
    "campaign.consultation_closed.v1": {
        "consultation_id": "id",
        "unit": "unit",
        "answers": int,
        "results": list,
    },
    "campaign.policy_input_received.v1": POLICY_INPUT,
    "campaign.policy_input_answered.v1": POLICY_INPUT,
    "campaign.conference_attended.v1": {"activity_id": "id", "unit": "unit", "held_on": "day"},
    "campaign.conversation_voided.v1": CONVERSATION,
    "campaign.activity_planned.v1": ACTIVITY,
    "campaign.activity_held.v1": ACTIVITY,
    "campaign.activity_cancelled.v1": ACTIVITY,
    "campaign.activity_attended.v1": {
        "activity_id": "id",
        "member_id": "id",
        "unit": "unit",
        "held_on": "day",
    },
    "campaign.area_assigned.v1": {**AREA, "until": "instant"},
    "campaign.area_expiring.v1": {**AREA, "until": "instant"},
    "campaign.area_released.v1": {**AREA, "reason": ("released", "expired")},
    "campaign.visits_logged.v1": {
        "area_id": "id",
        "unit": "unit",
        "visited_on": "day",
        "no_answer": int,
        "declined": int,
        "return_later": int,
        "conversation": int,
    },
    "campaign.volunteers_counted.v1": {
        "unit": "unit",
        "week": "week",
        "volunteers": int,
        "version": int,
    },
    "training.obligation_opened.v1": OBLIGATION,
    "training.obligation_met.v1": OBLIGATION,
    "training.obligation_overdue.v1": OBLIGATION,
    "training.obligation_cancelled.v1": OBLIGATION,
    "training.obligation_due_soon.v1": {**OBLIGATION, "days": int},
    "training.obligation_reopened.v1": OBLIGATION,
    "training.obligation_moved.v1": OBLIGATION,
    "training.course_completed.v1": {
        "session_id": "id",
        "course_id": "id",
        "kind": COURSES,
        "member_id": "id",
        "unit": "unit",
        "completed_on": "day",
    },
    "metrics.goal_status_changed.v1": {
        "goal": "kind",
        "unit": "unit",
        "year": int,
        "status": STATUSES,
        "previous": STATUSES,
        "version": int,
        "value?": float,
        "target?": float,
    },
}
"""What there is of the contract's section 5; a name with ? may be left out."""

ONCE_A_DAY = {"membership.segment_counted.v1", "metrics.goal_status_changed.v1"}
"""What is published whatever anybody does, though perhaps not while these tests run."""

ENVELOPE: Body = {
    "id": "id",
    "time": "instant",
    "dataschema": "text",
    "correlationid?": "text",
    "causationid?": "id",
    "traceparent?": "trace",
    "position": int,
    "epoch": "text",
    "data": dict,
}
ANONYMOUS = {"membership.panel_answered.v1"}
"""What says nothing of where it comes from."""

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

# Somebody who is nowhere else, in letters that every file keeps as they are.
PERSON: Body = {
    "name": "Qzmarkus Personsson",
    "email": "qzmarkus@example.se",
    "phone": "0739918273",
    "personal_number": "19790817-9281",
    "birth_date": "1979-08-17",
    "union": {
        "organisation": "Qzmarkfacket",
        "official": True,
        "consent_at": f"{RECENT}T03:14:15Z",
    },
}
MARKS = (
    "qzmark",
    "personsson",
    "739918273",
    "790817-9281",
    "197908179281",
    "1979-08-17",
    f"{RECENT}t03:14:15",
)
KNOWN = "qzreference"
"""What is no secret, and shows that the search finds what is there."""


def mismatch(found: Body, wanted: Body) -> list[str]:
    """How `found` differs from the names and kinds of `wanted`."""
    names = {name.rstrip("?"): kind for name, kind in wanted.items()}
    needed = {name for name in wanted if not name.endswith("?")}
    wrong = [f"{name} is missing" for name in needed - set(found)]
    wrong += [f"{name} is too much" for name in set(found) - set(names)]
    return wrong + [
        f"{name} is {found[name]!r}"
        for name in set(found) & set(names)
        if not is_a(found[name], names[name])
    ]


def is_a(value: Any, kind: Any) -> bool:
    """Whether a value is of a type, one of some words, or a text of a pattern."""
    if isinstance(kind, type):
        return type(value) is kind
    if isinstance(kind, tuple):
        return value in kind
    return isinstance(value, str) and re.fullmatch(PATTERNS[kind], value) is not None


@pytest.fixture
def driven(given: Given) -> Given:
    """Everything happens once that publishes an event."""
    api = given.api
    member, report, answer = given.member(), given.conversation(), _answered(given)
    # Closed a few seconds later.
    given.consultation(closes_at=clock.rfc3339(clock.now() + timedelta(seconds=1)))
    assignment, mentorship = given.assignment(), given.mentorship()
    newcomer = given.member()
    api.system.settle()
    offer = given.offer(member_id=newcomer)
    for name, path in (
        ("membership PATCH /units/{code}", {"code": given.unit()}),
        ("membership POST /members/{member_id}/transfer", {"member_id": member}),
        ("membership POST /members/{member_id}/leave", {"member_id": member}),
        ("membership POST /members/{member_id}/merge", {"member_id": member}),
        ("membership POST /members/{member_id}/erase", {"member_id": given.former_member()}),
        ("membership POST /prospects/{prospect_id}/asks", {"prospect_id": given.prospect()}),
        ("membership POST /assignments/{assignment_id}/end", {"assignment_id": assignment}),
        ("membership POST /mentorships/{mentorship_id}/end", {"mentorship_id": mentorship}),
        ("membership POST /panel/waves/{wave_id}/close", {"wave_id": answer}),
        (
            "membership POST /units/{code}/commitments/{commitment}",
            {"code": given.unit(), "commitment": "organise.delegate_roles"},
        ),
        ("campaign POST /conversations/{conversation_id}/void", {"conversation_id": report}),
        ("campaign POST /activities/{activity_id}/attendance", {"activity_id": given.activity()}),
        ("campaign POST /activities/{activity_id}/cancel", {"activity_id": given.activity()}),
        (
            "campaign POST /consultations/{consultation_id}/answers",
            {"consultation_id": given.consultation()},
        ),
        ("campaign POST /policy-inputs/{input_id}/answer", {"input_id": given.policy_input()}),
        (
            "campaign POST /conferences/{activity_id}/attendance",
            {"activity_id": given.conference_id},
        ),
        ("campaign POST /areas/{area_id}/release", {"area_id": given.assigned_area()}),
        ("campaign POST /visits", {}),
        ("training POST /offers", {}),
        ("training POST /offers/{offer_id}/withdraw", {"offer_id": offer}),
        (
            "training POST /sessions/{session_id}/completions",
            {"session_id": given.session_id},
        ),
    ):
        op = api.operation(name)
        assert api.send(op, path, given.body(op)).ok, name
    return given


def _answered(given: Given) -> str:
    """A wave of the panel with an answer in it."""
    op, wave_id = given.api.operation("membership POST /panel/answers"), given.wave()
    body = {**given.body(op), "token": given.token(wave_id)}
    assert given.api.send(op, body=body, token="").ok
    return wave_id


def test_each_event_of_the_contract_is_published_and_no_other(driven: Given, api: Api) -> None:
    def seen() -> bool:
        return set(EVENTS) <= ONCE_A_DAY | {e["type"] for n in SERVICES for e in api.feed(n)}

    # What is overdue is marked once a minute, the volunteers are counted as often.
    eventually(seen, "each type of event is in a feed", 80)
    found = {event["type"] for name in SERVICES for event in api.feed(name)}
    assert found | ONCE_A_DAY == set(EVENTS)


@pytest.mark.parametrize("service", SERVICES)
def test_every_event_has_the_envelope_and_the_data_of_the_contract(
    given: Given, api: Api, service: str
) -> None:
    for event in api.feed(service):
        fixed = {
            "specversion": "1.0",
            "source": f"/{service}",
            "datacontenttype": "application/json",
        }
        assert {name: event.pop(name) for name in fixed} == fixed
        kind, subject = event.pop("type"), event.pop("subject")
        assert mismatch(event, ENVELOPE) == [], kind
        assert mismatch(event["data"], EVENTS[kind]) == [], kind
        traced = {"correlationid", "causationid", "traceparent"} & set(event)
        assert bool(traced) == (kind not in ANONYMOUS)
        noun, _, key = subject.partition("/")
        assert re.fullmatch(r"[a-z_]+", noun)
        assert set(key.split("/")) <= {str(value) for value in event["data"].values()}
        for topic in event["data"].get("topics", ()):
            assert is_a(topic, "text")
            assert not re.search(r"[0-9@]", topic)


@pytest.mark.parametrize("service", SERVICES)
def test_every_event_fits_its_published_schema(given: Given, api: Api, service: str) -> None:
    published = {
        name: Draft202012Validator(document, format_checker=FormatChecker())
        for name, document in documents.published(PROJECT).items()
    }
    for event in api.feed(service):
        published[documents.ENVELOPE].validate(event)
        published[event["type"]].validate(event["data"])
        assert set(event["data"]) <= set(published[event["type"]].schema["properties"])


@pytest.mark.parametrize("service", SERVICES)
def test_positions_rise_by_one_without_a_gap_and_no_event_is_there_twice(
    given: Given, api: Api, service: str
) -> None:
    events = list(api.feed(service))
    positions = [event["position"] for event in events]
    assert positions == list(range(1, len(positions) + 1))
    assert len({event["id"] for event in events}) == len(events)
    assert len({event["epoch"] for event in events}) <= 1


@pytest.mark.parametrize("service", SERVICES)
def test_the_feed_is_read_page_by_page_to_its_head(given: Given, api: Api, service: str) -> None:
    op = api.operation(f"{service} GET /events")

    def page(**query: int) -> Body:
        answer = api.send(op, query={name: str(value) for name, value in query.items()})
        assert answer.status_code == 200, answer.text
        assert {"items", "next", "head", "epoch"} <= set(answer.json())
        found: Body = answer.json()
        return found

    head, epoch = page()["head"], page()["epoch"]
    assert UUID(epoch)
    assert len(page(limit=5000)["items"]) == min(head, 5000)
    assert len(page()["items"]) == min(head, 1000)
    after = 0
    for _ in range(min(head, 3)):
        found = page(after=after, limit=1)
        assert [event["position"] for event in found["items"]] == [after + 1]
        assert (found["next"], found["epoch"]) == (after + 1, epoch)
        after = found["next"]
    behind = page(after=head + 1000)
    assert (behind["items"], behind["next"]) == ([], head + 1000)
    for query in ("limit=5001", "limit=0", "after=-1", "after=9007199254740992", "after=x"):
        assert api.send(op, query=query).status_code == 422, query


def test_a_request_is_followed_through_the_events_that_it_causes(given: Given, api: Api) -> None:
    op, request_id = api.operation("membership POST /members"), f"request-{uuid4()}"
    body = given.body(op)
    headers = {"traceparent": TRACE, "X-Request-Id": request_id}
    answer = api.send(op, body=body, more_headers=headers)
    assert answer.headers["X-Request-Id"] == request_id

    def caused() -> list[Body]:
        return [event for event in api.feed("training") if event["correlationid"] == request_id]

    opened = eventually(caused, "the join opens obligations")
    (joined,) = [e for e in api.feed("membership") if e.get("correlationid") == request_id]
    assert joined["data"]["member_id"] == body["id"]
    assert {event["type"] for event in opened} == {"training.obligation_opened.v1"}
    assert {event["causationid"] for event in opened} == {joined["id"]}
    assert {event["traceparent"] for event in [joined, *opened]} == {TRACE}
    log = api.system.running["membership"].log.read_text(encoding="utf-8")
    assert f'"correlation_id":"{request_id}"' in log


def test_the_broker_delivers_what_the_feed_holds(
    real: System, broker: RabbitServer, givens: dict[str, Given]
) -> None:
    given = shared(givens, real)
    heard: dict[str, list[bytes]] = {name: [] for name in SERVICES}
    with pika.BlockingConnection(pika.URLParameters(broker.uri)) as connection:
        channel = connection.channel()
        queues = {name: bound(channel, name) for name in ("membership", "campaign", "training")}
        given.member()
        given.conversation()
        for service, queue in queues.items():
            for method, properties, body in channel.consume(queue, inactivity_timeout=20):
                assert method is not None, f"nothing comes from {service}"
                assert properties.content_type == "application/json"
                assert properties.delivery_mode == 2
                heard[service].append(body)
                event = real_event(given.api, service, body)
                assert method.routing_key == event["type"].split(".")[1]
                channel.basic_ack(method.delivery_tag)
                break
            channel.cancel()


def bound(channel: Any, service: str) -> str:
    """A queue of its own that takes everything a service publishes."""
    queue = channel.queue_declare("", exclusive=True).method.queue
    channel.queue_bind(queue, f"{service}.events", "#")
    return str(queue)


def real_event(api: Api, service: str, body: bytes) -> Body:
    """The event of the feed that was delivered; every attribute is the same."""
    delivered: Body = json.loads(body)
    (held,) = list(api.feed(service, delivered["position"] - 1))[:1]
    assert delivered == held
    return delivered


def test_no_personal_data_leaves_the_sealed_column(
    driven: Given, api: Api, system: System, request: pytest.FixtureRequest
) -> None:
    answers = "".join(handled(driven))
    told = [answers.encode()]
    for service in SERVICES:
        told.append(str(list(api.feed(service))).encode())
        told.append(api.send(api.operation(f"{service} GET /prometheus")).content)
    told += [str(api.listed(op)).encode() for op in api.operations if op.is_list and not op.in_path]
    kept = list(folder(Path(system.running["membership"].env["SAMTAL_HOME"])))
    if system.mode == "real":
        broker = request.getfixturevalue("broker")
        databases = request.getfixturevalue("databases")
        kept += [dump(databases, name) for name in SERVICES]
        kept += [*folder(broker.nodes[0]._folder), *folder(databases._folder)]
    assert any(KNOWN.encode() in content for content in kept)
    for content in (*told, *kept):
        lower = content.lower()
        for mark in MARKS:
            at = lower.find(mark.encode())
            assert at < 0, lower[max(0, at - 200) : at + 100]
            assert mark.encode().hex().encode() not in lower


def handled(given: Given) -> Iterator[str]:
    """The answers to everything that can be said of the person, well and badly."""
    api = given.api
    join = api.operation("membership POST /members")
    batch = api.operation("membership POST /members/batch")

    def person(**changes: Any) -> Body:
        return {**given.body(join), **PERSON, "recruited_by": KNOWN, **changes}

    taken = person()
    yield api.send(join, body=taken).text
    yield api.send(join, body=person()).text
    yield api.send(batch, body={"items": [person(), person(unit=PERSON["name"])]}).text
    yield api.send(join, body={**taken, "unit": "1280"}).text
    yield api.send(batch, body={"items": [{**taken, "source": "import"}]}).text
    for name in taken:
        for value in (PERSON["name"], PERSON["email"], [PERSON["phone"]], PERSON):
            yield api.send(join, body=person(**{"joined_on": str(TOMORROW), name: value})).text
    yield api.send(join, body=person(**{PERSON["email"]: PERSON["name"]})).text
    register = api.operation("membership POST /prospects")
    curious = {name: PERSON[name] for name in ("name", "email", "phone", "union")}
    for changes in (curious, {**curious, "unit": PERSON["name"]}, {"source": PERSON["email"]}):
        yield api.send(register, body={**given.body(register), **changes}).text
    for path in (f"/members/{PERSON['email']}", f"/units/{PERSON['name']}", f"/{PERSON['phone']}"):
        yield api.system.call("GET", "membership", path).text
    for name in ("unit", "cursor", "status", PERSON["email"]):
        query = f"/members?{name}={PERSON['personal_number']}"
        yield api.system.call("GET", "membership", query).text
        yield api.system.call("GET", "membership", f"{query}&{name}=2").text
    left = api.operation("membership POST /members/{member_id}/leave")
    path = {"member_id": taken["id"]}
    yield api.send(left, path, {"left_on": str(LONG_AGO), "reason": PERSON["name"]}).text
    yield api.send(left, path, {"left_on": str(TODAY), "reason": "unpaid"}).text
    yield api.send(api.operation("membership GET /members/{member_id}"), path).text


def folder(top: Path) -> Iterator[bytes]:
    """What is in the files of a server that goes on writing them."""
    for path in sorted(top.rglob("*")):
        try:
            if path.is_file():
                yield path.read_bytes()
        except FileNotFoundError:
            continue


def dump(databases: PostgresServer, database: str) -> bytes:
    """Every row of every table, as text, with what was compressed unpacked."""
    listing = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    tables = databases.execute(listing, database=database).split()
    selects = [f'SELECT t::text FROM "{name}" t' for name in tables]
    databases.execute("CHECKPOINT", database=database)
    return databases.execute(*selects, database=database).encode()
