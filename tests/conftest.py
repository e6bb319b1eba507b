"""What many tests stand on: Samtal in both of its modes, started once and shared."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from infra.config import SERVICES
from tests import process
from tests.process import Running, eventually
from tests.servers import PostgresServer, RabbitServer, free_ports, postgres, rabbitmq


@pytest.fixture(scope="session")
def broker() -> Iterator[RabbitServer]:
    """One RabbitMQ node."""
    with rabbitmq() as server:
        yield server


@pytest.fixture(scope="session")
def databases() -> Iterator[PostgresServer]:
    """One PostgreSQL server with a database for each service."""
    with postgres() as server:
        server.create_databases(SERVICES)
        yield server


@dataclass
class System:
    """The four services, wherever they run."""

    running: dict[str, Running]
    mode: str

    def url(self, service: str) -> str:
        """Where a service answers."""
        return self.running[service].url(service)

    def token(self, *args: object, **kwargs: object) -> str:
        """A token that all four accept; as Running.token."""
        return self.running["metrics"].token(*args, **kwargs)  # type: ignore[arg-type]

    def call(
        self, method: str, service: str, path: str, body: object = None, token: str | None = None
    ) -> requests.Response:
        """One request; as Running.call."""
        return self.running[service].call(method, service, path, body, token)

    def settle(self) -> None:
        """Wait until every event has had its effect, through all four services."""
        for service in ("campaign", "training", "membership", "metrics"):
            eventually(lambda name=service: self._current(name), f"{service} is current", 60)

    def _current(self, service: str) -> bool:
        return bool(self.call("GET", service, "/freshness").json()["current"])


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """All four services in one process, with SQLite and the in-process bus."""
    running = process.start(SERVICES, tmp_path_factory.mktemp("embedded"))
    yield System(dict.fromkeys(SERVICES, running), "embedded")
    running.close()


def real_environment(broker: RabbitServer, databases: PostgresServer) -> dict[str, str]:
    """What makes a process run against the real broker and database."""
    return {"SAMTAL_AMQP_URI": broker.uri, "SAMTAL_DATABASE_URL": databases.url_template}


def own_databases(server: PostgresServer, prefix: str) -> dict[str, str]:
    """Databases beside those of `real`, made now, and what makes a process use them."""
    server.create_databases(f"{prefix}_{service}" for service in SERVICES)
    template = server.url_template.replace("{service}", f"{prefix}_{{service}}")
    return {"SAMTAL_DATABASE_URL": template}


def migrate(home: Path, env: dict[str, str]) -> None:
    """Bring the four databases to the current schema, as an operator would."""
    process.samtal(["migrate"], home, env)


@pytest.fixture(scope="session")
def real(
    tmp_path_factory: pytest.TempPathFactory, broker: RabbitServer, databases: PostgresServer
) -> Iterator[System]:
    """Each service a process of its own, with RabbitMQ and PostgreSQL."""
    home = tmp_path_factory.mktemp("real")
    env = real_environment(broker, databases)
    ports = dict(zip(SERVICES, free_ports(len(SERVICES)), strict=True))
    migrate(home, env)
    with ExitStack() as stack:
        running = {}
        for name in SERVICES:
            running[name] = process.start([name], home, env, ports=ports)
            stack.callback(running[name].close)
        system = System(running, "real")
        process.samtal(
            ["import", "units", str(process.ORGANISATION)],
            home,
            {**env, **running["membership"].env},
        )
        system.settle()
        yield system


@pytest.fixture(params=["embedded", "real"])
def system(request: pytest.FixtureRequest) -> System:
    """Samtal in each of its modes."""
    found: System = request.getfixturevalue(request.param)
    return found
