"""A rebuild of a running Samtal: the same counters, reads that go on, no harm by a kill."""

import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests

from infra.config import SERVICES
from tests import process
from tests.conftest import System, real_environment
from tests.process import Running, eventually
from tests.servers import PostgresServer, RabbitServer, free_ports

UNITS = ("1280", "0114", "2584", "1480", "0180")
YEAR = 2023
TIMERS = {"training.obligation_overdue.v1", "training.obligation_due_soon.v1"}
"""What is published because time goes by."""


def report(count: int, size: int = 1000) -> dict[str, Any]:
    """A batch of conversations in some branches, on some days of the year."""
    items = [
        {
            "id": str(uuid4()),
            "unit": UNITS[n % len(UNITS)],
            "arena": "door",
            "held_on": f"{YEAR}-{n % 12 + 1:02}-{n % 28 + 1:02}",
            "count": count,
        }
        for n in range(size)
    ]
    return {"items": items}


def load(system: System, batches: int) -> None:
    for _ in range(batches):
        answer = system.call("POST", "campaign", "/conversations/batch", report(2))
        assert answer.json()["created"] == 1000


def join(system: System, count: int) -> None:
    for number in range(count):
        body = {
            "unit": UNITS[number % len(UNITS)],
            "joined_on": f"{YEAR}-04-05",
            "source": "digital",
            "name": "Kim Öst",
        }
        assert system.call("POST", "membership", "/members", body).status_code == 201


def boards(system: System) -> dict[str, Any]:
    """All goals of all units: whatever a counter shows in."""
    page: dict[str, Any] = {"next": ""}
    units: list[str] = []
    while page["next"] is not None:
        cursor = f"&cursor={page['next']}" if page["next"] else ""
        page = system.call("GET", "membership", f"/units?limit=500{cursor}").json()
        units += [unit["code"] for unit in page["items"]]
    assert len(units) >= 317
    return {
        unit: system.call("GET", "metrics", f"/goals?unit={unit}&year={YEAR}").json()["goals"]
        for unit in units
    }


def conversations(system: System) -> int:
    found = system.call("GET", "metrics", f"/goals/conversations?unit=SE&year={YEAR}").json()
    value: int = found["value"]
    return value


def begin(running: System | Running) -> dict[str, Any]:
    """Begin a rebuild; its status."""
    answer = running.call("POST", "metrics", "/rebuild", {"id": str(uuid4())})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def status(running: System | Running) -> dict[str, Any]:
    answer = running.call("GET", "metrics", "/rebuild")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def ended(running: System | Running) -> dict[str, Any]:
    """How the rebuild that runs ends."""

    def over() -> dict[str, Any] | None:
        found = status(running)
        return found if found["state"] != "running" else None

    found: dict[str, Any] = eventually(over, "the rebuild ends", 60)
    return found


def heads(system: System) -> dict[str, int]:
    paths = dict.fromkeys(SERVICES, "/events?after=9007199254740990")
    return {name: system.call("GET", name, path).json()["head"] for name, path in paths.items()}


@contextmanager
def watched(system: System) -> Iterator[list[tuple[int, Any]]]:
    """What the board shows of the party's conversations, asked all the time."""
    seen: list[tuple[int, Any]] = []
    over = threading.Event()

    def watch() -> None:
        address = f"{system.url('metrics')}/goals/conversations?unit=SE&year={YEAR}"
        headers = {"Authorization": f"Bearer {system.token()}"}
        with requests.Session() as http:
            while not over.wait(0.02):
                answer = http.get(address, headers=headers, timeout=30)
                seen.append((answer.status_code, answer.json().get("value")))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def test_a_rebuild_shows_the_same_boards_in_every_unit_and_publishes_nothing(
    system: System,
) -> None:
    load(system, 2)
    join(system, 20)
    system.settle()
    before, published = boards(system), heads(system)
    begin(system)
    found = ended(system)
    assert (found["state"], found["error"]) == ("done", None)
    for source in found["sources"]:
        assert source["position"] >= published[source["source"]]
    assert boards(system) == before
    for name, head in published.items():
        news = system.call("GET", name, f"/events?after={head}").json()["items"]
        assert {event["type"] for event in news} <= TIMERS


def test_reads_go_on_and_what_is_reported_meanwhile_is_counted_once(system: System) -> None:
    load(system, 2)
    system.settle()
    before, sent = conversations(system), 0
    with watched(system) as seen:
        begin(system)
        while status(system)["state"] == "running":
            system.call("POST", "campaign", "/conversations/batch", report(1, 50))
            sent += 50
        assert ended(system)["state"] == "done"
        system.settle()
    assert conversations(system) == before + sent
    assert {code for code, _ in seen} == {200}
    values = [value for _, value in seen]
    assert values[0] >= before
    assert values == sorted(values), "the number never goes back"


def test_a_second_rebuild_is_refused_while_one_runs(system: System) -> None:
    load(system, 1)
    system.settle()
    begun = begin(system)
    second = system.call("POST", "metrics", "/rebuild", {})
    assert second.status_code == 409
    again = system.call("POST", "metrics", "/rebuild", {"id": begun["id"]})
    assert (again.status_code, again.json()["id"]) == (200, begun["id"])
    assert ended(system)["state"] == "done"


@pytest.fixture(params=["embedded", "real"])
def mortal(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[System, Running, dict[str, int]]]:
    """Samtal, a process of it that hosts metrics and may be killed, and that one's ports."""
    ports = dict(zip(SERVICES, free_ports(len(SERVICES)), strict=True))
    if request.param == "embedded":
        running = process.start(SERVICES, tmp_path, ports=ports)
        system = System(dict.fromkeys(SERVICES, running), "embedded")
    else:
        system = request.getfixturevalue("real")
        ports = {**system.running["metrics"].ports, "metrics": ports["metrics"]}
        running = process.start(["metrics"], tmp_path, replica_env(request), ports=ports)
    yield system, running, ports
    running.close()


def replica_env(request: pytest.FixtureRequest) -> dict[str, str]:
    broker: RabbitServer = request.getfixturevalue("broker")
    databases: PostgresServer = request.getfixturevalue("databases")
    return real_environment(broker, databases)


def test_a_kill_while_a_rebuild_runs_leaves_the_old_counters_and_the_next_is_clean(
    mortal: tuple[System, Running, dict[str, int]], tmp_path: Path
) -> None:
    system, running, ports = mortal
    load(system, 6)
    join(system, 5)
    system.settle()
    before = boards(system)
    begin(running)
    eventually(lambda: any(s["position"] for s in status(running)["sources"]), "it has begun")
    assert status(running)["state"] == "running"
    running.kill()
    env = {name: value for name, value in running.env.items() if name.startswith("SAMTAL_")}
    again = process.start(running.services, tmp_path, env, ports=ports)
    try:
        if system.mode == "embedded":
            system.running = dict.fromkeys(SERVICES, again)
        found = status(again)
        assert (found["state"], found["error"]) == (
            "failed",
            "The process that ran it is gone; nothing was changed.",
        )
        assert boards(system) == before
        begin(again)
        assert ended(again)["state"] == "done"
        system.settle()
        assert boards(system) == before
    finally:
        again.close()


def test_the_command_ends_with_the_rebuild_and_says_what_it_read(system: System) -> None:
    system.settle()
    metrics = system.running["metrics"]
    before = counted_heads(system)
    done = process.samtal(["rebuild"], Path(metrics.env["SAMTAL_HOME"]), metrics.env)
    said = re.search(r"Rebuilt from (\d+) events\.", done.stdout)
    assert said
    assert before <= int(said[1]) <= counted_heads(system)
    assert status(system)["state"] == "done"


def counted_heads(system: System) -> int:
    return sum(head for name, head in heads(system).items() if name != "metrics")


def test_a_rebuild_after_a_restore_counts_what_was_kept_and_what_came_after(
    tmp_path: Path,
) -> None:
    home, backup = tmp_path / "home", tmp_path / "campaign.db"
    running = process.start(SERVICES, home)
    try:
        system = System(dict.fromkeys(SERVICES, running), "embedded")
        load(system, 1)
        system.settle()
        kept = conversations(system)
        running.stop()
        copy_database(home / "campaign.db", backup)
        running = process.start(SERVICES, home, ports=running.ports)
        system.running = dict.fromkeys(SERVICES, running)
        load(system, 2)  # What the restore loses.
        system.settle()
        counted = conversations(system)
        assert counted == 3 * kept
        running.stop()
        copy_database(backup, home / "campaign.db")
        process.samtal(["restored", "campaign"], home, {})
        running = process.start(SERVICES, home, ports=running.ports)
        system.running = dict.fromkeys(SERVICES, running)
        answer = system.call("POST", "campaign", "/conversations/batch", report(1))
        assert answer.json()["created"] == 1000
        system.settle()
        assert conversations(system) == counted + 1000, "none is taken for a lost one"
        process.samtal(["rebuild"], home, running.env)
        assert conversations(system) == kept + 1000
    finally:
        running.close()


def copy_database(source: Path, target: Path) -> None:
    """Copy a database that nobody has open, over whatever was there."""
    for path in target.parent.glob(f"{target.name}*"):
        path.unlink()
    for path in source.parent.glob(f"{source.name}*"):
        shutil.copy(path, target.parent / path.name.replace(source.name, target.name))
