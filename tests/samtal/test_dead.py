"""samtal dead, as operators use it."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from infra.config import SERVICES
from samtal.dead import harmless
from tests import poison, process
from tests.poison import LOGGED
from tests.process import Running, eventually
from tests.servers import free_ports

WRONG = {"unit": "2584", "count": "many", "note": "\x1b[2J took hold"}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """All four services, embedded."""
    running = process.start(SERVICES, tmp_path_factory.mktemp("dead"))
    yield running
    running.close()


@pytest.fixture
def running(service: Running) -> Iterator[Running]:
    """The services without a letter before and after."""
    yield service
    service.call("POST", "metrics", "/dead-letters/discard", {"all": True})


def dead(running: Running, *arguments: str, ok: bool = True) -> subprocess.CompletedProcess[str]:
    home = Path(running.env["SAMTAL_HOME"])
    return process.samtal(["dead", *arguments], home, running.env, ok=ok)


def letters(running: Running) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = running.call("GET", "metrics", "/dead-letters").json()["items"]
    return found


def poisoned(running: Running, number: int = 1) -> list[str]:
    """The ids of so many letters."""
    home = Path(running.env["SAMTAL_HOME"])
    for _ in range(number):
        poison.into_outbox(home, poison.event(**WRONG))
    eventually(lambda: len(letters(running)) == number, "all are letters")
    return [letter["id"] for letter in letters(running)]


def on_a_terminal(running: Running, answer: str, *arguments: str) -> tuple[int, str]:
    """Exit status and output of `samtal dead …`, to whose question `answer` is typed."""
    ours, theirs = pty.openpty()
    try:
        started = subprocess.Popen(
            [sys.executable, "-m", "samtal", "dead", *arguments],
            env=dict(running.env),
            cwd=process.PROJECT,
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        os.write(ours, f"{answer}\n".encode())
        output, _ = started.communicate(timeout=60)
    finally:
        os.close(ours)
        os.close(theirs)
    return started.returncode, output


def test_where_all_is_well_the_list_says_so(running: Running) -> None:
    assert dead(running, "list").stdout == "There are no dead letters.\n"


def test_the_list_is_a_table_by_subscription_type_and_what_is_set_aside(running: Running) -> None:
    (letter_id,) = poisoned(running)
    shown = dead(running, "list").stdout
    assert letter_id in shown
    assert all(text in shown for text in ("metrics", "set aside", LOGGED, "the data is wrong"))
    assert letter_id in dead(running, "list", "--subscription", "metrics", "--set-aside").stdout
    assert letter_id in dead(running, "list", "--type", LOGGED).stdout
    for other in (("--subscription", "training"), ("--type", "campaign.conversation_voided.v1")):
        assert "no dead letters" in dead(running, "list", *other).stdout


def test_a_letter_is_shown_without_taking_hold_of_the_terminal(running: Running) -> None:
    (letter_id,) = poisoned(running)
    shown = dead(running, "show", letter_id).stdout
    assert "metrics" in shown
    assert "set aside" in shown
    assert "Traceback" in shown
    assert "many" in shown
    assert "\x1b" not in shown
    body = json.loads(dead(running, "show", letter_id, "--body").stdout)
    assert body["data"] == WRONG


def test_what_would_control_a_terminal_is_spelt_out() -> None:
    assert harmless("å\x1b[2J\r\x9b\u202e\n\tend") == "å\\x1b[2J\\x0d\\x9b\\x202e\n\tend"


def test_a_letter_that_is_not_there_is_an_error(running: Running) -> None:
    nobody = str(uuid4())
    assert "There is no dead letter" in dead(running, "show", nobody, ok=False).stderr
    for verb in ("retry", "discard"):
        done = dead(running, verb, nobody, ok=False)
        assert f"0 letters {'tried again' if verb == 'retry' else 'discarded'}" in done.stdout
        assert "1 letter not found" in done.stderr


@pytest.mark.parametrize("verb", ["retry", "discard"])
def test_without_a_clear_selection_nothing_happens(running: Running, verb: str) -> None:
    (letter_id,) = poisoned(running)
    before = letters(running)
    assert "Say which letters" in dead(running, verb, ok=False).stderr
    for unclear in ([letter_id, "--all"], ["--type", LOGGED, "--all"]):
        assert "one of them" in dead(running, verb, *unclear, ok=False).stderr
    assert letters(running) == before


@pytest.mark.parametrize(
    "selection", [["--all"], ["--type", LOGGED], ["--subscription", "metrics"]]
)
def test_letters_are_tried_again_as_often_as_one_likes(
    running: Running, selection: list[str]
) -> None:
    poisoned(running, 2)
    for attempts in (2, 3):
        assert "2 letters tried again" in dead(running, "retry", *selection).stdout
        assert [letter["attempts"] for letter in letters(running)] == [attempts] * 2
    other = ["--subscription", "training", "--all"]
    assert "0 letters tried again" in dead(running, "retry", *other).stdout


def test_the_letters_with_these_ids_are_discarded(running: Running) -> None:
    first, second, third = poisoned(running, 3)
    assert "2 letters discarded" in dead(running, "discard", first, third).stdout
    assert [letter["id"] for letter in letters(running)] == [second]


def test_on_a_terminal_a_discard_asks_first(running: Running) -> None:
    poisoned(running, 2)
    status, output = on_a_terminal(running, "n", "discard", "--all")
    assert status == 1
    assert "Discard 2 letters for good?" in output
    assert len(letters(running)) == 2
    status, output = on_a_terminal(running, "y", "discard", "--all")
    assert (status, letters(running)) == (0, [])
    poisoned(running)
    status, output = on_a_terminal(running, "n", "discard", "--all", "--yes")
    assert (status, letters(running)) == (0, [])
    assert "?" not in output


def test_the_doctor_tells_of_letters_that_are_set_aside(running: Running) -> None:
    poisoned(running)
    done = process.samtal(["doctor"], Path(running.env["SAMTAL_HOME"]), running.env, ok=False)
    assert "1 set aside, 0 tried again by themselves" in done.stdout
    assert "samtal dead list --subscription metrics" in done.stdout


def test_a_service_that_does_not_answer_is_named_and_the_others_are_listed(
    running: Running,
) -> None:
    (letter_id,) = poisoned(running)
    away = {"SAMTAL_CAMPAIGN_ADDRESS": f"127.0.0.1:{free_ports(1)[0]}"}
    home = Path(running.env["SAMTAL_HOME"])
    done = process.samtal(["dead", "list"], home, {**running.env, **away}, ok=False)
    assert letter_id in done.stdout
    assert "campaign does not answer" in done.stderr
