"""docker-compose.yml without a container engine: its own commands, run as processes.

Every container becomes a process with the command, environment and files that the compose file
gives it; host names and ports become ports of this machine. RabbitMQ and PostgreSQL are the
tests' own, set up by the files that the compose file mounts. What this leaves unproved is listed in
docs/operating.md.
"""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from infra.auth import SCOPES, Tokens
from infra.config import SERVICES
from infra.secrets import Secrets
from samtal.topology import ours
from tests.deploy.compose import Composition
from tests.process import PROJECT, eventually
from tests.servers.postgres import program

YEAR, DAY = 2025, "2025-05-01"
BRANCH = "1280"
UNITS = 1 + 26 + 290
IN_HAND = 400
"""Events that two held replicas' connections can hold."""
REPLICATED = ("campaign", "metrics")


@pytest.fixture(scope="module")
def up() -> Iterator[Composition]:
    """What `docker compose up` would start, with the organisation loaded."""
    with Composition.up() as composition:
        for name in SERVICES:
            eventually(lambda n=name: knows_units(composition, n), f"{name} knows all units")
        yield composition


class Caller:
    """Whoever comes through the gateway with a token."""

    def __init__(self, composition: Composition) -> None:
        key = composition.secret("token_key")
        token = Tokens(Secrets(token_key=key)).sign("test", " ".join(SCOPES), "SE", 600)
        self._http = requests.Session()
        self._http.headers["Authorization"] = f"Bearer {token}"
        self.gateway = f"http://127.0.0.1:{composition.port('gateway', 8080)}"

    def get(self, path: str) -> requests.Response:
        return self._http.get(self.gateway + path, timeout=30, allow_redirects=False)

    def post(self, path: str, body: object, base: str = "") -> requests.Response:
        return self._http.post((base or self.gateway) + path, json=body, timeout=30)

    def talk(self, count: int, base: str = "") -> None:
        """Report conversations, to the gateway's campaign or to that at `base`."""
        body = {"unit": BRANCH, "arena": "door", "held_on": DAY, "count": count}
        prefix = "" if base else "/campaign"
        answer = self.post(f"{prefix}/conversations", body, base)
        assert answer.status_code == 201, answer.text

    def counts(self, total: int) -> None:
        """Fail unless the branch's board comes to `total`, and stays there to the last event."""
        eventually(lambda: self.counted(BRANCH) >= total, f"{total} are counted")
        eventually(self._is_current, "nothing is left to count")
        assert self.counted(BRANCH) == total

    def _is_current(self) -> bool:
        return bool(self.get("/metrics/freshness").json()["current"])

    def counted(self, unit: str) -> int:
        """The conversations on the board."""
        board = self.get(f"/metrics/goals/conversations?unit={unit}&year={YEAR}").json()
        return int(board["value"])


def knows_units(composition: Composition, service: str) -> bool:
    """Whether a service has its copy of the whole organisation."""
    port = composition.port(service, 8001 + SERVICES.index(service))
    ready = requests.get(f"http://127.0.0.1:{port}/health/ready", timeout=5)
    return int(ready.json()["units"]) == UNITS


def answers(url: str) -> bool:
    """Whether a GET of `url` is answered with success."""
    try:
        return requests.get(url, timeout=5).ok
    except requests.ConnectionError:
        return False


def broker_counted(composition: Composition, what: str) -> int:
    """How many messages were `delivered`, or `redelivered`, so far."""
    assert composition.broker is not None
    counters = composition.broker.ctl("eval", "rabbit_global_counters:overview().")
    return sum(map(int, re.findall(rf"messages_{what}_total => (\d+)", counters)))


def consumers(composition: Composition, queue: str) -> int:
    """How many replicas take from a queue."""
    assert composition.broker is not None
    listed = composition.broker.ctl("list_queues", "-p", "samtal", "name", "consumers")
    found = re.search(rf"^{queue}\t(\d+)$", listed, re.MULTILINE)
    return int(found[1]) if found else 0


def connected_users(composition: Composition) -> set[str]:
    """Who is connected to the broker."""
    assert composition.broker is not None
    return set(composition.broker.ctl("list_connections", "user").splitlines()) - {"user"}


def can_connect(url: str) -> bool:
    """Whether PostgreSQL lets that role into that database."""
    command = [program("psql"), "-XAtq", url, "-c", "SELECT 1"]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


@pytest.fixture(scope="module")
def caller(up: Composition) -> Caller:
    """A caller who may do everything."""
    return Caller(up)


def test_a_post_through_the_gateway_is_counted_on_the_board(caller: Caller) -> None:
    before = caller.counted("SE")
    caller.talk(3)
    for unit in ("SE", "skane", BRANCH):
        eventually(lambda u=unit: caller.counted(u) >= before + 3, f"counted in {unit}")
    assert caller.counted("SE") == before + 3


def test_the_organisation_is_loaded_once(up: Composition) -> None:
    assert "already" in up.run_to_its_end("organisation")


def test_migrating_again_changes_nothing(up: Composition) -> None:
    assert up.run_to_its_end("migrate").count("is current") == len(SERVICES)


def test_every_health_check_passes(up: Composition) -> None:
    for name in up.services:
        check = up.services[name].get("healthcheck")
        if check is not None:
            up.check_health(name)
    assert {n for n in up.services if "healthcheck" not in up.services[n]} == {
        "migrate",
        "organisation",
    }


@pytest.fixture(scope="module")
def second(up: Composition) -> dict[str, str]:
    """The URLs of second replicas, as `docker compose up --scale` would add them."""
    found = {name: up.start_replica(name) for name in REPLICATED}
    for base in found.values():
        eventually(lambda b=base: answers(f"{b}/health/ready"), f"{base} is ready")
    return found


def test_two_replicas_of_campaign_and_metrics_count_exactly_once(
    caller: Caller, second: dict[str, str]
) -> None:
    before = caller.counted(BRANCH)
    for number in range(1, 101):
        caller.talk(number, "" if number % 2 else second["campaign"])
    caller.counts(before + sum(range(1, 101)))


def test_a_stop_under_load_leaves_nothing_to_be_delivered_again(
    up: Composition, caller: Caller, second: dict[str, str]
) -> None:
    assert answers(f"{second['metrics']}/health/live")
    eventually(lambda: consumers(up, "metrics.subscription") == 2, "both replicas consume")
    before = caller.counted(BRANCH)
    delivered = broker_counted(up, "delivered")
    delivered_again = broker_counted(up, "redelivered")
    # Held still, the replicas have everything in hand that the broker gives them.
    replicas = [up.running["metrics"], up.running["metrics-2"]]
    for replica in replicas:
        replica.send_signal(signal.SIGSTOP)
    items = [{"unit": BRANCH, "arena": "door", "held_on": DAY}] * IN_HAND
    assert caller.post("/campaign/conversations/batch", {"items": items}).ok
    given = delivered + IN_HAND
    eventually(lambda: broker_counted(up, "delivered") >= given, "in hand")
    for replica in replicas:
        replica.send_signal(signal.SIGCONT)
    up.stop("metrics-2")
    caller.counts(before + IN_HAND)
    assert broker_counted(up, "redelivered") == delivered_again


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_has_its_prefix_and_its_own_address(
    up: Composition, caller: Caller, service: str
) -> None:
    title = f"Samtal {service}"
    assert caller.get(f"/{service}/openapi.json").json()["info"]["title"] == title
    port = up.port("gateway", 8001 + SERVICES.index(service))
    direct = requests.get(f"http://127.0.0.1:{port}/openapi.json", timeout=10)
    assert direct.json()["info"]["title"] == title


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 302),
        ("/health", 200),
        ("/nowhere/goals", 404),
        ("/metrics/prometheus", 404),
        ("/campaign/nothing", 404),
        ("/training/docs", 200),
        ("/training/docs/swagger-ui.css", 200),
    ],
)
def test_what_the_gateway_answers(caller: Caller, path: str, status: int) -> None:
    answer = caller.get(path)
    assert answer.status_code == status, answer.text
    if status == 404:
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_body_beyond_the_limit_is_a_problem(caller: Caller) -> None:
    answer = caller.post("/campaign/conversations", {"unit": "x" * 7_000_000})
    assert answer.status_code == 413
    assert answer.json()["status"] == 413


def test_a_service_that_is_away_is_unhealthy_and_a_503(up: Composition, caller: Caller) -> None:
    up.stop("training")
    answer = caller.get("/training/health/live")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"
    assert answer.json()["status"] == 503
    assert not up.healthy("training")
    up.start("training")
    up.await_health("training")


def test_a_stop_while_the_broker_is_away_takes_no_longer(up: Composition) -> None:
    assert up.broker is not None
    up.broker.settle()
    up.broker.kill()
    started = time.monotonic()
    up.stop("training")
    assert time.monotonic() - started < 10
    up.broker.start()
    up.start("training")
    up.await_health("training")


def test_each_service_is_a_user_of_its_own_on_the_broker(up: Composition) -> None:
    made = json.loads(up.secret("broker_users.json"))["users"]
    assert [user["name"] for user in made] == [user.name for user in ours()]
    eventually(lambda: set(SERVICES) <= connected_users(up), "every service is connected")
    assert connected_users(up) == set(SERVICES)


def test_a_service_role_reaches_its_own_database_alone(up: Composition) -> None:
    template = up.secret("database_url")
    assert can_connect(template.format(service="campaign"))
    assert not can_connect(template.replace("{service}:", "training:").format(service="campaign"))


def test_secrets_are_made_once_and_closed_to_others(up: Composition, tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    command = [str(PROJECT / "scripts" / "secrets"), str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    first = {file.name: file.read_text() for file in folder.iterdir()}
    subprocess.run(command, check=True, capture_output=True)
    assert {file.name: file.read_text() for file in folder.iterdir()} == first
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {Path(secret["file"]).name for secret in up.file["secrets"].values()} == set(first)
    assert not any(value.strip() in os.environ.values() for value in first.values())


def test_containers_are_careful(up: Composition) -> None:
    for name, service in up.services.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert not service["user"].startswith("0"), name
        assert "memory" in service["deploy"]["resources"]["limits"], name
        assert service["restart"] in ("unless-stopped", "on-failure:5"), name
        assert ":" in service["image"], name
        assert not service["image"].endswith(":latest"), name


def test_the_image_is_made_of_pinned_parts_and_runs_as_nobody_special() -> None:
    text = (PROJECT / "infra" / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    assert set(re.findall(r"^FROM (\S+)", text, re.MULTILINE)) == {"python:3.12.13-slim-bookworm"}
    assert re.findall(r"^USER (\S+)", text, re.MULTILINE) == ["10001:10001"]
    kept = (PROJECT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    copied = re.findall(r"^COPY (?!--)(\S+) ", text, re.MULTILINE)
    assert "samtal" in copied
    assert {f"!{name}" for name in copied} <= set(kept)


def test_no_secret_is_in_the_compose_file(up: Composition) -> None:
    for name, service in up.services.items():
        for variable, value in service.get("environment", {}).items():
            hidden = any(word in variable for word in ("PASSWORD", "KEY", "URI", "URL", "TOKEN"))
            assert not hidden or value.startswith("/run/secrets/"), (name, variable)
