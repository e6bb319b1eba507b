"""The plumbing on both databases; nothing of it knows members or goals."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra import migrate
from infra.database import Database
from tests.infra.takes import Takes
from tests.servers import PostgresServer

PLUMBING = "campaign"
"""Whose migrations are run: the plumbing's tables come with every service's."""


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty, migrated database, once of each kind."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/plumbing.db"
    else:
        server: PostgresServer = request.getfixturevalue("databases")
        name = f"plumbing_{abs(hash(request.node.nodeid)) % 10**9}"
        server.create_databases([name])
        url = server.url(name).replace("postgresql://", "postgresql+psycopg2://")
    made = Database(url, PLUMBING)
    migrate.upgrade(made.engine, PLUMBING)
    yield made
    made.close()


@pytest.fixture
def takes(database: Database) -> Takes:
    """A subscription that fails when it is told to."""
    return Takes(database)
