"""Samtal as its users run it: a process of its own, on free ports, in a folder of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from infra.auth import SCOPES, Tokens
from infra.config import SERVICES
from infra.secrets import Secrets
from tests.servers import free_ports

TOKEN_KEY = "a key for tests alone, of more than 32 bytes"
DATA_KEY = "dGVzdHMgYWxvbmUgdXNlIHRoaXMga2V5LCAzMiBieXQ="
PROJECT = Path(__file__).resolve().parent.parent
ORGANISATION = PROJECT / "services" / "membership" / "data" / "organisation.csv"
READY = 40.0


def environment(home: Path, ports: Mapping[str, int], extra: Mapping[str, str]) -> dict[str, str]:
    """What a process of Samtal is told; nothing of the caller's own SAMTAL_ variables."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SAMTAL_")}
    return {
        **kept,
        "SAMTAL_HOME": str(home),
        "SAMTAL_TOKEN_KEY": TOKEN_KEY,
        "SAMTAL_DATA_KEY": DATA_KEY,
        "SAMTAL_LOG_FORMAT": "json",
        **{f"SAMTAL_{name.upper()}_ADDRESS": f"127.0.0.1:{ports[name]}" for name in ports},
        **extra,
    }


def eventually(condition: Callable[[], Any], what: str, seconds: float = 20.0) -> Any:
    """The first true answer of `condition`; fails, saying `what`, when there is none in time."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not in {seconds} s: {what}")
        time.sleep(0.02)


@dataclass
class Running:
    """One process that hosts some services."""

    process: subprocess.Popen[bytes]
    services: Sequence[str]
    ports: Mapping[str, int]
    env: Mapping[str, str]
    log: Path
    http: requests.Session = field(default_factory=requests.Session)

    def url(self, service: str) -> str:
        """Where a service answers."""
        return f"http://127.0.0.1:{self.ports[service]}"

    def token(self, scopes: str = " ".join(SCOPES), unit: str = "SE", seconds: int = 3600) -> str:
        """A token that this process accepts."""
        return Tokens(Secrets(token_key=TOKEN_KEY)).sign("test", scopes, unit, seconds)

    def call(
        self, method: str, service: str, path: str, body: Any = None, token: str | None = None
    ) -> requests.Response:
        """One request with a token for everything, unless another is given."""
        headers = {"Authorization": f"Bearer {token or self.token()}"}
        return self.http.request(
            method, self.url(service) + path, json=body, headers=headers, timeout=30
        )

    def wait_ready(self, probe: str = "ready") -> None:
        """Wait until every service of the process says so."""
        for service in self.services:
            eventually(lambda name=service: self._answers(name, probe), self._why(service), READY)

    def stop(self) -> int:
        """Ask it to stop, and wait; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)

    def kill(self) -> None:
        """End it at this very instruction."""
        self.process.kill()
        self.process.wait(timeout=30)

    def close(self) -> None:
        """Whatever happened, leave nothing running."""
        if self.process.poll() is None:
            self.kill()
        self.http.close()

    def _answers(self, service: str, probe: str) -> bool:
        if self.process.poll() is not None:
            raise AssertionError(self._why(service))
        try:
            return requests.get(f"{self.url(service)}/health/{probe}", timeout=5).ok
        except requests.ConnectionError:
            return False

    def _why(self, service: str) -> str:
        return f"{service} ready; its log:\n{self.log.read_text(encoding='utf-8')[-3000:]}"


def samtal(
    arguments: Sequence[str],
    home: Path,
    env: Mapping[str, str],
    *,
    ok: bool = True,
    seconds: float = 120,
) -> subprocess.CompletedProcess[str]:
    """Run the command line to its end; fails with its output unless it ends as expected."""
    done = subprocess.run(
        [sys.executable, "-m", "samtal", *arguments],
        env=environment(home, {}, env),
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    if (done.returncode == 0) != ok:
        raise AssertionError(f"samtal {arguments}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def start(
    services: Sequence[str],
    home: Path,
    env: Mapping[str, str] | None = None,
    *,
    ports: Mapping[str, int] | None = None,
    probe: str = "ready",
    module: Sequence[str] = ("samtal",),
) -> Running:
    """Start services in one process and wait until they are ready (or merely `live`).

    `module` is the command's, with arguments of its own before the command's.
    """
    ports = ports or dict(zip(SERVICES, free_ports(len(SERVICES)), strict=True))
    home.mkdir(parents=True, exist_ok=True)
    log = home / f"{'-'.join(services)}.log"
    full = environment(home, ports, env or {})
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *module, "run", *services],
            env=full,
            cwd=PROJECT,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    running = Running(process, services, ports, full, log)
    try:
        running.wait_ready(probe)
    except BaseException:
        running.close()
        raise
    return running
