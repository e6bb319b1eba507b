"""Two at once at the panel, on PostgreSQL: a token is used once, a wave closed once."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from infra.database import Database
from infra.errors import Conflict
from services.membership import drawing, panel
from services.membership.exact_tree import ExactTree
from services.membership.panel import Wave
from services.membership.vault import Vault
from tests.membership.given import published
from tests.membership.panels import people, said, tokens, wave
from tests.membership.racing import during, emptied, migrated
from tests.servers import PostgresServer

TABLES = ("panel_drawn", "panel_draw", "panel_invitation", "panel_tally", "panel_wave")


@pytest.fixture(scope="module")
def shared(databases: PostgresServer) -> Iterator[Database]:
    """A migrated database of membership on a real server."""
    with migrated(databases, "membership_panel") as made:
        yield made


@pytest.fixture
def postgresql(shared: Database, vault: Vault) -> Database:
    """The database with the small edition and twenty members in it."""
    people(emptied(shared, *TABLES), vault, 20, "0003")
    return shared


def answering(token: str) -> Callable[[Session], Any]:
    """The work of answering, as the service does it."""
    return lambda session: panel.answer(session, token, said())


def closing(found: Wave) -> Callable[[Session], Any]:
    """The work of closing a wave."""
    return lambda session: panel.close(session, found.id)


def test_of_two_uses_of_a_token_one_is_counted(postgresql: Database) -> None:
    found = wave(postgresql)
    token, *_ = tokens(postgresql, found.id, 20)

    refused = during(postgresql, answering(token), answering(token)).exception()

    assert isinstance(refused, Conflict)
    assert answered(postgresql, found) == 1


def test_answers_at_once_in_a_district_are_all_counted(postgresql: Database) -> None:
    found = wave(postgresql)
    first, second, *_ = tokens(postgresql, found.id, 20)

    assert during(postgresql, answering(first), answering(second)).exception() is None
    assert answered(postgresql, found) == 2


def test_an_answer_while_the_wave_closes_is_refused_or_published(postgresql: Database) -> None:
    found = wave(postgresql)
    first, *_ = tokens(postgresql, found.id, 20)

    assert during(postgresql, answering(first), closing(found)).exception() is None
    assert len(published(postgresql)) == 1

    again = wave(postgresql)
    third, *_ = tokens(postgresql, again.id, 20)
    refused = during(postgresql, closing(again), answering(third)).exception()
    assert isinstance(refused, Conflict)
    assert len(published(postgresql)) == 1


def test_a_wave_that_two_close_at_once_is_published_once(postgresql: Database) -> None:
    found = wave(postgresql)
    token, *_ = tokens(postgresql, found.id, 20)
    with postgresql.writing() as session:
        panel.answer(session, token, said())

    during(postgresql, closing(found), closing(found)).result()

    assert len(published(postgresql)) == 1


def test_a_replica_passes_by_the_wave_that_another_closes(postgresql: Database) -> None:
    found = wave(postgresql)
    tomorrow = found.closes_on + timedelta(days=1)
    with postgresql.writing() as session:
        assert panel.close_one(session, tomorrow)
        with postgresql.writing() as other:
            assert not panel.close_one(other, tomorrow)


def test_of_two_draws_alike_one_tells_tokens(postgresql: Database) -> None:
    found = wave(postgresql)

    def draw(session: Session) -> Any:
        tree = ExactTree().as_of(session)
        return drawing.invite(session, tree, found.id, {"seed": 1, "size": 5})[1]

    assert during(postgresql, draw, draw).result() is None


def answered(database: Database, found: Wave) -> int:
    """How many answers there are."""
    with database.reading() as session:
        (shown,) = panel.counted(session, [found])
    return int(shown["answered"])
