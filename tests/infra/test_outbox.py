"""Facts and changes are one commit; positions are dense, in order, and never change."""

import threading

import pytest
from sqlalchemy import func, select

from infra import clock, outbox
from infra.context import Context, working_on
from infra.database import Database
from infra.event import decode
from infra.outbox import FeedRow, OutboxRow
from tests.infra.samples import ThingHappened, ThingUntold, published


def test_a_fact_of_a_transaction_that_fails_is_not_published(database: Database) -> None:
    def fail() -> None:
        with database.writing() as session:
            outbox.append(session, ThingHappened(1))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert published(database) == []


def test_positions_rise_by_one_in_the_order_of_the_commits(database: Database) -> None:
    events = published(database, 5, 3, 9)
    assert [event.position for event in events] == [1, 2, 3]
    assert [event.data["number"] for event in events] == [5, 3, 9]
    assert [event.position for event in published(database, 7)] == [1, 2, 3, 4]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_transaction_that_commits_late_never_appears_behind_a_readers_back(
    database: Database,
) -> None:
    began, overtaken = threading.Event(), threading.Event()

    def late() -> None:
        with database.writing() as session:
            outbox.append(session, ThingHappened(1))
            session.flush()
            began.set()
            assert overtaken.wait(10)

    thread = threading.Thread(target=late)
    thread.start()
    assert began.wait(10)
    assert [event.data["number"] for event in published(database, 2)] == [2]
    overtaken.set()
    thread.join()
    assert [(e.position, e.data["number"]) for e in published(database)] == [(1, 2), (2, 1)]


def test_the_outbox_is_emptied_and_the_feed_keeps_everything(database: Database) -> None:
    published(database, 1, 2, 3)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(OutboxRow)) == 0
        assert session.scalar(select(func.count()).select_from(FeedRow)) == 3


def test_an_event_says_what_led_to_it(database: Database) -> None:
    with working_on(Context("request-1", None, "00-trace")), database.writing() as session:
        outbox.append(session, ThingHappened(1))
    (first,) = published(database)
    assert (first.correlation_id, first.traceparent) == ("request-1", "00-trace")
    with database.writing() as session:
        outbox.append(session, ThingHappened(2), cause=first)
    second = published(database)[1]
    assert second.causation_id == str(first.id)
    assert second.correlation_id == "request-1"


def test_an_anonymous_event_says_neither_what_led_to_it_nor_when(database: Database) -> None:
    (cause,) = published(database, 1)
    about = Context("request-1", "cause", "00-trace")
    with working_on(about), database.writing() as session:
        outbox.append(session, ThingUntold(7), ThingUntold(8))
        outbox.append(session, ThingUntold(9), cause=cause)

    told = published(database)[1:]

    for event in told:
        assert (event.correlation_id, event.causation_id, event.traceparent) == (None, None, None)
        assert event.time == f"{clock.today()}T00:00:00.000000Z"
        assert event.id.version == 4
    with database.reading() as session:
        times = session.scalars(select(FeedRow.time).order_by(FeedRow.position)).all()
    assert set(times[1:]) == {clock.start_of(clock.today())}


def test_the_envelope_is_a_cloud_event_without_the_fields_that_are_none(
    database: Database,
) -> None:
    published(database, 4)
    with database.reading() as session:
        body = outbox.read(session, 0, 10).entries[0].body
    event = decode(body)
    assert event.type == "sample.thing_happened.v1"
    assert dict(event.data) == {"number": 4}
    for part in (b'"specversion":"1.0"', b'"source":"/sample"', b'"subject":"thing/4"'):
        assert part in body


def test_what_is_pending_is_counted_when_that_is_asked_for(database: Database) -> None:
    published(database, 1)
    with database.writing() as session:
        outbox.append(session, ThingHappened(2), ThingHappened(3))
    with database.reading() as session:
        assert outbox.read(session, 0, 10).pending == 2
        page = outbox.read(session, 0, 10, counting=False)
    assert (page.pending, page.head, len(page.entries)) == (0, 1, 1)
