"""The timer that counts the segments: once a day, and it ends at once when the service stops."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from infra import clock
from infra.database import Database
from services.membership import countings, joins, units
from services.membership.exact_tree import ExactTree
from services.membership.service import MembershipService, segments
from services.membership.service.segments import StandstillProvider
from services.membership.vault import Vault
from tests.membership.given import joining, published


class Settings:
    """What the timer is told."""

    young_age = 30


@pytest.fixture
def service(database: Database, vault: Vault, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The service with its dependencies and 45 members, 15 of them young."""
    monkeypatch.setattr(segments, "CHUNK", 10)
    monkeypatch.setattr(segments, "STEP", 4)
    made: Any = MembershipService()
    made.database, made.tree, made.settings = database, ExactTree(), Settings()
    made.open_vault, made.stopping = lambda: vault, lambda: False
    with database.writing() as session:
        born = [date(1950, 1, 1), date(1960, 1, 1), clock.today().replace(day=1)] * 15
        requests = [joining(joined_on=born[2], birth_date=each) for each in born]
        outcomes = joins.join_all(session, units.take_turn(session), requests, vault)
    assert all(outcome.created for outcome in outcomes)
    return made


def young(database: Database) -> int | None:
    """How many are shown."""
    with database.reading() as session:
        found: int | None = countings.of_unit(session, "SE")["young"]
    return found


def test_the_timer_counts_everybody(service: Any, database: Database) -> None:
    service.count_segments()

    assert young(database) == 15


def test_a_stop_ends_a_counting_which_is_begun_anew_at_once(
    service: Any, database: Database
) -> None:
    answers = iter([False, False, False, True])
    service.stopping = lambda: next(answers)
    service.count_segments()
    assert young(database) is None
    assert next(answers, None) is None

    service.stopping = lambda: False
    service.count_segments()
    assert young(database) == 15


def test_a_database_that_is_away_is_waited_for(
    service: Any, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("gone"))

    with monkeypatch.context() as broken:
        broken.setattr(countings, "begin", away)
        service.count_segments()
    assert young(database) is None

    service.count_segments()
    assert young(database) == 15


def test_one_who_counted_too_long_shows_nothing(service: Any, database: Database) -> None:
    def overtaken() -> bool:
        with database.writing() as session:
            _locked(session).run += 1
        return False

    service.stopping = overtaken
    service.count_segments()

    assert young(database) is None


def _locked(session: Session) -> countings.Counting:
    found = session.get(countings.Counting, 1)
    assert found is not None
    return found


def test_a_register_that_stands_still_is_counted_soon_and_once(
    service: Any, database: Database, vault: Vault
) -> None:
    standstill = StandstillProvider()
    standstill.setup()
    service.stands_still = standstill.get_dependency(None)

    service.count_segments_soon()
    with database.writing() as session:
        joins.join(session, units.take_turn(session), joining(), vault)
    service.count_segments_soon()
    assert young(database) is None

    service.count_segments_soon()
    assert young(database) == 15
    told = published(database)
    for _ in range(3):
        service.count_segments_soon()
    assert published(database) == told


def test_where_nobody_is_a_member_there_is_nothing_to_count_soon(database: Database) -> None:
    standstill = StandstillProvider()
    standstill.setup()
    with database.reading() as session:
        assert countings.waiting(session, clock.today()) is None
    assert not any(standstill.stands_still(None) for _ in range(3))
