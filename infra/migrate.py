"""Schema migrations with Alembic: the plumbing's own tables, then the service's."""

import threading
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("infra", "service")
# Alembic keeps the running migration in module state; embedded, four services start together.
_one_at_a_time = threading.Lock()


def upgrade(engine: Engine, service: str) -> None:
    """Bring a service's database to the current schema; safe to repeat and to run in parallel."""
    with _one_at_a_time, engine.execution_options(writing=True).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(20210321)")
        for room in ROOMS:
            config = _config(room, service)
            config.attributes["connection"] = connection
            config.attributes["version_table"] = _version_table(room)
            command.upgrade(config, "head")


def is_current(connection: Connection, service: str) -> bool:
    """Whether the database has the schema that this code was written for."""
    return all(_found(connection, room) == _wanted(room, service) for room in ROOMS)


def _found(connection: Connection, room: str) -> str | None:
    options = {"version_table": _version_table(room)}
    return MigrationContext.configure(connection, opts=options).get_current_revision()


_heads: dict[tuple[str, str], str | None] = {}


def _wanted(room: str, service: str) -> str | None:
    if (room, service) not in _heads:
        script = ScriptDirectory.from_config(_config(room, service))
        _heads[room, service] = script.get_current_head()
    return _heads[room, service]


def _config(room: str, service: str) -> AlembicConfig:
    folder = ROOT / "infra" if room == "infra" else ROOT / "services" / service
    config = AlembicConfig()
    config.set_main_option("script_location", str(ROOT / "infra" / "migrations"))
    config.set_main_option("version_locations", str(folder / "migrations" / "versions"))
    config.set_main_option("path_separator", "os")
    return config


def _version_table(room: str) -> str:
    return f"schema_version_{room}"


def autogenerate_options() -> dict[str, Any]:
    """What both the upgrade and a check of the models against the schema compare."""
    return {"compare_type": True, "render_as_batch": True}
