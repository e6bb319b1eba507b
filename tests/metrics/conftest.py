"""Metrics' rules are tested with a plain session, without a broker."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra import migrate
from infra.database import Database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty, migrated database of metrics."""
    made = Database(f"sqlite:///{tmp_path}/metrics.db", "metrics")
    migrate.upgrade(made.engine, "metrics")
    yield made
    made.close()
