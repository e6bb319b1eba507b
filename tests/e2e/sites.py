"""Samtal in each of its modes, alone on its servers, and whatever it says to others kept."""

import json
import random
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import requests

from infra.config import SERVICES
from tests import poison, process
from tests.conftest import System, migrate, real_environment
from tests.e2e.marks import word
from tests.servers import free_ports, postgres, rabbitmq

Place = tuple[Path, str]
"""A folder, and what the files in it are called."""


@dataclass
class Site:
    """Samtal in one of its modes, alone on its servers, and all that it said to others.

    `running` is searched before the stop, `stopped` after it; `control` must be found in each.
    """

    system: System
    home: Path
    env: dict[str, str]
    running: dict[str, Place]
    stopped: dict[str, Place]
    without_database: Callable[[], AbstractContextManager[None]]
    closed_table: Callable[[str], AbstractContextManager[None]]
    stop: Callable[[], None]
    said: list[str] = field(default_factory=list)
    control: str = field(default_factory=lambda: word(random.Random(secrets.token_hex())))

    def ask(
        self, method: str, service: str, path: str, data: Any = None, **headers: str
    ) -> requests.Response:
        """One request; `data` is sent as it is if it is bytes, or else as JSON."""
        body = data if isinstance(data, bytes) or data is None else json.dumps(data).encode()
        given = {"Content-Type": "application/json", "X-Request-Id": self.control}
        given["Authorization"] = f"Bearer {self.system.token()}"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        url = self.system.url(service) + path
        return requests.request(method, url, data=body, headers=given | named, timeout=60)

    def tell(self, *args: Any, **headers: str) -> requests.Response:
        """One request whose answer may hold nothing personal."""
        answer = self.ask(*args, **headers)
        assert answer.status_code < 500 or answer.status_code == 503, answer.text
        self.said += [answer.text, str(answer.headers)]
        return answer

    def run(self, *arguments: str, ok: bool = True) -> None:
        """One command to its end."""
        done = process.samtal(arguments, self.home, self.env, ok=ok)
        self.said += [done.stdout, done.stderr]

    @property
    def unit(self) -> str:
        """The code of the unit where the people are."""
        return f"1280-{self.control}"


@contextmanager
def embedded(tmp_path: Path) -> Iterator[Site]:
    """One process, SQLite and the in-process bus."""
    home = tmp_path / "home"
    running = process.start(SERVICES, home)
    try:
        yield Site(
            System(dict.fromkeys(SERVICES, running), "embedded"),
            home,
            dict(running.env),
            {"SQLite": (home, "*.db*")},
            {"SQLite, stopped": (home, "*.db*"), "the logs": (home, "*.log")},
            nullcontext,
            partial(poison.closed_table_of_sqlite, home),
            lambda: _ended(running),
        )
    finally:
        running.close()


@contextmanager
def real(tmp_path: Path) -> Iterator[Site]:
    """Four processes, with a RabbitMQ and a PostgreSQL that nobody else uses."""
    home = tmp_path / "home"
    ports = dict(zip(SERVICES, free_ports(len(SERVICES)), strict=True))
    with rabbitmq() as broker, postgres() as server, ExitStack() as stack:
        server.create_databases(SERVICES)
        env = real_environment(broker, server)
        home.mkdir()
        migrate(home, env)
        running = {}
        for name in SERVICES:
            running[name] = process.start([name], home, env, ports=ports)
            stack.callback(running[name].close)
        env |= running["membership"].env
        process.samtal(["import", "units", str(process.ORGANISATION)], home, env)

        @contextmanager
        def without_database() -> Iterator[None]:
            server.stop()
            yield
            server.start()
            for each in running.values():
                each.wait_ready()

        def stop() -> None:
            for each in running.values():
                _ended(each)
            broker.stop()
            server.stop()

        yield Site(
            System(running, "real"),
            home,
            env,
            {"RabbitMQ": (broker.nodes[0]._folder, "*")},
            {
                "PostgreSQL": (server._folder, "*"),
                "PostgreSQL's tables": (server._folder / "data" / "base", "*"),
                "PostgreSQL's write-ahead log": (server._folder / "data" / "pg_wal", "*"),
                "RabbitMQ, stopped": (broker.nodes[0]._folder, "*"),
                "the logs": (home, "*.log"),
            },
            without_database,
            partial(poison.closed_table_of_postgresql, server),
            stop,
        )


def _ended(running: process.Running) -> None:
    assert running.stop() == 0
