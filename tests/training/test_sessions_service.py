"""Sessions as their callers reach them."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from icalendar import Calendar

from infra import clock
from tests import process
from tests.process import Running
from tests.training.facts import deliver as heard_by
from tests.training.facts import joined, left, made
from tests.training.taught import LONG_AGO, people

ANNA, BO, CIA, GONE = people(4)
SOON = clock.now() + timedelta(days=3)
YESTERDAY = str(clock.today() - timedelta(days=1))

Row = dict[str, Any]


@pytest.fixture(scope="module")
def training(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The service alone, with four members, of whom one left."""
    home = tmp_path_factory.mktemp("training")
    database = made(home)
    with database.writing() as session:
        heard_by(session, [joined(LONG_AGO, each) for each in people(12)])
        heard_by(session, [left(clock.today() - timedelta(days=9), GONE)])
    database.close()
    running = process.start(["training"], home)
    yield running
    running.close()


@pytest.fixture
def call(training: Running) -> Any:
    """One request, answered with its status and JSON."""

    def send(method: str, path: str, body: Any = None, unit: str = "SE") -> tuple[int, Row]:
        token = training.token("training:read training:write", unit)
        answer = training.call(method, "training", path, body, token)
        return answer.status_code, answer.json()

    return send


def a_course(call: Any, *required: str, **changes: Any) -> str:
    """A new course's id."""
    given = {"kind": "academy", "title": "Akademi", "required": list(required), **changes}
    return str(call("POST", "/courses", given)[1]["id"])


def planning(course_id: str, **changes: Any) -> Row:
    """A body to plan a session by."""
    return {
        "course_id": course_id,
        "unit": "1280",
        "starts_at": clock.rfc3339(SOON),
        "ends_at": clock.rfc3339(SOON + timedelta(hours=2)),
        "mode": "hybrid",
        "place": "1280",
        "link": "https://example.se/kurs",
        **changes,
    }


def a_session(call: Any, **changes: Any) -> str:
    """A new session's id."""
    status, made_session = call("POST", "/sessions", planning(a_course(call), **changes))
    assert status == 201
    return str(made_session["id"])


def on_a_day(**changes: Any) -> Row:
    """What makes a session one of yesterday."""
    return {"starts_on": YESTERDAY, "starts_at": None, "ends_at": None, **changes}


def enrolling(*members: UUID) -> Row:
    """A body to enrol members by."""
    return {"member_ids": [str(each) for each in members]}


def test_courses_are_found_and_shown_with_what_they_require(call: Any) -> None:
    first = a_course(call, unit="1280")
    last = a_course(call, first, kind="study_circle")
    status, shown = call("GET", f"/courses/{last}", unit="1281")
    own = call("GET", f"/courses/{first}", unit="1281")[0]
    listed = call("GET", "/courses?unit=1281&kind=study_circle", unit="1281")[1]["items"]
    circle = call("PUT", f"/courses/{first}/required", {"required": [last]})
    assert (status, shown["required"], shown["grade"], own) == (200, [first], None, 403)
    assert shown in listed
    assert (circle[0], list(circle[1]["errors"])) == (422, ["required"])
    assert call("PUT", f"/courses/{first}/required", {"required": []}, unit="1281")[0] == 403


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"capacity": 0}, "capacity"),
        ({"capacity": -1}, "capacity"),
        ({"capacity": 10_001}, "capacity"),
        ({"capacity": True}, "capacity"),
        ({"ends_at": clock.rfc3339(SOON - timedelta(hours=1))}, "ends_at"),
        ({"ends_at": clock.rfc3339(SOON + timedelta(days=500))}, "ends_at"),
        ({"starts_at": "2026-02-30T10:00:00Z"}, "starts_at"),
        ({"starts_at": None, "ends_at": None}, "starts_on"),
        ({"mode": "online"}, "mode"),
        ({"link": "http://example.se"}, "link"),
        ({"place": "Folkets hus"}, "place"),
        ({"teacher": "Åsa"}, "teacher"),
    ],
)
def test_a_bad_session_is_refused_by_field(call: Any, changes: Row, field: str) -> None:
    status, answer = call("POST", "/sessions", planning(a_course(call), **changes))
    assert (status, list(answer["errors"])) == (422, [field])


@pytest.mark.parametrize(
    "body",
    [
        {"member_ids": []},
        {"member_ids": [str(ANNA), str(ANNA)]},
        {"member_ids": [str(UUID(int=each)) for each in range(1001)]},
        {"member_ids": "anna"},
        {},
    ],
    ids=["nobody", "twice", "too many", "no list", "nothing"],
)
def test_a_bad_list_of_members_is_refused(call: Any, body: Row) -> None:
    status, answer = call("POST", f"/sessions/{a_session(call)}/enrolments", body)
    assert (status, list(answer["errors"])) == (422, ["member_ids"])


def test_a_session_fills_up_and_a_line_moves_up(call: Any) -> None:
    path = f"/sessions/{a_session(call, capacity=1)}"
    first, again = (call("POST", f"{path}/enrolments", enrolling(ANNA, BO)) for _ in range(2))
    refused = [
        call("POST", f"{path}/enrolments", enrolling(CIA, each))[1]["errors"]
        for each in (GONE, uuid4())
    ]
    fewer = call("PATCH", path, {"capacity": 0})[0]
    given_up = call("POST", f"{path}/enrolments/{ANNA}/withdraw", {})
    raised = call("PATCH", path, {"capacity": 3})[1]
    call("POST", f"{path}/enrolments", enrolling(CIA))
    less = call("PATCH", path, {"capacity": 1})[0]
    listed = call("GET", f"{path}/enrolments?state=enrolled")[1]["items"]

    assert (first[0], again) == (200, first)
    assert [each["state"] for each in first[1]["items"]] == ["enrolled", "waiting"]
    assert [list(each) for each in refused] == [["member_ids.1"]] * 2
    assert (fewer, less) == (422, 409)
    assert (given_up[0], given_up[1]["state"]) == (200, "withdrawn")
    assert (raised["capacity"], raised["version"]) == (3, 2)
    assert [each["member_id"] for each in listed] == [str(BO), str(CIA)]


def test_a_required_course_is_completed_first(call: Any) -> None:
    first = a_course(call)
    before = call("POST", "/sessions", planning(first, **on_a_day()))[1]["id"]
    held = call("POST", "/sessions", planning(a_course(call, first)))[1]["id"]
    early = call("POST", f"/sessions/{held}/enrolments", enrolling(ANNA))
    done = {"member_id": str(ANNA), "completed_on": YESTERDAY}
    absent = call("POST", f"/sessions/{before}/completions", done)
    call("POST", f"/sessions/{before}/enrolments", enrolling(ANNA))
    there = call("POST", f"/sessions/{before}/completions", done)[0]

    assert (early[0], first in str(early[1]["errors"]["member_ids.0"])) == (422, True)
    assert (absent[0], list(absent[1]["errors"])) == (422, ["member_id"])
    assert there == 201
    assert call("POST", f"/sessions/{held}/enrolments", enrolling(ANNA))[0] == 200
    assert call("POST", f"/sessions/{before}/cancel", {"reason": "other"})[0] == 409


def test_a_cancelled_session_is_over_for_all_and_says_so_in_calendars(
    call: Any, training: Running
) -> None:
    path = f"/sessions/{a_session(call)}"
    call("POST", f"{path}/enrolments", enrolling(ANNA))
    cancelled = [call("POST", f"{path}/cancel", {"reason": "illness"}) for _ in range(2)]
    token = training.token("training:read", "1280")
    read = training.call("GET", "training", f"{path}/calendar.ics", token=token)
    (event,) = Calendar.from_ical(read.text).events

    assert cancelled[0] == cancelled[1]
    assert (cancelled[0][1]["status"], cancelled[0][1]["version"]) == ("cancelled", 2)
    assert call("POST", f"{path}/cancel", {"reason": "weather"})[0] == 409
    assert call("POST", f"{path}/enrolments", enrolling(BO))[0] == 409
    assert call("GET", f"{path}/enrolments")[1]["items"][0]["state"] == "withdrawn"
    assert (event.sequence, str(event["STATUS"])) == (2, "CANCELLED")


def test_a_grade_shows_with_four_others(call: Any) -> None:
    held = a_session(call, **on_a_day())
    members = [each for each in people(9) if each != GONE][:5]
    call("POST", f"/sessions/{held}/enrolments", enrolling(*members))
    reviews = [{"member_id": str(each), "grade": 4} for each in members]
    answers = [call("POST", f"/sessions/{held}/reviews", each)[0] for each in reviews[:4]]
    few = call("GET", f"/sessions/{held}")[1]
    answers += [call("POST", f"/sessions/{held}/reviews", reviews[4])[0] for _ in range(2)]
    enough = call("GET", f"/sessions/{held}")[1]
    other = call("POST", f"/sessions/{held}/reviews", {**reviews[0], "grade": 1})[0]
    none = call("POST", f"/sessions/{held}/reviews", {**reviews[0], "grade": 6})[0]

    assert answers == [201] * 5 + [200]
    assert (few["grade"], few["reviews"], enough["grade"], enough["reviews"]) == (None, None, 4, 5)
    assert (other, none) == (409, 422)
    assert call("GET", f"/courses/{enough['course_id']}")[1]["grade"] == 4


def test_sessions_are_found_within_reach(call: Any) -> None:
    held = a_session(call)
    day = SOON.astimezone(clock.STOCKHOLM).date()
    found = call("GET", f"/sessions?unit=skane&from={day}&limit=500", unit="skane")[1]["items"]
    later = call("GET", f"/sessions?unit=skane&from={day + timedelta(days=1)}&limit=500")[1]
    assert held in [each["id"] for each in found]
    assert held not in [each["id"] for each in later["items"]]
    for path in ("/sessions?unit=1280", f"/sessions/{held}", f"/sessions/{held}/enrolments"):
        assert call("GET", path, unit="1281")[0] == 403
    for verb in ("enrolments", "reviews", "completions", "cancel"):
        body = {
            "enrolments": enrolling(ANNA),
            "reviews": {"member_id": str(ANNA), "grade": 1},
            "completions": {"member_id": str(ANNA), "completed_on": YESTERDAY},
            "cancel": {"reason": "other"},
        }[verb]
        assert call("POST", f"/sessions/{held}/{verb}", body, unit="1281")[0] == 403
        assert call("POST", f"/sessions/{uuid4()}/{verb}", body)[0] == 404
