"""What conversations are about, by unit and month: as they are logged, voided and corrected."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from infra import clock, outbox, units
from infra.database import Database
from infra.errors import Invalid
from services.campaign import conversations, topic_months
from tests.campaign.consulted import NOW, Row, migrated, sqlite
from tests.servers import PostgresServer

NAME = "campaign_topics"
MAY, JUNE = date(2026, 5, 1), date(2026, 6, 1)


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """One transaction at noon."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    database: Database = sqlite(tmp_path)
    with database.writing() as session:
        yield session
    database.close()


def report(**changes: Any) -> Row:
    """A report of two conversations about school."""
    said = {"arena": "door", "held_on": date(2026, 5, 31), "count": 2, "topics": ["skola"]}
    nothing = dict.fromkeys(("campaign_id", "logged_by", "workplace"))
    return {"id": uuid4(), "unit": "0001", **said, **nothing, **changes}


def log(session: Session, *reports: Row) -> None:
    """Log them."""
    outcomes = conversations.log_all(session, units.load(session), reports)
    assert all(outcome.problem is None for outcome in outcomes)


def follow(session: Session) -> None:
    """Give what was told its positions, and count it."""
    outbox.sequence(session)
    while topic_months.count_next(session):
        pass


def months(
    session: Session, unit: str = "SE", first: date = MAY, last: date = JUNE, **paging: Any
) -> list[tuple[date, str, int]]:
    """What is listed."""
    days = {"held_from": first, "held_to": last}
    query = {"unit": unit, **days, "limit": 100, "cursor": None, **paging}
    page = topic_months.listed(session, units.load(session), query)
    return [tuple(row) for row in page.items]


def test_conversations_are_counted_by_topic_and_the_month_they_were_held(session: Session) -> None:
    first = report(topics=["skola", "vård"])
    log(session, first, report(count=3, topics=["skola", "skola"]), report(topics=[]))
    log(session, first, report(held_on=JUNE, unit="0003"))
    follow(session)

    assert months(session) == [(MAY, "skola", 5), (JUNE, "skola", 2), (MAY, "vård", 2)]
    assert months(session, "norr") == [(MAY, "skola", 5), (MAY, "vård", 2)]
    assert months(session, first=JUNE) == [(JUNE, "skola", 2)]
    assert months(session, "0001", date(2026, 5, 9), date(2026, 5, 8)) == months(session, "0001")


def test_what_is_voided_or_corrected_is_taken_off_once(session: Session) -> None:
    voided, mistaken = report(), report(topics=["skola", "vård"])
    log(session, voided, mistaken, report(count=5))
    for _ in range(2):
        conversations.void(session, voided["id"], "mistake")
    right = report(count=1, topics=["klimat"])
    for _ in range(2):
        conversations.correct(session, units.load(session), mistaken["id"], right)

    follow(session)
    assert months(session) == [(MAY, "klimat", 1), (MAY, "skola", 5)]


def test_the_list_is_read_in_pages_and_its_ends_are_in_order(session: Session) -> None:
    log(session, report(topics=["skola", "vård"]), report(held_on=JUNE))
    follow(session)
    tree = units.load(session)
    query = {"unit": "SE", "held_from": MAY, "held_to": JUNE, "limit": 2, "cursor": None}
    first = topic_months.listed(session, tree, query)
    rest = topic_months.listed(session, tree, {**query, "cursor": first.next})

    assert [tuple(row) for row in (*first.items, *rest.items)] == months(session)
    with pytest.raises(Invalid) as refused:
        months(session, first=JUNE, last=MAY)
    assert list(refused.value.errors) == ["to"]


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database of each kind."""
    if request.param == "sqlite":
        made = sqlite(tmp_path)
    else:
        server: PostgresServer = request.getfixturevalue("databases")
        server.create_databases([NAME])
        made = migrated(server.url(NAME).replace("postgresql://", "postgresql+psycopg2://"))
    yield made
    made.close()


def test_each_report_is_counted_once_however_often_and_in_how_many_pieces(
    either: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topic_months, "AT_ONCE", 2)
    with either.writing() as session:
        voided = report()
        log(session, voided, report(topics=["skola", "skola", "vård"]), report(unit="0003"))
        follow(session)
    with either.writing() as session:
        conversations.void(session, voided["id"], None)
        follow(session)
        assert not topic_months.count_next(session)
    with either.reading() as session:
        assert months(session) == [(MAY, "skola", 4), (MAY, "vård", 2)]
