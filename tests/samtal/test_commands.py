"""The other verbs, as their users run them."""

import csv
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from infra.config import SERVICES
from tests import process
from tests.process import Running, eventually
from tests.servers import free_ports


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """All four services, embedded."""
    running = process.start(SERVICES, tmp_path_factory.mktemp("commands"))
    yield running
    running.close()


def samtal(running: Running, *arguments: str, ok: bool = True) -> subprocess.CompletedProcess[str]:
    home = Path(running.env["SAMTAL_HOME"])
    return process.samtal(arguments, home, running.env, ok=ok)


def conversations(folder: Path, *rows: str) -> str:
    path = folder / "conversations.csv"
    text = "\n".join(["id;unit;arena;held_on;count;topics", *rows])
    path.write_text(text, encoding="cp1252")
    return str(path)


def count(running: Running, unit: str, goal: str = "conversations") -> int:
    board = running.call("GET", "metrics", f"/goals/{goal}?unit={unit}&year=2026").json()
    return int(board["value"])


def test_every_row_is_answered_and_again_changes_nothing(running: Running, tmp_path: Path) -> None:
    rows = [f"{uuid4()};0114;door;2026-03-0{n % 9 + 1};2;vård|skola" for n in range(1500)]
    rows[700] = f"{uuid4()};0114;door;2026-02-30;2;"
    rows[1200] = "1;0114;door;2026-03-01;two;"
    file, rejects = conversations(tmp_path, *rows), tmp_path / "rejects.csv"
    for summary in ("1498 created, 0 exists", "0 created, 1498 exists"):
        arguments = ("import", "conversations", file, "--rejects", str(rejects))
        done = samtal(running, *arguments, ok=False)
        assert f"{summary}, 2 rejected" in done.stdout
        with rejects.open(encoding="utf-8", newline="") as kept:
            found = list(csv.DictReader(kept))
        assert [(row["row"], row["id"]) for row in found] == [
            ("702", rows[700].split(";")[0]),
            ("1202", "1"),
        ]
        assert found[0]["reason"] == "held_on: There is no such day."
    eventually(lambda: count(running, "0114") == 2996, "all are counted, once")


def test_an_unknown_column_is_refused_before_anything_is_sent(
    running: Running, tmp_path: Path
) -> None:
    path = tmp_path / "conversations.csv"
    path.write_text(f"id,unit,arena,held_on,name\n{uuid4()},0115,door,2026-03-01,Åsa\n")
    done = samtal(running, "import", "conversations", str(path), ok=False)
    assert "column that campaign does not know: name" in done.stderr
    assert count(running, "0115") == 0


def test_members_without_an_id_are_known_by_their_personal_number(
    running: Running, tmp_path: Path
) -> None:
    path = tmp_path / "members.csv"
    path.write_text(
        "unit,joined_on,source,name,personal_number,union.organisation,union.official,"
        "union.consent_at\n"
        '0117,2026-01-02,digital,"Åsa\nÖberg",19800101-1231,Kommunal,ja,2026-01-01T10:00:00Z\n'
        "0117,2026-01-03,digital,Bo Ek,19810101-1230,,,\n"
    )
    assert "2 created" in samtal(running, "import", "members", str(path)).stdout
    assert "2 exists" in samtal(running, "import", "members", str(path)).stdout
    eventually(lambda: count(running, "0117", "members_total") == 2, "both are counted")
    events = running.call("GET", "membership", "/events?limit=5000").text
    assert "19800101" not in events


def test_the_reference_organisation_again_changes_nothing(running: Running) -> None:
    done = samtal(running, "import", "units", str(process.ORGANISATION))
    assert "unchanged 317" in done.stdout


def test_an_edition_that_is_not_whole_is_refused(running: Running, tmp_path: Path) -> None:
    lines = process.ORGANISATION.read_text(encoding="utf-8").splitlines()
    path = tmp_path / "units.csv"
    path.write_text("\n".join(lines[:-1]), encoding="utf-8")
    done = samtal(running, "import", "units", str(path), ok=False)
    assert "289" in done.stderr
    assert running.call("GET", "membership", "/health/ready").json()["units"] == 317


def test_the_board_is_a_table(running: Running) -> None:
    done = samtal(running, "goals", "--unit", "skane", "--year", "2025")
    assert "skane 2025" in done.stdout
    assert "Members recruited" in done.stdout
    assert "no such unit" in samtal(running, "goals", "--unit", "nowhere", ok=False).stderr


def test_events_are_followed_one_json_line_each(running: Running, tmp_path: Path) -> None:
    output = tmp_path / "events"
    with output.open("wb") as file:
        tail = subprocess.Popen(
            [sys.executable, "-m", "samtal", "events", "tail", "--source", "campaign"],
            env=dict(running.env),
            cwd=process.PROJECT,
            stdout=file,
        )
    body = {"unit": "0120", "arena": "phone", "held_on": "2026-01-15", "count": 3}

    def one_more() -> bool:
        running.call("POST", "campaign", "/conversations", body)
        time.sleep(0.2)
        return b"0120" in output.read_bytes()

    try:
        eventually(one_more, "an event is shown")
        tail.send_signal(signal.SIGINT)
        assert tail.wait(30) == 0
    finally:
        tail.kill()
    event = json.loads(output.read_bytes().splitlines()[0])
    assert event["type"] == "campaign.conversation_logged.v1"
    assert set(event) == {"position", "type", "subject", "data"}


def test_a_type_that_nobody_publishes_is_refused(running: Running) -> None:
    done = samtal(running, "events", "tail", "--type", "nothing_happened", ok=False)
    assert "no such type" in done.stderr


def test_the_catalogue_lists_what_is_published(tmp_path: Path) -> None:
    done = process.samtal(["events", "catalogue", "--json"], tmp_path, {})
    found = {event["type"]: event for event in json.loads(done.stdout)}
    logged = found["campaign.conversation_logged.v1"]
    assert logged["exchange"] == "campaign.events"
    assert logged["routing_key"] == "conversation_logged"
    assert logged["fields"]["count"] == "whole number"
    assert logged["fields"]["campaign_id"] == "uuid?"
    assert "membership.member_joined.v1" in found


def test_the_doctor_finds_nothing_where_nothing_is_wrong(running: Running) -> None:
    def well() -> bool:
        done = subprocess.run(
            [sys.executable, "-m", "samtal", "doctor"],
            env=dict(running.env),
            cwd=process.PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode == 0 and "not ok" not in done.stdout

    eventually(well, "all is well")


def test_the_doctor_says_what_to_do(tmp_path: Path) -> None:
    ports = dict(zip(SERVICES, free_ports(len(SERVICES)), strict=True))
    env = {f"SAMTAL_{name.upper()}_ADDRESS": f"127.0.0.1:{ports[name]}" for name in ports}
    done = process.samtal(["doctor"], tmp_path, env, ok=False)
    assert "Start it with: samtal run campaign" in done.stdout
    wrong = {"SAMTAL_AMQP_URI": "amqp://localhost"}
    done = process.samtal(["doctor"], tmp_path, wrong, ok=False)
    assert "SAMTAL_DATABASE_URL go together" in done.stdout


def test_databases_are_migrated_once(tmp_path: Path) -> None:
    assert process.samtal(["migrate"], tmp_path, {}).stdout.count("migrated") == 4
    again = process.samtal(["migrate", "--service", "campaign"], tmp_path, {})
    assert again.stdout == "campaign: is current\n"
