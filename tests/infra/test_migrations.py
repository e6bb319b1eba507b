"""The migrated schema is the one that the mapped classes describe, on both databases."""

import threading
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import select, text

from infra import migrate
from infra.config import SERVICES
from infra.database import Base, Database
from infra.deadletters import DeadLetter
from tests.servers import PostgresServer

for name in SERVICES:
    import_module(f"services.{name}.service")


def database_url(kind: str, service: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    if kind == "sqlite":
        return f"sqlite:///{tmp_path}/{service}.db"
    server: PostgresServer = request.getfixturevalue("databases")
    made = f"migrated_{service}_{abs(hash(request.node.nodeid)) % 10**9}"
    server.create_databases([made])
    return server.url(made).replace("postgresql://", "postgresql+psycopg2://")


def differences(database: Database) -> list[Any]:
    """What the database has otherwise than the classes; tables of other services aside."""
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        tables = set(connection.dialect.get_table_names(connection))
        found = compare_metadata(context, Base.metadata)
    ours = []
    for difference in found:
        kind = difference[0] if isinstance(difference, tuple) else difference[0][0]
        if kind in ("add_table", "add_index"):
            table = difference[1] if kind == "add_table" else difference[1].table
            if table.name not in tables:
                continue
        if kind == "remove_table" and difference[1].name.startswith(("schema_version_", "feed_1")):
            continue  # Alembic's own, and the feed's partition.
        if kind == "remove_index":
            continue  # An index that only serves reads is the migration's own affair.
        ours.append(difference)
    return ours


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_schema_is_the_one_of_the_classes(
    kind: str, service: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    database = Database(database_url(kind, service, tmp_path, request), service)
    with database.engine.connect() as connection:
        assert not migrate.is_current(connection, service)
    migrate.upgrade(database.engine, service)
    with database.engine.connect() as connection:
        assert migrate.is_current(connection, service)
    assert differences(database) == []
    database.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_migrating_again_or_from_several_processes_at_once_changes_nothing(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = database_url(kind, "metrics", tmp_path, request)
    failures: list[BaseException] = []

    def upgrade() -> None:
        database = Database(url, "metrics")
        try:
            migrate.upgrade(database.engine, "metrics")
        except BaseException as error:
            failures.append(error)
        database.close()

    threads = [threading.Thread(target=upgrade) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    upgrade()
    assert failures == []


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_letter_of_before_keeps_its_times(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    database = Database(database_url(kind, "campaign", tmp_path, request), "campaign")
    letter = (
        "INSERT INTO dead_letter (id, subscription, body, error, traceback, attempts, failed_at)"
        " VALUES ('5f1f0f5e8f0b4c3e9d7e3a51d3a0c0de', 'campaign', '', '', '', 1,"
        " '2026-11-01 10:00:00')"
    )
    with database.writing() as session:
        config = migrate._config("infra", "campaign")
        config.attributes["connection"] = session.connection()
        config.attributes["version_table"] = migrate._version_table("infra")
        command.upgrade(config, "0001")
        session.execute(text(letter))
    migrate.upgrade(database.engine, "campaign")
    with database.reading() as session:
        (found,) = session.scalars(select(DeadLetter))
    assert found.first_failed_at == found.failed_at
    database.close()
