"""Connections that PostgreSQL ends: the error is one of AWAY, and the pool stays whole."""

from collections.abc import Iterator
from contextlib import closing

import psycopg2
import pytest
from psycopg2.extensions import set_wait_callback
from psycopg2.extras import wait_select
from sqlalchemy import text

from infra.database import AWAY, Database
from tests.servers import PostgresServer

OWN = text("SELECT pg_backend_pid()")


@pytest.fixture
def database(databases: PostgresServer) -> Iterator[Database]:
    url = databases.url("postgres").replace("postgresql://", "postgresql+psycopg2://")
    found = Database(url, "tests")
    # As in a service: with a callback psycopg2 asks the server more than without.
    set_wait_callback(wait_select)
    yield found
    set_wait_callback(None)
    found.close()


def end(databases: PostgresServer, pid: int) -> None:
    with closing(psycopg2.connect(databases.url("postgres"))) as other, other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))


def test_a_connection_that_ends_after_the_only_statement_fails_nothing(
    database: Database, databases: PostgresServer
) -> None:
    # Once before: a connection that was set back once is asked more of the second time.
    for warm in (True, False):
        with database.at_once() as session:
            pid = session.scalars(OWN).one()
            if not warm:
                end(databases, pid)


def test_connections_that_were_ended_are_away_once_and_then_made_anew(
    database: Database, databases: PostgresServer
) -> None:
    with database.at_once() as session:
        pid = session.scalars(OWN).one()
    end(databases, pid)
    with pytest.raises(AWAY), database.at_once() as session:
        session.execute(OWN)
    with database.at_once() as session:
        assert session.scalars(OWN).one() != pid
