"""`samtal demo` as its users run it: the board shows what was played, and goes on serving."""

import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import requests

from infra import clock
from infra.config import SERVICES
from tests import process
from tests.process import Running, eventually
from tests.servers import free_ports

SMALL = ["demo", "--scale", "0.002"]
AS_PLAYED = "Every number of every unit is what was played."


@pytest.fixture
def addresses() -> dict[str, str]:
    """The variables for four free ports."""
    ports = zip(SERVICES, free_ports(len(SERVICES)), strict=True)
    return {f"SAMTAL_{name.upper()}_ADDRESS": f"127.0.0.1:{port}" for name, port in ports}


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Services at which the demo was played."""
    home = tmp_path_factory.mktemp("played")
    running = process.start(SERVICES, home)
    done = process.samtal([*SMALL, "--exit"], home, running.env)
    assert AS_PLAYED in done.stdout
    yield running
    running.close()


def home_of(running: Running) -> Path:
    return Path(running.env["SAMTAL_HOME"])


def test_the_demo_starts_the_services_and_stops_them(
    tmp_path: Path, addresses: Mapping[str, str]
) -> None:
    for _ in range(2):
        done = process.samtal([*SMALL, "--exit"], tmp_path, addresses)
        assert AS_PLAYED in done.stdout
        assert "scale 0.002" in done.stdout
        with pytest.raises(requests.ConnectionError):
            requests.get(f"http://{addresses['SAMTAL_METRICS_ADDRESS']}/health/live", timeout=5)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_without_exit_it_serves_until_it_is_told_to_stop(
    tmp_path: Path, addresses: Mapping[str, str], number: signal.Signals
) -> None:
    output = tmp_path / "output"
    with output.open("wb") as file:
        demo = subprocess.Popen(
            [sys.executable, "-m", "samtal", *SMALL],
            env=process.environment(tmp_path, {}, addresses),
            cwd=process.PROJECT,
            stdout=file,
            stderr=file,
        )
    try:
        eventually(lambda: b"Serving" in output.read_bytes(), "the demo serves", 60)
        address = addresses["SAMTAL_METRICS_ADDRESS"]
        assert requests.get(f"http://{address}/health/ready", timeout=5).ok
        demo.send_signal(number)
        assert demo.wait(30) == 0
        with pytest.raises(requests.ConnectionError):
            requests.get(f"http://{address}/health/live", timeout=5)
    finally:
        demo.kill()


def test_played_again_it_adds_nothing(played: Running) -> None:
    def heads() -> list[int]:
        return [
            played.call("GET", service, "/events?limit=1").json()["head"] for service in SERVICES
        ]

    before = heads()
    process.samtal([*SMALL, "--exit"], home_of(played), played.env)
    assert heads() == before


def test_another_seed_is_refused(played: Running) -> None:
    arguments = [*SMALL, "--seed", "2", "--exit"]
    done = process.samtal(arguments, home_of(played), played.env, ok=False)
    assert "seed 1 already" in done.stderr


def test_a_number_that_was_not_played_is_shown(played: Running) -> None:
    year = clock.today().year - 1
    body = {"unit": "1280", "arena": "door", "held_on": f"{year}-01-15", "count": 3}
    logged = played.call("POST", "campaign", "/conversations", body).json()
    done = process.samtal([*SMALL, "--exit"], home_of(played), played.env, ok=False)
    assert done.returncode == 1
    for unit in ("SE", "skane", "1280"):
        assert f"{unit} {year} conversations, door:" in done.stderr
    played.call("POST", "campaign", f"/conversations/{logged['id']}/void", {})
    process.samtal([*SMALL, "--exit"], home_of(played), played.env)


def test_another_installations_services_are_not_mixed_in(
    tmp_path: Path, addresses: Mapping[str, str], played: Running
) -> None:
    taken = {"SAMTAL_METRICS_ADDRESS": f"127.0.0.1:{played.ports['metrics']}"}
    done = process.samtal([*SMALL, "--exit"], tmp_path, {**addresses, **taken}, ok=False)
    assert "metrics answers at" in done.stderr


def test_services_that_cannot_start_say_why(tmp_path: Path, addresses: Mapping[str, str]) -> None:
    (tmp_path / "membership.db").write_bytes(b"no database" * 1000)
    done = process.samtal([*SMALL, "--exit"], tmp_path, addresses, ok=False)
    assert "The services did not start" in done.stderr
    assert "file is not a database" in done.stderr
