"""Metrics' rules are tested with a plain session, without a broker."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra import migrate
from infra.database import Database
from tests.metrics.feeds import Metrics
from tests.metrics.telling import knowing, on_postgresql
from tests.servers import PostgresServer


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty, migrated database of metrics."""
    made = Database(f"sqlite:///{tmp_path}/metrics.db", "metrics")
    migrate.upgrade(made.engine, "metrics")
    yield made
    made.close()


@pytest.fixture
def metrics(tmp_path: Path) -> Iterator[Metrics]:
    """Metrics that knows the units of `telling`."""
    found = knowing(tmp_path)
    yield found
    found.database.close()


@pytest.fixture
def postgresql(databases: PostgresServer) -> Iterator[Metrics]:
    """The same on a real server."""
    with on_postgresql(databases) as found:
        yield found
