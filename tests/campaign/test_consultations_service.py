"""What callers are answered about consultations, policy inputs and the conference, over HTTP."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from infra import clock
from tests import process
from tests.campaign.consulted import Row, sqlite
from tests.process import Running, eventually

DAY = timedelta(days=1)
TODAY = clock.today()
MONTH = TODAY.replace(day=1)


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The service in a process of its own, which knows a few units."""
    home = tmp_path_factory.mktemp("consulted")
    sqlite(home).close()
    running = process.start(["campaign"], home)
    yield running
    running.close()


def post(campaign: Running, path: str, body: Any, **kwargs: Any) -> tuple[int, Row]:
    """The status and the answer."""
    response = campaign.call("POST", "campaign", path, body, **kwargs)
    return response.status_code, response.json()


def get(campaign: Running, path: str, **kwargs: Any) -> tuple[int, Row]:
    """The status and the answer."""
    response = campaign.call("GET", "campaign", path, **kwargs)
    return response.status_code, response.json()


def asking(**changes: Any) -> Row:
    """A question to the north, open now."""
    now = clock.now()
    times = {"opens_at": clock.rfc3339(now - DAY), "closes_at": clock.rfc3339(now + DAY)}
    return {"unit": "norr", "question": "Vilket?", "options": ["=A", "B"], **times, **changes}


def ask(campaign: Running, **changes: Any) -> str:
    """The address of a new consultation."""
    status, found = post(campaign, "/consultations", asking(**changes))
    assert status == 201, found
    return f"/consultations/{found['id']}"


def answering(**changes: Any) -> Row:
    """An answer of somebody."""
    return {"member_id": str(uuid4()), "unit": "0001", "option": 0, **changes}


def events(campaign: Running, path: str) -> list[str]:
    """What is told of a consultation, in order."""
    items = get(campaign, "/events?after=0&limit=5000")[1]["items"]
    return [e["type"].split(".")[1] for e in items if f"/{e['subject']}".endswith(path[-36:])]


def test_a_consultation_is_asked_answered_and_counted(campaign: Running) -> None:
    path = ask(campaign)
    body = answering()
    statuses = [post(campaign, f"{path}/answers", body)[0] for _ in range(2)]
    other = post(campaign, f"{path}/answers", {**body, "option": 1})
    for option in (0, 0, 0, 0, 1, 1, 1, 1, 1):
        post(campaign, f"{path}/answers", answering(option=option))
    _, found = get(campaign, f"{path}/results?unit=norr")
    table = campaign.call("GET", "campaign", f"{path}/results.csv?unit=norr")
    _, listed = get(campaign, "/consultations?unit=0001-by&status=open")

    assert (*statuses, other[0]) == (201, 200, 409)
    assert (found["answers"], found["counts"], found["status"]) == (10, [5, 5], "open")
    assert [(row["unit"], row["counts"]) for row in found["children"]] == [
        ("0001", [5, 5]),
        ("0002", [None, None]),
    ]
    assert table.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert table.text.splitlines() == [
        "unit,name,answers,'=A,B",
        "norr,Norr,10,5,5",
        "0001,0001,10,5,5",
        "0002,0002,,,",
    ]
    assert path.endswith(listed["items"][0]["id"])


def test_a_consultation_is_shown_to_those_it_concerns(campaign: Running) -> None:
    path = ask(campaign)

    seen = {
        unit: get(campaign, path, token=campaign.token(unit=unit))[0]
        for unit in ("SE", "norr", "0001", "syd")
    }

    assert seen == {"SE": 200, "norr": 200, "0001": 200, "syd": 403}
    assert get(campaign, path)[1]["question"] == "Vilket?"
    assert get(campaign, f"/consultations/{uuid4()}")[0] == 404


def test_one_that_closes_is_told_by_the_timer_and_takes_no_more(campaign: Running) -> None:
    soon = clock.rfc3339(clock.now() + timedelta(seconds=1))
    path = ask(campaign, closes_at=soon)
    assert post(campaign, f"{path}/answers", answering())[0] == 201
    told = ["consultation_opened", "consultation_answered", "consultation_closed"]
    eventually(lambda: events(campaign, path) == told, "its closing is told")

    status, refused = post(campaign, f"{path}/answers", answering())
    assert (status, refused["detail"]) == (409, "The consultation is closed: it takes no answers.")
    assert get(campaign, f"{path}/results?unit=0001")[1]["counts"] == [1, 0]


def test_no_answer_tells_in_an_event_or_the_log_who_gave_it(campaign: Running) -> None:
    member_id = str(uuid4())
    post(campaign, f"{ask(campaign)}/answers", answering(member_id=member_id))
    feed = get(campaign, "/events?after=0&limit=5000")[1]["items"]
    log = Path(campaign.log).read_text(encoding="utf-8")

    assert "consultation_answered" in json.dumps(feed)
    assert member_id not in json.dumps(feed) + log
    # It is in the table alone: the search would find it.
    with closing(sqlite3.connect(Path(campaign.env["SAMTAL_HOME"]) / "campaign.db")) as database:
        found = database.execute("SELECT lower(member_id) FROM consultation_answer").fetchall()
    assert (member_id.replace("-", ""),) in found


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"options": ["A"]}, "options"),
        ({"options": [str(n) for n in range(11)]}, "options"),
        ({"options": ["A", "A"]}, "options"),
        ({"options": ["A", "ring 070-174 06 05"]}, "options.1"),
        ({"question": "Vad tycker anna@exempel.se?"}, "question"),
        ({"question": "x" * 501}, "question"),
        ({"units": []}, "units"),
        ({"units": ["0003"]}, "units.0"),
        ({"closes_at": "2020-01-01T00:00:00Z"}, "closes_at"),
        ({"member_id": "x"}, "member_id"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused_by_name(
    campaign: Running, changes: Row, field: str
) -> None:
    status, refused = post(campaign, "/consultations", asking(**changes))
    assert (status, list(refused["errors"])) == (422, [field])


def test_an_input_is_answered_and_its_branch_sees_the_answer_of_its_own(campaign: Running) -> None:
    said = {"topic": "skola", "text": "Mindre klasser.", "from": "meeting"}
    inputs = [
        post(campaign, "/policy-inputs", {**said, "unit": unit})[1]["id"]
        for unit in ("0001", "0002")
    ]
    statuses = [post(campaign, f"/policy-inputs/{each}/take-up", {})[0] for each in inputs]
    answer = {"text": "Det står i manifestet.", "answered_on": str(TODAY)}
    answered = post(campaign, f"/policy-inputs/{inputs[0]}/answer", answer)
    another = post(campaign, f"/policy-inputs/{inputs[0]}/answer", {**answer, "text": "Nej."})
    branch = campaign.token(unit="0001")
    _, listed = get(campaign, "/policy-inputs?unit=0001", token=branch)
    foreign, _ = get(campaign, "/policy-inputs?unit=0002", token=branch)

    assert (*statuses, answered[0], another[0], foreign) == (200, 200, 200, 409, 403)
    assert listed["items"] == [answered[1]]
    assert answered[1]["answer"] == answer["text"]
    assert (answered[1]["status"], answered[1]["from"]) == ("answered", "meeting")


def test_topics_are_shown_by_month(campaign: Running) -> None:
    said = {"unit": "0003", "arena": "door", "held_on": str(TODAY), "count": 3}
    for topics in (["skola", "vård"], ["skola"]):
        assert post(campaign, "/conversations", {**said, "topics": topics})[0] == 201
    expected = [
        {"month": str(MONTH), "topic": "skola", "conversations": 6},
        {"month": str(MONTH), "topic": "vård", "conversations": 3},
    ]
    path = "/conversations/topics?unit=syd"

    eventually(
        lambda: get(campaign, path) == (200, {"items": expected, "next": None}),
        "topics counted",
    )


def test_the_conference_has_its_year_and_those_who_were_there(campaign: Running) -> None:
    times = {"starts_at": f"{TODAY}T00:10:00Z", "ends_at": f"{TODAY}T00:20:00Z"}
    what = {"kind": "conference", "title": "Konferens", "mode": "physical"}
    planned = {"unit": "SE", **what, **times}
    status, conference = post(campaign, "/activities", planned)
    second = post(campaign, "/activities", {**planned, "title": "En till"})
    path = f"/conferences/{conference['id']}/attendance"
    north = campaign.token(unit="norr")
    there = post(campaign, path, {"units": ["0001", "norr"]}, token=north)
    foreign = post(campaign, path, {"units": ["0001", "syd"]}, token=north)
    local = post(campaign, path, {"units": ["0001-by"]})
    _, shown = get(campaign, f"/conferences/{TODAY.year}")

    assert (status, second[0], there[0], foreign[0], local[0]) == (201, 409, 200, 403, 422)
    assert (shown["present"], shown["absent"]) == (["0001", "norr"], ["0002", "0003", "syd"])
    assert list(local[1]["errors"]) == ["units.0"]
    for year in ("2015", "0", "9" * 40):
        assert get(campaign, f"/conferences/{year}")[0] == 404
