"""The real mode for a measurement: RabbitMQ, PostgreSQL, and a process a service."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from infra.config import SERVICES
from tests import conftest, process
from tests.process import ORGANISATION, Running, eventually
from tests.servers import PostgresServer, RabbitServer, free_ports, postgres, rabbitmq

PEER_DATABASE = "peer"
MONOLITH_DATABASE = "monolith"
HOSTED = ("membership", "campaign", "metrics")
"""What a conversation passes through; training has no part in it."""


@dataclass
class Real:
    """The services that run, and what they stand on."""

    databases: PostgresServer
    broker: RabbitServer
    services: conftest.System

    def stop_all_but(self, service: str) -> None:
        """Leave one service alone with its database and the broker."""
        for name in HOSTED:
            if name != service:
                self.services.running[name].stop()


@contextmanager
def real(
    home: Path, settings: Mapping[str, str] | None = None, hosted: Sequence[str] = HOSTED
) -> Iterator[Real]:
    """The `hosted` services with the organisation loaded, and empty databases for the peers.

    `settings` are PostgreSQL's.
    """
    with ExitStack() as stack:
        databases = stack.enter_context(postgres(settings=settings))
        databases.create_databases([*SERVICES, PEER_DATABASE, MONOLITH_DATABASE])
        broker = stack.enter_context(rabbitmq())
        env = conftest.real_environment(broker, databases)
        conftest.migrate(home, env)
        ports = dict(zip(SERVICES, free_ports(len(SERVICES)), strict=True))
        running: dict[str, Running] = {}
        for name in hosted:
            running[name] = process.start([name], home, env, ports=ports)
            stack.callback(running[name].close)
        system = conftest.System(running, "real")
        process.samtal(
            ["import", "units", str(ORGANISATION)], home, {**env, **running["membership"].env}
        )
        for name in [name for name in hosted if name != "membership"]:
            eventually(partial(has_units, system, name), f"{name} has the units")
        yield Real(databases, broker, system)


def has_units(system: conftest.System, service: str) -> bool:
    """Whether the service has handled all that membership published."""
    report = system.call("GET", service, "/freshness").json()
    behind = {source["source"]: source["behind_events"] for source in report["sources"]}
    return bool(behind["membership"] == 0)


def give_units(databases: PostgresServer, source: str, database: str) -> None:
    """Give a peer the units that a service of ours has."""
    rows = databases.execute("SELECT code, coalesce(parent, '') FROM unit", database=source)
    values = ", ".join(
        f"('{code}', nullif('{parent}', ''))"
        for code, parent in (row.split("|") for row in rows.splitlines())
    )
    databases.execute(
        "CREATE TABLE unit (code varchar(64) PRIMARY KEY, parent varchar(64))",
        f"INSERT INTO unit VALUES {values}",
        database=database,
    )
