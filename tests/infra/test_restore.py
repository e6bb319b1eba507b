"""After a restore the feed goes on in another epoch, and nobody takes one event for another."""

from infra import inbox, outbox
from infra.bus.pump import Cursor, Pump
from infra.database import Database
from infra.feed import LocalFeed, parse, render
from infra.freshness import Freshness
from infra.restore import restored
from infra.subscription import Handler, Subscription
from tests.infra.samples import published
from tests.infra.takes import TYPE, Takes, ThingData


def begin_epoch(database: Database) -> str:
    with database.writing() as session:
        return restored(session)


def test_restored_events_keep_their_epoch_and_later_ones_have_the_new(database: Database) -> None:
    first = published(database, 1, 2)[0].epoch
    second = begin_epoch(database)
    assert [event.epoch for event in published(database, 3)] == [first, first, second]
    third = begin_epoch(database)
    assert begin_epoch(database) != third, "one in which nothing happened is forgotten"
    with database.reading() as session:
        page = outbox.read(session, 0, 10)
    assert [entry.epoch for entry in page.entries] == [first, first, second]
    assert page.epoch not in (first, second, third)
    assert parse(render(page, 0)).entries[2].epoch == second


def test_what_was_handled_before_a_restore_is_not_handled_again_and_the_new_is(
    database: Database,
) -> None:
    takes = Takes(database)
    subscription = Subscription("sub", database)
    subscription.add(Handler(TYPE, ThingData(), takes.handle))
    feeds = {"sample": LocalFeed(database)}
    pump, freshness = Pump(subscription, feeds), Freshness(subscription, feeds)
    kept = [event.body for event in published(database, 1, 2)]
    lost = kept[1].replace(b'"position":2', b'"position":3')
    subscription.process([lost])
    takes.taken.clear()
    pump.run("sample", lambda: True)
    assert takes.taken == [1, 2]
    assert freshness.report()["current"]
    begin_epoch(database)
    assert freshness.report()["current"]
    published(database, 3)
    assert freshness.report()["sources"][0]["behind_events"] == 1
    pump.run("sample", lambda: True)
    assert takes.taken == [1, 2, 3], "the third is not the lost one of the same position"
    assert freshness.report()["current"]
    with database.reading() as session:
        assert len(inbox.reached(session, "sub")) == 2


def test_a_restored_subscription_reads_its_sources_again(database: Database) -> None:
    takes = Takes(database)
    pump = Pump(takes.subscription, {"sample": LocalFeed(database)})
    published(database, 1)
    pump.run("sample", lambda: True)
    assert pump.behind() == []
    begin_epoch(database)
    assert pump.behind() == ["sample"]
    with database.reading() as session:
        cursor = session.get(Cursor, ("sub", "sample"))
    assert cursor is not None
    assert cursor.position == 1
