"""Training's rules are tested with a plain session, without a broker."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from infra import units
from infra.database import Database
from infra.units import Tree
from tests.training.facts import made


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A database that knows a few units and no members."""
    database = made(tmp_path)
    yield database
    database.close()


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """One transaction on that database."""
    with database.writing() as session:
        yield session


@pytest.fixture
def tree(session: Session) -> Tree:
    """The few units."""
    return units.load(session)
