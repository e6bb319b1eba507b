"""An empty database beside a live one, to build in and then to take the tables over from.

On PostgreSQL it is a schema of the same database, on SQLite a file in the same folder. Everything
that works on a `Database` works on it as it does on the live one.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import cast

from sqlalchemy import MetaData, Table, delete, insert, inspect, select, text, tuple_
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateSchema, DropSchema

from infra import migrate
from infra.database import AWAY, Base, Database

PREFIX = "rebuild_"


class Beside:
    """The database `rebuild_<number>` beside `live`."""

    def __init__(self, live: Database, number: str) -> None:
        self._live = live
        self._name = PREFIX + number
        self.database = Database(self._url(), live.service)

    def create(self) -> None:
        """Make it, migrated and empty; what others left behind when they died goes."""
        self._drop(PREFIX)
        if not self._live.is_sqlite:
            with self._live.engine.begin() as connection:
                connection.execute(CreateSchema(self._name))
        migrate.upgrade(self.database.engine, self.database.service)

    def drop(self) -> None:
        """Remove it; if the database is away, the next one does."""
        self.database.close()
        with suppress(*AWAY):
            self._drop(self._name)

    def take_over(self, session: Session, models: Sequence[type[Base]]) -> None:
        """Make the live tables of `models` equal to these; only rows that differ are written.

        `session` is a writing transaction of the live database, which has written nothing yet
        that these tables hold.
        """
        if self._live.is_sqlite:
            connection = session.connection()
            # Not given back to the pool: the file would stay attached.
            connection.detach()
            connection.execute(
                text(f"ATTACH :path AS {self._name}"), {"path": self._file(self._name)}
            )
        for model in models:
            self._take_over(session, cast("Table", inspect(model).local_table))

    def _take_over(self, session: Session, live: Table) -> None:
        built = live.to_metadata(MetaData(), schema=self._name)
        wrong = select(live).except_(select(built)).subquery()
        keys = list(live.primary_key)
        session.execute(
            delete(live).where(tuple_(*keys).in_(select(*(wrong.c[key.name] for key in keys))))
        )
        missing = select(built).except_(select(live))
        session.execute(insert(live).from_select([column.name for column in live.c], missing))

    def _url(self) -> str:
        url = self._live.engine.url
        if self._live.is_sqlite:
            url = url.set(database=self._file(self._name))
        else:
            given = url.query.get("options", "")
            url = url.update_query_dict({"options": f"{given} -csearch_path={self._name}".strip()})
        return url.render_as_string(hide_password=False)

    def _file(self, name: str) -> str:
        return f"{self._live.engine.url.database}.{name}"

    def _drop(self, beginning: str) -> None:
        if self._live.is_sqlite:
            live = Path(self._file(beginning))
            for path in live.parent.glob(f"{live.name}*"):
                path.unlink(missing_ok=True)
            return
        with self._live.engine.begin() as connection:
            for schema in inspect(connection).get_schema_names():
                if schema.startswith(beginning):
                    connection.execute(DropSchema(schema, cascade=True))


@contextmanager
def beside(live: Database, number: str) -> Iterator[Beside]:
    """An empty database beside `live`, for as long as the block lasts."""
    found = Beside(live, number)
    try:
        found.create()
        yield found
    finally:
        found.drop()
