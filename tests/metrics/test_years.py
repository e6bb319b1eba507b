"""Years of events, in many partitions, are read, counted, gone on with and rebuilt."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from uuid import uuid4

import pytest

from infra import migrate, outbox, partitions
from infra.bus.pump import Pump
from infra.database import Database
from infra.feed import LocalFeed
from infra.freshness import Freshness
from infra.inbox import Handled
from infra.rebuild import Rebuilds
from services.campaign.events import ConversationLogged
from services.metrics.counters import DayCounter, YearCounter
from tests import grown
from tests.grown import Years
from tests.metrics.feeds import Metrics, rows
from tests.metrics.test_rebuild import at_once, unit
from tests.servers import PostgresServer

COUNT = 80_000
YEARS = Years(
    COUNT,
    {"1001": "north", "1002": "north", "1003": "north", "2001": "south", "2002": "south"},
    date(2026, 1, 5),
)
COUNTERS = (DayCounter, YearCounter)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as found:
        yield found


def empty(server: PostgresServer, service: str, stack: ExitStack) -> tuple[str, Database]:
    """A migrated database of a service, and its name on the server."""
    name = f"{service}_{uuid4().hex[:12]}"
    server.create_databases([name])
    url = server.url(name).replace("postgresql://", "postgresql+psycopg2://")
    database = Database(url, service)
    stack.callback(database.close)
    migrate.upgrade(database.engine, service)
    return name, database


def listening(metrics: Metrics, campaign: Database) -> Pump:
    """Metrics that know the units, and read the feed of campaign out of its database."""
    for code in ("SE", "north", "south", *YEARS.units):
        above = None if code == "SE" else YEARS.units.get(code, "SE")
        metrics.feeds["membership"].publish("unit_registered", unit(code, above))
    metrics.deliver()
    metrics.feeds["campaign"] = LocalFeed(campaign)  # type: ignore[assignment]
    return Pump(metrics.subscription, metrics.feeds)


def report(campaign: Database, count: int) -> None:
    with campaign.writing() as session:
        for code in YEARS.units:
            fact = ConversationLogged(uuid4(), code, "door", False, YEARS.last, count)
            outbox.append(session, fact)
    with campaign.writing() as session:
        outbox.sequence(session)


def test_years_of_events_are_counted_gone_on_with_and_rebuilt(
    databases: PostgresServer, stack: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "SIZE", COUNT // 16)
    monkeypatch.setattr("infra.rebuild.work.REST", 0.0)
    name, campaign = empty(databases, "campaign", stack)
    grown.fill_campaign(databases, name, YEARS)
    partitioned = "SELECT count(*) FROM pg_partition_tree('feed') WHERE isleaf"
    assert databases.execute(partitioned, database=name) == "17"
    epoch = databases.execute("SELECT epoch FROM feed_head", database=name)
    copy_name, copy = empty(databases, "metrics", stack)
    grown.fill_metrics(databases, copy_name, YEARS, epoch)
    metrics = Metrics(empty(databases, "metrics", stack)[1])
    pump = listening(metrics, campaign)

    pump.run("campaign", lambda: True)
    counted = rows(metrics.database, *COUNTERS)
    assert counted == rows(copy, *COUNTERS), "SQL and the handlers count alike"
    marks = rows(metrics.database, Handled)["handled"]
    assert [row for row in marks if row[1] == "campaign"] == rows(copy, Handled)["handled"]
    assert max(v for u, *_, v in counted["year_counter"] if u == "SE") > 0

    for number in range(3):
        report(campaign, 1 + number)
    pump.run("campaign", lambda: True)
    assert LocalFeed(campaign).read(COUNT, 100).head == COUNT + 15
    source = Freshness(metrics.subscription, metrics.feeds).report()["sources"][0]
    assert (source["source"], source["position"], source["behind_events"]) == (
        "campaign",
        COUNT + 15,
        0,
    )
    before = rows(metrics.database)
    assert rows(metrics.database, *COUNTERS) != counted

    rebuilds = Rebuilds(metrics.database, metrics.plan, at_once)
    rebuilds.begin(uuid4())
    status = rebuilds.status()
    assert (status["state"], status["error"]) == ("done", None)
    assert rows(metrics.database) == before
