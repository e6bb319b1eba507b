"""Membership's rules are tested with a plain session, without a broker."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from infra import migrate
from infra.database import Database
from infra.sealing import Blinder, Sealer
from services.membership import editions, units
from services.membership.vault import Vault
from tests import process
from tests.membership.given import forget_published
from tests.process import Running
from tests.servers import PostgresServer


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Database]:
    """A migrated database of membership with nothing in it."""
    made = Database(f"sqlite:///{tmp_path}/membership.db", "membership")
    migrate.upgrade(made.engine, "membership")
    yield made
    made.close()


@pytest.fixture
def database(empty: Database) -> Database:
    """A database with the national edition, whose events are gone."""
    with empty.writing() as session:
        units.load_edition(session, editions.reference(), national=True)
        forget_published(session)
    return empty


@pytest.fixture(scope="session")
def postgresql(databases: PostgresServer) -> Iterator[Database]:
    """A database on a real server with the national edition, whose events are gone; shared."""
    databases.create_databases(["membership_shared"])
    url = databases.url("membership_shared").replace("postgresql://", "postgresql+psycopg2://")
    made = Database(url, "membership")
    migrate.upgrade(made.engine, "membership")
    with made.writing() as session:
        units.load_edition(session, editions.reference(), national=True)
        forget_published(session)
    yield made
    made.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest) -> Database:
    """A database with the national edition, on each of both; others have members in it too."""
    name = "database" if request.param == "sqlite" else "postgresql"
    found: Database = request.getfixturevalue(name)
    return found


@pytest.fixture
def vault() -> Vault:
    """Keeps personal data with keys of its own."""
    return Vault(Sealer([Fernet.generate_key().decode()]), Blinder(b"a key for tests"))


@pytest.fixture(scope="session")
def membership(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The service in a process of its own."""
    running = process.start(["membership"], tmp_path_factory.mktemp("membership"))
    yield running
    running.close()
