"""A subscription that is new to a feed, or to events of one more name, reads it from the start."""

from dataclasses import dataclass

from infra import outbox
from infra.bus.pump import Pump
from infra.database import Database
from infra.feed import LocalFeed, parse, render
from infra.freshness import WINDOW, Freshness
from infra.subscription import Handler
from tests.infra.feeds import append, sequence
from tests.infra.samples import SampleFact, published
from tests.infra.takes import Takes, ThingData


@dataclass(frozen=True)
class OtherHappened(SampleFact, subject="other/{number}"):
    """Something else happened."""

    number: int


@dataclass(frozen=True)
class OtherHappenedV2(SampleFact, subject="other/{number}", version=2):
    """Something else happened, told in another way."""

    number: int


def others(database: Database, *numbers: int) -> None:
    with database.writing() as session:
        outbox.append(session, *(OtherHappened(number) for number in numbers))
    with database.writing() as session:
        outbox.sequence(session)


def wants(takes: Takes, fact: type[SampleFact]) -> None:
    takes.subscription.add(Handler(fact.type(), ThingData(), takes.handle))


def pump_of(takes: Takes, database: Database) -> Pump:
    return Pump(takes.subscription, {"sample": LocalFeed(database)})


def read_all(pump: Pump) -> None:
    pump.run("sample", lambda: True)
    assert pump.behind() == []


def test_a_new_name_is_read_from_the_start_of_the_feed_and_the_rest_is_not_handled_again(
    database: Database,
) -> None:
    takes = Takes(database)
    published(database, 1)
    others(database, 2)
    published(database, 3)
    read_all(pump_of(takes, database))
    assert takes.taken == [1, 3]
    wants(takes, OtherHappened)
    pump = pump_of(takes, database)
    assert pump.behind() == ["sample"]
    read_all(pump)
    assert takes.taken == [1, 3, 2]


def test_a_name_that_is_no_longer_wanted_is_no_reason_to_read_again(database: Database) -> None:
    takes = Takes(database)
    wants(takes, OtherHappened)
    others(database, 1)
    read_all(pump_of(takes, database))
    assert pump_of(Takes(database), database).behind() == []


def test_a_falling_behind_that_is_noted_does_not_hide_a_new_name(database: Database) -> None:
    takes = Takes(database)
    others(database, 1)
    read_all(pump_of(takes, database))
    wants(takes, OtherHappened)
    pump = pump_of(takes, database)
    pump.fall_behind()
    read_all(pump)
    assert takes.taken == [1]


def test_what_is_not_read_yet_makes_a_subscription_stale_however_far_back_it_is(
    database: Database,
) -> None:
    takes = Takes(database)
    others(database, 1)
    append(database, *range(WINDOW + 10))
    sequence(database, limit=5000)
    read_all(pump_of(takes, database))
    feeds = {"sample": LocalFeed(database)}
    assert Freshness(takes.subscription, feeds).report()["current"]
    wants(takes, OtherHappened)
    report = Freshness(takes.subscription, feeds).report()
    assert not report["current"]
    assert report["sources"][0]["behind_events"] > 0
    read_all(pump_of(takes, database))
    assert Freshness(takes.subscription, feeds).report()["current"]
    assert takes.taken[-1] == 1


def test_a_second_version_has_its_own_routing_key_in_a_feed_that_is_read_over_http(
    database: Database,
) -> None:
    with database.writing() as session:
        outbox.append(session, OtherHappened(1), OtherHappenedV2(2))
    with database.writing() as session:
        outbox.sequence(session)
    page = LocalFeed(database).read(0, 10)
    names = ["other_happened", "other_happened.v2"]
    assert [entry.name for entry in page.entries] == names
    assert [entry.name for entry in parse(render(page, 0)).entries] == names
