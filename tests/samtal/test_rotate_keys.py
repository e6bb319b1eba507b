"""samtal rotate-keys, killed half-way and run again, and the old key gone afterwards."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from cryptography.fernet import Fernet, InvalidToken

from tests import process
from tests.process import DATA_KEY, Running, eventually

MANY = 6000
NEW = Fernet.generate_key().decode()
BOTH = {"SAMTAL_DATA_KEY": f"{NEW},{DATA_KEY}"}
ALONE = {"SAMTAL_DATA_KEY": NEW}


def joining(number: int) -> dict[str, Any]:
    """Somebody who joins."""
    return {
        "id": str(uuid4()),
        "unit": "1280",
        "joined_on": "2024-05-06",
        "source": "digital",
        "name": f"Person {number}",
    }


def join(running: Running, bodies: list[dict[str, Any]]) -> dict[str, Any]:
    """Let them join; the batch's answer."""
    answer = running.call("POST", "membership", "/members/batch", {"items": bodies})
    found: dict[str, Any] = answer.json()
    return found


def name_of(running: Running, member_id: str) -> str:
    """What a member is called."""
    answer = running.http.get(
        f"{running.url('membership')}/members/{member_id}",
        headers={"Authorization": f"Bearer {running.token()}", "X-Purpose": "test"},
        timeout=30,
    )
    return str(answer.json()["personal"]["name"])


def sealed_anew(home: Path) -> int:
    """How many members only the new key opens."""
    fernet = Fernet(NEW)

    def opens(sealed: bytes) -> bool:
        try:
            fernet.decrypt(sealed)
        except InvalidToken:
            return False
        return True

    with closing(sqlite3.connect(home / "membership.db", timeout=10)) as database:
        return sum(opens(row[0]) for row in database.execute("SELECT personal FROM member"))


@pytest.fixture
def people(tmp_path: Path) -> list[dict[str, Any]]:
    """Many who joined while the old key was the only one; the service is stopped."""
    bodies = [joining(number) for number in range(MANY)]
    running = process.start(["membership"], tmp_path)
    try:
        for start in range(0, MANY, 1000):
            assert join(running, bodies[start : start + 1000])["created"] == 1000
        assert running.stop() == 0
    finally:
        running.close()
    return bodies


def killed_half_way(home: Path) -> None:
    """Run the command until it has sealed something, and end it there and then."""
    with closing(sqlite3.connect(home / "membership.db", timeout=10)) as database:
        first = "SELECT personal FROM member ORDER BY id LIMIT 1"
        before = database.execute(first).fetchone()
        begun = subprocess.Popen(
            [sys.executable, "-m", "samtal", "rotate-keys"],
            env=process.environment(home, {}, BOTH),
            cwd=process.PROJECT,
            stdout=subprocess.DEVNULL,
        )
        try:
            eventually(lambda: database.execute(first).fetchone() != before, "it has begun")
        finally:
            begun.kill()
            begun.wait()


def test_killed_half_way_and_run_again_it_seals_all_and_the_old_key_may_go(
    people: list[dict[str, Any]], tmp_path: Path
) -> None:
    killed_half_way(tmp_path)
    assert 0 < sealed_anew(tmp_path) < MANY

    running = process.start(["membership"], tmp_path, BOTH)
    try:
        # The service goes on meanwhile, and reads both kinds.
        assert {name_of(running, people[n]["id"]) for n in (0, 1)} == {"Person 0", "Person 1"}
        late = joining(MANY)
        assert join(running, [late])["created"] == 1
        done = process.samtal(["rotate-keys"], tmp_path, BOTH)
        assert running.stop() == 0
    finally:
        running.close()
    assert "All is sealed with the first key" in done.stdout
    assert sealed_anew(tmp_path) == MANY + 1

    running = process.start(["membership"], tmp_path, ALONE)
    try:
        assert name_of(running, people[-1]["id"]) == f"Person {MANY - 1}"
        assert name_of(running, late["id"]) == f"Person {MANY}"
        # The key of the indexes is what it was, so the same request is known again.
        assert join(running, people[:1000])["exists"] == 1000
    finally:
        running.close()
    again = process.samtal(["rotate-keys"], tmp_path, ALONE)
    assert again.stdout.startswith("0 sealed anew.")


def test_without_the_old_key_it_says_that_none_may_go(
    people: list[dict[str, Any]], tmp_path: Path
) -> None:
    done = process.samtal(["rotate-keys"], tmp_path, ALONE, ok=False)

    # The members, and the key of the indexes.
    assert f"None of the keys opens {len(people) + 1} rows" in done.stderr
    assert sealed_anew(tmp_path) == 0


def test_a_database_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    done = process.samtal(["rotate-keys"], tmp_path, BOTH, ok=False)

    assert done.stderr.startswith("Error: membership: ")
    assert "Traceback" not in done.stderr
