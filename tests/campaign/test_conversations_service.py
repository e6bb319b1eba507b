"""Conversations and topics as their callers reach them."""

import csv
import io
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from infra import clock, units
from services.campaign import conversations
from tests import process
from tests.campaign.reporting import Row, made, report
from tests.process import Running, eventually

TODAY = clock.today()
NOBODY = "00000000-0000-4000-8000-000000000000"
MANY = 2500


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The service alone; the branch 0180 has many reports."""
    home = tmp_path_factory.mktemp("campaign")
    database = made(f"sqlite:///{home}/campaign.db")
    with database.writing() as session:
        tree = units.load(session)
        many = [report(unit="0180", arena="phone", logged_by="=1+1") for _ in range(MANY)]
        conversations.log_all(session, tree, many)
    database.close()
    running = process.start(["campaign"], home)
    yield running
    running.close()


def body(**changes: Any) -> Row:
    """A good report as it is sent."""
    sent = {"id": str(uuid4()), "unit": "1280", "arena": "door", "held_on": "2025-05-06"}
    return {**sent, **changes}


def post(campaign: Running, path: str, sent: Any, token: str | None = None) -> tuple[int, Any]:
    answer = campaign.call("POST", "campaign", path, sent, token)
    return answer.status_code, answer.json()


def listed(campaign: Running, query: str) -> list[Row]:
    answer = campaign.call("GET", "campaign", f"/conversations?{query}")
    assert answer.status_code == 200, answer.text
    items: list[Row] = answer.json()["items"]
    return items


def exported(campaign: Running, query: str) -> list[dict[str, str]]:
    answer = campaign.call("GET", "campaign", f"/conversations.csv?{query}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))


BAD: list[tuple[Row, str]] = [
    ({"count": 0}, "count"),
    ({"count": -1}, "count"),
    ({"count": 501}, "count"),
    ({"count": 1.5}, "count"),
    ({"held_on": "2014-12-31"}, "held_on"),
    ({"held_on": str(TODAY + timedelta(days=1))}, "held_on"),
    ({"logged_by": "070-174 06 05"}, "logged_by"),
    ({"logged_by": "anna@exempel.se"}, "logged_by"),
    ({"logged_by": "19900101-0017"}, "logged_by"),
    ({"workplace": "Anna, 0701740605"}, "workplace"),
    ({"topics": ["skola", "nagelvård"]}, "topics.1"),
    ({"topics": ["skola", "0701740605"]}, "topics.1"),
    ({"voter": "Anna"}, "voter"),
    ({"corrects": NOBODY}, "corrects"),
]


@pytest.mark.parametrize("way", ["one", "batch", "correction"])
def test_bad_input_is_refused_by_name_and_nothing_comes_of_it(campaign: Running, way: str) -> None:
    unit = {"one": "1280", "batch": "1281", "correction": "skane"}[way]
    _, stored = post(campaign, "/conversations", body(unit=unit))
    for changes, field in BAD:
        sent = body(unit=unit, **changes)
        if way == "batch":
            _, answer = post(campaign, "/conversations/batch", {"items": [sent]})
            (refusal,) = answer["results"]
        else:
            path = f"/conversations/{stored['id']}/correct" if way == "correction" else ""
            status, refusal = post(campaign, path or "/conversations", sent)
            assert (changes, status) == (changes, 422)
        assert set(refusal["errors"]) == {field}, changes
    assert [row for row in listed(campaign, f"unit={unit}") if row["unit"] == unit] == [stored]


def test_a_list_and_its_export_are_of_a_unit_an_arena_and_some_days(campaign: Running) -> None:
    for changes in (
        {"held_on": "2023-03-01", "arena": "online"},
        {"held_on": "2023-03-02", "arena": "online"},
        {"held_on": "2023-03-02"},
        {"held_on": "2023-03-03", "unit": "1281"},
    ):
        post(campaign, "/conversations", body(**changes))

    def found(query: str) -> int:
        query = f"from=2023-03-01&to=2023-03-03&{query}"
        rows = listed(campaign, query)
        assert [row["id"] for row in exported(campaign, query)] == [row["id"] for row in rows]
        return len(rows)

    assert found("") == 4
    assert found("unit=1281") == 1
    assert found("unit=skane") == 4
    assert found("unit=0180") == 0
    assert found("arena=online") == 2
    assert found(f"campaign_id={NOBODY}") == 0
    assert len(listed(campaign, "from=2023-03-02&to=2023-03-02")) == 2


def test_the_export_has_every_report_and_no_formula(campaign: Running) -> None:
    rows = exported(campaign, "unit=0180")

    assert len({row["id"] for row in rows}) == len(rows) == MANY
    assert {row["logged_by"] for row in rows} == {"'=1+1"}
    assert (rows[0]["topics"], rows[0]["count"], rows[0]["voided_at"]) == ("skola", "3", "")


def test_the_export_is_sent_as_it_is_read(campaign: Running) -> None:
    url = f"{campaign.url('campaign')}/conversations.csv?unit=0180"
    token = {"Authorization": f"Bearer {campaign.token()}"}
    with campaign.http.get(url, headers=token, stream=True, timeout=30) as answer:
        assert answer.headers["Transfer-Encoding"] == "chunked"
        assert "Content-Length" not in answer.headers
        pieces = list(answer.raw.read_chunked())
    assert len(pieces) == 5


def test_a_correction_stands_in_the_place_of_what_it_corrects(campaign: Running) -> None:
    _, wrong = post(campaign, "/conversations", body(held_on="2022-02-02", count=50))
    right = body(held_on="2022-02-02", count=5, topics=["skola"])
    path = f"/conversations/{wrong['id']}/correct"
    status, made = post(campaign, path, right)
    again = post(campaign, path, right)
    other = post(campaign, path, {**right, "count": 6})
    second = post(campaign, path, body())

    assert (status, made["id"], made["corrects"]) == (201, right["id"], wrong["id"])
    assert again == (200, made)
    assert (other[0], second[0]) == (409, 409)
    rows = listed(campaign, "from=2022-02-02&to=2022-02-02")
    assert {row["id"]: row["void_reason"] for row in rows} == {
        wrong["id"]: "mistake",
        right["id"]: None,
    }
    assert post(campaign, f"/conversations/{NOBODY}/correct", right)[0] == 404
    assert set(post(campaign, path, {**right, "id": None})[1]["errors"]) == {"id"}


def test_who_may_act_in_a_district_acts_there_alone(campaign: Running) -> None:
    token = campaign.token("campaign:read campaign:write", "skane")
    _, here = post(campaign, "/conversations", body())
    _, there = post(campaign, "/conversations", body(unit="0180", arena="door"))

    def correct(wrong: Row, unit: str) -> int:
        return post(campaign, f"/conversations/{wrong['id']}/correct", body(unit=unit), token)[0]

    def status(path: str) -> int:
        return campaign.call("GET", "campaign", path, token=token).status_code

    assert correct(there, "1280") == 403
    assert correct(here, "0180") == 403
    assert correct(here, "1281") == 201
    assert status("/conversations.csv?unit=1281") == 200
    assert status("/conversations.csv?unit=0180") == 403
    assert status("/conversations.csv") == 403
    assert status("/topics") == 200
    assert post(campaign, "/topics", {"words": ["simhall"]}, token)[0] == 403


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/conversations.csv", "campaign:write"),
        ("POST", f"/conversations/{NOBODY}/correct", "campaign:read"),
        ("GET", "/topics", "campaign:write"),
        ("POST", "/topics", "campaign:read"),
    ],
)
def test_every_route_needs_its_scope(campaign: Running, method: str, path: str, scope: str) -> None:
    without = campaign.http.request(method, campaign.url("campaign") + path, timeout=10)
    lacking = campaign.call(method, "campaign", path, {}, campaign.token(scope))

    assert (without.status_code, lacking.status_code) == (401, 403)


@pytest.mark.parametrize(
    "query", ["unit=nowhere", "arena=bar", "from=igår", "campaign_id=7", "limit=5", "cursor=x"]
)
def test_a_bad_query_of_the_export_is_refused(campaign: Running, query: str) -> None:
    answer = campaign.call("GET", "campaign", f"/conversations.csv?{query}")

    assert (answer.status_code, set(answer.json()["errors"])) == (422, {query.partition("=")[0]})


def test_a_topic_that_the_party_adds_may_be_reported(campaign: Running) -> None:
    sent = body(topics=["badhus"])
    assert post(campaign, "/conversations", sent)[0] == 422
    added = post(campaign, "/topics", {"words": ["badhus", "skola"]})
    again = post(campaign, "/topics", {"words": ["skola", "badhus"]})

    assert added[0] == 200
    assert again == added
    assert post(campaign, "/conversations", sent)[0] == 201
    shown = campaign.call("GET", "campaign", "/topics?limit=500").json()
    words = [item["word"] for item in shown["items"]]
    assert {"badhus", "skola"} <= set(words)
    assert shown["next"] is None


@pytest.mark.parametrize(
    "words", [[], ["Skola"], ["070 174"], ["a@b"], [""], ["x" * 51], ["ord"] * 101, "skola", None]
)
def test_a_bad_word_is_refused(campaign: Running, words: Any) -> None:
    status, problem = post(campaign, "/topics", {"words": words})

    assert status == 422
    assert {name.partition(".")[0] for name in problem["errors"]} == {"words"}


def test_an_import_answers_every_row_and_again_changes_nothing(
    campaign: Running, tmp_path: Path
) -> None:
    good = f"{uuid4()};1281;door;2021-03-01;2;vård|skola;v-1"
    bad = {
        f"{uuid4()};1281;door;2021-03-01;2;vård|nagelvård;": "topics.1",
        f"{uuid4()};1281;door;2021-03-01;2;;0701740605": "logged_by",
        f"{uuid4()};1281;door;2021-03-01;501;;": "count",
        f"{uuid4()};1281;door;2014-03-01;1;;": "held_on",
        ";1281;door;2021-03-01;1;;": "id",
    }
    header = "id;unit;arena;held_on;count;topics;logged_by"
    file, rejects = tmp_path / "reports.csv", tmp_path / "rejects.csv"
    file.write_text("\n".join([header, good, *bad]), encoding="utf-8")
    for summary in ("1 created, 0 exists, 5 rejected", "0 created, 1 exists, 5 rejected"):
        command = ["import", "conversations", str(file), "--rejects", str(rejects)]
        done = process.samtal(command, tmp_path, campaign.env, ok=False)
        assert summary in done.stdout
        with rejects.open(encoding="utf-8", newline="") as kept:
            found = [(row["row"], row["reason"].partition(":")[0]) for row in csv.DictReader(kept)]
        assert found == [(str(number), field) for number, field in enumerate(bad.values(), 3)]
    (row,) = listed(campaign, "from=2021-03-01&to=2021-03-01")
    assert (row["topics"], row["logged_by"]) == (["vård", "skola"], "v-1")


def test_an_import_that_was_killed_goes_on(campaign: Running, tmp_path: Path) -> None:
    file, all_of_them = tmp_path / "many.csv", 4000
    rows = [f"{uuid4()},1281,door,2020-03-01,1" for _ in range(all_of_them)]
    file.write_text("\n".join(["id,unit,arena,held_on,count", *rows]), encoding="utf-8")
    command = [sys.executable, "-m", "samtal", "import", "conversations", str(file)]
    with subprocess.Popen(command, env=dict(campaign.env), cwd=process.PROJECT) as first:
        try:
            eventually(lambda: listed(campaign, "from=2020-03-01&to=2020-03-01"), "some are there")
        finally:
            first.kill()
    done = process.samtal(["import", "conversations", str(file)], tmp_path, campaign.env)
    counts = [int(number) for number in re.findall(r"(\d+) (?:created|exists)", done.stdout)]

    assert sum(counts) == all_of_them
    assert counts[1] >= 1000
    found = exported(campaign, "unit=1281&from=2020-03-01&to=2020-03-01")
    assert {row["id"] for row in found} == {row.partition(",")[0] for row in rows}
    assert len(found) == all_of_them
