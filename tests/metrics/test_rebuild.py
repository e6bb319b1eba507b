"""A rebuild from the feeds gives the very same counters, whatever goes on meanwhile."""

import random
import threading
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.orm import Session

from infra import inbox, migrate
from infra.database import Database
from infra.errors import Conflict
from infra.rebuild import Rebuilds, record
from infra.rebuild.beside import Beside
from infra.rebuild.work import NOWHERE
from tests.metrics.feeds import Metrics, rows
from tests.servers import PostgresServer

UNITS = ("SE", "north", "south", "1001", "1002", "2001", "1001-a")
PARENTS = (None, "SE", "SE", "north", "north", "south", "1001")
ARENAS = ("door", "phone", "online")


@pytest.fixture(params=["sqlite", "postgresql"])
def metrics(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Metrics]:
    """Metrics on an empty database, once of each kind."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/metrics.db"
    else:
        server: PostgresServer = request.getfixturevalue("databases")
        name = f"rebuilt_{uuid4().hex[:12]}"
        server.create_databases([name])
        url = server.url(name).replace("postgresql://", "postgresql+psycopg2://")
    database = Database(url, "metrics")
    migrate.upgrade(database.engine, "metrics")
    yield Metrics(database)
    database.close()


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Feeds are read in many pages."""
    monkeypatch.setattr("infra.rebuild.work.BATCH", 50)
    monkeypatch.setattr("infra.rebuild.work.REST", 0.0)


def day(chance: random.Random) -> str:
    return (date(2025, 6, 1) + timedelta(days=chance.randrange(500))).isoformat()


def publish_units(metrics: Metrics) -> None:
    for code, parent in zip(UNITS, PARENTS, strict=True):
        metrics.feeds["membership"].publish("unit_registered", unit(code, parent))


def unit(code: str, parent: str | None, version: int = 1, on: str = "2020-01-01") -> dict[str, Any]:
    return {
        "code": code,
        "name": code,
        "kind": "branch",
        "parent": parent,
        "population": None,
        "open": True,
        "version": version,
        "valid_from": on,
    }


def publish_facts(metrics: Metrics, count: int, seed: int) -> None:
    """Facts of all kinds, and a move, that the counters are made of."""
    chance = random.Random(seed)
    members, campaign = metrics.feeds["membership"], metrics.feeds["campaign"]
    for _ in range(count):
        place, when = chance.choice(UNITS), day(chance)
        members.publish("member_joined", {"unit": place, "joined_on": when, "source": "digital"})
        report = {"unit": place, "arena": chance.choice(ARENAS), "held_on": when, "count": 3}
        campaign.publish("conversation_logged", report)
        if chance.random() < 0.2:
            campaign.publish("conversation_voided", report)
            left = {"unit": place, "left_on": when, "reason": "unpaid"}
            members.publish("member_left", left)
            moved = {"from_unit": place, "to_unit": chance.choice(UNITS), "on": when}
            members.publish("member_transferred", moved)
            publish_tasks(metrics, chance)
        publish_obligation(metrics, chance)
    members.publish(
        "unit_changed", unit("1001", chance.choice(("north", "south")), seed, "2026-01-05")
    )


def publish_tasks(metrics: Metrics, chance: random.Random) -> None:
    """An officer, a leader who has had an offer, and a commitment that is fulfilled."""
    feed, member = metrics.feeds["membership"], str(UUID(int=chance.randrange(20)))
    for role in ("union_leader", "elected_post"):
        task = {"assignment_id": str(uuid4()), "member_id": member, "role": role}
        task["unit"] = chance.choice(UNITS)
        feed.publish("assignment_started", {**task, "started_on": day(chance)})
        if chance.random() < 0.5:
            feed.publish("assignment_ended", {**task, "ended_on": day(chance)})
    done = {"unit": chance.choice(UNITS), "key": "campaign.run", "fulfilled_on": day(chance)}
    feed.publish("commitment_fulfilled", done)
    known = {"obligation_id": str(uuid4()), "member_id": member, "unit": "1001", "version": 2}
    offered = {**known, "kind": "leader_education", "offered_on": day(chance)}
    metrics.feeds["training"].publish("obligation_met", offered)


def publish_obligation(metrics: Metrics, chance: random.Random) -> None:
    known = {"obligation_id": str(uuid4()), "member_id": str(uuid4()), "kind": "academy"}
    known["unit"] = chance.choice(UNITS)
    opened = {**known, "due_on": day(chance), "version": 1}
    metrics.feeds["training"].publish("obligation_opened", opened)
    if chance.random() < 0.5:
        met = {**opened, "on_time": chance.random() < 0.5, "version": 2}
        metrics.feeds["training"].publish("obligation_met", met)


@pytest.fixture
def counted(metrics: Metrics) -> Metrics:
    """Some years of facts, all of them counted live."""
    publish_units(metrics)
    publish_facts(metrics, 200, seed=2)
    metrics.deliver()
    return metrics


def at_once(work: Callable[[], None]) -> None:
    work()


def rebuilds(metrics: Metrics) -> Rebuilds:
    """Rebuilds that are done when `begin` returns."""
    return Rebuilds(metrics.database, metrics.plan, at_once)


def rebuild(metrics: Metrics) -> dict[str, Any]:
    """Rebuild; how it ended."""
    found = rebuilds(metrics)
    found.begin(uuid4())
    return found.status()


def assert_done(status: dict[str, Any]) -> None:
    assert (status["state"], status["error"]) == ("done", None)


def truth(metrics: Metrics, tmp_path: Path) -> dict[str, Any]:
    """What a new database holds when it hears of everything that was published."""
    database = Database(f"sqlite:///{tmp_path}/truth.db", "metrics")
    migrate.upgrade(database.engine, "metrics")
    other = Metrics(database)
    other.feeds = metrics.feeds
    other.deliver()
    found = rows(database)
    database.close()
    return found


def damage(metrics: Metrics) -> None:
    with metrics.database.writing() as session:
        for statement in (
            "UPDATE day_counter SET value = value + 1 WHERE unit = 'SE'",
            "DELETE FROM year_counter WHERE unit = 'north'",
            "INSERT INTO year_counter VALUES ('nowhere', 'members', 2025, 7)",
            "UPDATE counted_obligation SET version = 9, kind = 'other'",
            "DELETE FROM placement WHERE unit = '1001-a'",
            "UPDATE unit SET name = 'wrong' WHERE code = 'south'",
        ):
            session.execute(text(statement))


def test_a_rebuild_leaves_every_row_as_it_was(counted: Metrics) -> None:
    before = rows(counted.database)
    assert len(before["day_counter"]) > 1000
    status = rebuild(counted)
    assert_done(status)
    assert rows(counted.database) == before
    heads = {name: len(feed.entries) for name, feed in counted.feeds.items()}
    assert {s["source"]: (s["position"], s["head"]) for s in status["sources"]} == {
        name: (head, head) for name, head in heads.items()
    }
    assert status["finished_at"] >= status["started_at"]


def test_a_rebuild_repairs_whatever_was_damaged(counted: Metrics) -> None:
    before = rows(counted.database)
    damage(counted)
    assert rows(counted.database) != before
    assert_done(rebuild(counted))
    assert rows(counted.database) == before


def test_after_a_repair_of_placements_facts_count_along_the_right_units(
    counted: Metrics, tmp_path: Path
) -> None:
    damage(counted)
    started_again = Metrics(counted.database)
    started_again.feeds, started_again.delivered = counted.feeds, counted.delivered
    # It learns the damaged placements, and has to notice that they are repaired.
    publish_facts(started_again, 20, seed=3)
    started_again.deliver()
    assert_done(rebuild(started_again))
    publish_facts(started_again, 20, seed=4)
    started_again.deliver()
    assert rows(counted.database) == truth(counted, tmp_path)


def test_what_a_rebuild_counted_before_it_was_delivered_counts_once(
    metrics: Metrics, tmp_path: Path
) -> None:
    publish_units(metrics)
    publish_facts(metrics, 120, seed=2)
    metrics.deliver(limit=70)
    assert_done(rebuild(metrics))
    expected = truth(metrics, tmp_path)
    assert rows(metrics.database) == expected
    metrics.deliver()
    assert rows(metrics.database) == expected


def test_what_is_counted_live_while_a_rebuild_reads_is_neither_lost_nor_doubled(
    counted: Metrics, tmp_path: Path
) -> None:
    rounds = iter(range(3, 15))

    def go_on(_: int) -> None:
        seed = next(rounds, None)
        if seed is not None:
            publish_facts(counted, 15, seed)
            # Some of it is delivered at once, some waits for the next time.
            counted.deliver(limit=20)

    for feed in counted.feeds.values():
        feed.before_read = go_on
    assert_done(rebuild(counted))
    for feed in counted.feeds.values():
        feed.before_read = lambda _: None
    counted.deliver()
    assert rows(counted.database) == truth(counted, tmp_path)


def test_what_is_counted_live_after_the_last_look_at_the_feeds_is_read_before_the_swap(
    counted: Metrics, tmp_path: Path
) -> None:
    seeds = iter(range(3, 100))

    def go_on(after: int) -> None:
        if after == NOWHERE:
            publish_facts(counted, 5, next(seeds))
            counted.deliver()

    # The last of the feeds that are looked at, so this is in none of those that were.
    counted.feeds["training"].before_read = go_on
    assert_done(rebuild(counted))
    assert rows(counted.database) == truth(counted, tmp_path)


def test_a_live_batch_waits_for_a_swap_that_has_begun(
    counted: Metrics, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counting = threading.Thread(target=counted.deliver)
    take_over = Beside.take_over

    def meanwhile(self: Beside, session: Session, models: Any) -> None:
        publish_facts(counted, 5, seed=3)
        counting.start()
        counting.join(0.5)
        assert counting.is_alive(), "it waits"
        take_over(self, session, models)

    monkeypatch.setattr(Beside, "take_over", meanwhile)
    assert_done(rebuild(counted))
    counting.join()
    assert rows(counted.database) == truth(counted, tmp_path)


def test_live_batches_that_come_at_the_swap_wait_for_it(counted: Metrics, tmp_path: Path) -> None:
    done = threading.Event()

    def keep_counting() -> None:
        for seed in range(3, 18):
            publish_facts(counted, 10, seed)
            counted.deliver()
        done.set()

    live = threading.Thread(target=keep_counting)
    live.start()
    status = rebuild(counted)
    while not done.is_set():
        status = rebuild(counted)
    live.join()
    assert_done(status)
    assert rows(counted.database) == truth(counted, tmp_path)


def test_events_handled_in_another_order_and_twice_give_the_same_after_a_rebuild(
    metrics: Metrics, tmp_path: Path
) -> None:
    publish_units(metrics)
    publish_facts(metrics, 100, seed=2)
    mixed = [entry for feed in metrics.feeds.values() for entry in feed.entries] * 2
    random.Random(4).shuffle(mixed)
    metrics.handle(mixed)
    before = rows(metrics.database)
    assert_done(rebuild(metrics))
    assert rows(metrics.database) == before == truth(metrics, tmp_path)


def test_a_second_rebuild_is_refused_while_one_runs_also_by_another_replica(
    counted: Metrics,
) -> None:
    replica = Database(counted.database.engine.url.render_as_string(hide_password=False), "metrics")
    other = Rebuilds(replica, counted.plan, at_once)
    seen: list[str] = []

    def ask(_: int) -> None:
        for found in (rebuilds(counted), other):
            with pytest.raises(Conflict):
                found.begin(uuid4())
            seen.append(found.status()["state"])

    counted.feeds["campaign"].before_read = ask
    assert_done(rebuild(counted))
    assert set(seen) == {"running"}
    counted.feeds["campaign"].before_read = lambda _: None
    assert_done(rebuild(counted))
    replica.close()


def test_a_rebuild_asked_for_again_by_its_id_is_the_one_that_was(counted: Metrics) -> None:
    found, key = rebuilds(counted), uuid4()
    assert found.begin(key)[1]
    again, new = found.begin(key)
    assert (again["id"], again["state"], new) == (key, "done", False)


def test_before_the_first_rebuild_the_state_is_idle(metrics: Metrics) -> None:
    assert rebuilds(metrics).status()["state"] == "idle"


def test_a_rebuild_whose_process_died_is_failed_and_does_not_block_the_next(
    counted: Metrics,
) -> None:
    before = rows(counted.database)
    dead = UUID(int=1)
    with counted.database.writing() as session:
        record.begin(session, dead)
    Beside(counted.database, dead.hex).create()
    status = rebuilds(counted).status()
    assert (status["state"], status["error"]) == ("failed", record.DIED)
    assert_done(rebuild(counted))
    assert rows(counted.database) == before
    assert left_behind(counted.database) == []


def left_behind(database: Database) -> list[str]:
    """The copies that are still there."""
    if database.is_sqlite:
        path = Path(database.engine.url.database or "")
        return [found.name for found in path.parent.glob("*rebuild_*")]
    with database.engine.connect() as connection:
        schemas = inspect(connection).get_schema_names()
    return [name for name in schemas if name.startswith("rebuild_")]


def failed(counted: Metrics, why: str, *, spoil: Callable[[], object]) -> None:
    """A rebuild fails and says why, and nothing has changed."""
    spoil()
    before = rows(counted.database)
    status = rebuild(counted)
    assert status["state"] == "failed"
    assert why in status["error"]
    assert rows(counted.database) == before
    assert left_behind(counted.database) == []


def test_an_event_that_was_counted_and_cannot_be_again_fails_the_rebuild(counted: Metrics) -> None:
    kind = "campaign.conversation_voided.v1"
    failed(
        counted,
        "could not be counted again: RuntimeError: broken since",
        spoil=lambda: counted.failing_once(kind, RuntimeError("broken since")),
    )


def test_an_event_that_never_could_be_counted_does_not_stop_a_rebuild(metrics: Metrics) -> None:
    kind = "campaign.conversation_voided.v1"
    good = metrics.failing_once(kind, RuntimeError("broken"))
    publish_units(metrics)
    publish_facts(metrics, 30, seed=2)
    metrics.deliver()
    before = rows(metrics.database)
    assert_done(rebuild(metrics))
    assert rows(metrics.database) == before
    metrics.subscription.add(good)
    assert_done(rebuild(metrics))
    assert rows(metrics.database) != before


def test_a_feed_that_ends_before_what_was_counted_fails_the_rebuild(counted: Metrics) -> None:
    failed(counted, "without a new epoch", spoil=counted.feeds["campaign"].entries.pop)


def test_a_feed_that_begins_a_new_epoch_meanwhile_fails_the_rebuild(counted: Metrics) -> None:
    feed = counted.feeds["campaign"]

    def restore(after: int) -> None:
        if after == 50:
            feed.epoch = "second"

    def spoil() -> None:
        feed.before_read = restore

    failed(counted, "new epoch", spoil=spoil)


def test_a_source_that_cannot_be_asked_fails_the_rebuild(
    counted: Metrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.rebuild.work.PATIENCE", (0.0,))

    def refuse(_: int) -> None:
        raise ConnectionError("nobody answers")

    def spoil() -> None:
        counted.feeds["training"].before_read = refuse

    failed(counted, "nobody answers", spoil=spoil)


def test_a_rebuild_that_is_stopped_has_no_effect(counted: Metrics) -> None:
    found = rebuilds(counted)

    def stop(_: int) -> None:
        found.stop()

    counted.feeds["campaign"].before_read = stop
    damage(counted)
    before = rows(counted.database)
    found.begin(uuid4())
    assert found.status()["state"] == "failed"
    assert rows(counted.database) == before


def test_marks_of_what_is_in_no_feed_any_more_are_kept(counted: Metrics) -> None:
    lost = [
        entry.body.replace(b'"first"', b'"lost"') for entry in counted.feeds["campaign"].entries
    ]
    counted.subscription.process(lost)
    assert_done(rebuild(counted))
    expected = rows(counted.database)
    counted.subscription.process(lost)
    assert rows(counted.database) == expected
    with counted.database.reading() as session:
        assert ("campaign", "lost") in inbox.reached(session, "metrics")
