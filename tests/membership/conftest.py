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
