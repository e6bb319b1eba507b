"""Years of conversations, written by SQL: what campaign and metrics hold when they have grown.

Report n, counted from 0 in order of time, says everything of itself by its number, so that the two
databases agree without a row passing between them. 4,384 a day are 16 million in ten years.
"""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from infra import clock, event, partitions
from infra.database import Database
from infra.inbox import BLOCK
from infra.outbox import FeedHead
from services.campaign.events.conversations import ARENAS, ConversationLogged
from tests.servers import PostgresServer

A_DAY = 4384
WORKERS = 2


@dataclass(frozen=True)
class Years:
    """`count` reports up to `last`, over `units`: each with the unit above it, below the root."""

    count: int
    units: Mapping[str, str]
    last: date

    @property
    def first(self) -> date:
        """The day of the first report."""
        return self.last - timedelta(days=(self.count - 1) // A_DAY)

    def reports(self, first: int | str, last: int | str) -> str:
        """SQL for the reports `first` to `last`: `n`, `unit`, `arena`, `day` and `amount`."""
        return f"""(
            SELECT n, unit, arena, date '{self.first}' + (n / {A_DAY}) AS day, 1 + n % 5 AS amount
            FROM generate_series({first}, {last}) n
            JOIN {numbered("unit", self.units)} ON of_unit = n % {len(self.units)}
            JOIN {numbered("arena", ARENAS)} ON of_arena = n / {len(self.units)} % {len(ARENAS)}
        ) report"""


def numbered(column: str, words: Iterable[str]) -> str:
    """SQL for a table of words, with their numbers from 0."""
    rows = ", ".join(f"({number}, '{word}')" for number, word in enumerate(words))
    return f"(VALUES {rows}) {column}s (of_{column}, {column})"


ID = "md5('report ' || n)::uuid"
EVENT_ID = "md5('event ' || n)::uuid"
TIME = f"(day + n % {A_DAY} * interval '19 seconds') AT TIME ZONE 'UTC'"


def body() -> str:
    """SQL for the body of a report's event, out of one that the real code has encoded."""
    instant = datetime(1, 1, 1, tzinfo=UTC)
    fact = ConversationLogged(
        UUID(int=1), "<unit>", "<arena>", False, date(2, 2, 2), 987_654, None, ["skola", "jobb"]
    )
    made = event.encode(fact, UUID(int=2), instant)
    values = {
        str(UUID(int=1)): ID,
        str(UUID(int=2)): EVENT_ID,
        "<unit>": "unit",
        "<arena>": "arena",
        "0002-02-02": "day",
        "987654": "amount",
        clock.rfc3339(instant): f'to_char({TIME}, \'YYYY-MM-DD"T"HH24:MI:SS.US"Z"\')',
        '"online":false': """'"online":' || (arena = 'online')""",
    }
    for number, mark in enumerate(values, start=1):
        if mark not in made:
            raise AssertionError(f"no {mark} in {made}")
        made = made.replace(mark, f"%{number}$s")
    return f"format('{made}', {', '.join(values.values())})"


def fill_campaign(server: PostgresServer, name: str, years: Years) -> None:
    """Give an empty campaign its reports and its feed, published to the end; indexes at last."""
    tables = make_room(server, name, years.count)
    steps = [conversations(server, name, years)]
    steps += [feed(table, years, *bounds) for table, bounds in tables.items()]
    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(lambda step: server.execute(step, database=name), steps))
    server.execute(
        f"UPDATE feed_head SET head = {years.count}",
        f"UPDATE published SET position = {years.count}",
        "VACUUM ANALYZE conversation",
        "ANALYZE feed",
        database=name,
    )


def make_room(server: PostgresServer, name: str, count: int) -> dict[str, tuple[int, int]]:
    """Partitions for `count` positions, as the sequencer makes them; the first and last of each."""
    database = Database(server.url(name).replace("postgresql://", "postgresql+psycopg2://"), name)
    with database.writing() as session:
        head = session.get_one(FeedHead, 1)
        first, found = 1, {}
        while first <= count:
            last = partitions.last_of(first)
            found[f"feed_{first}"] = (first, min(last, count))
            first = last + 1
        head.room = partitions.extend(session, head.room or 0, count)
    database.close()
    return found


def feed(table: str, years: Years, first: int, last: int) -> str:
    """SQL that fills one partition; emptied in the same transaction, it needs no log.

    What is in it would be vacuumed once, at any size of the feed: not while somebody measures.
    """
    return f"""
        TRUNCATE {table};
        ALTER TABLE {table} SET (autovacuum_enabled = false);
        INSERT INTO {table} (position, event_id, name, time, body)
        SELECT n + 1, {EVENT_ID}, 'conversation_logged', {TIME}, {body()}
        FROM {years.reports(first - 1, last - 1)}"""


def conversations(server: PostgresServer, name: str, years: Years) -> str:
    """SQL that fills the table of reports; its indexes are made when it is full."""
    indexes = "SELECT {} FROM pg_indexes WHERE tablename = 'conversation' AND indexname !~ 'pkey'"
    drop = server.execute(indexes.format("'DROP INDEX ' || indexname || ';'"), database=name)
    create = server.execute(indexes.format("indexdef || ';'"), database=name)
    return f"""
        SET LOCAL maintenance_work_mem = '512MB';
        TRUNCATE conversation;
        ALTER TABLE conversation DROP CONSTRAINT conversation_pkey;
        {drop}
        INSERT INTO conversation
            (id, unit, arena, held_on, count, topics, logged_by, logged_at)
        SELECT {ID}, unit, arena, day, amount, '["skola", "jobb"]', 'volunteer-' || n % 500, {TIME}
        FROM {years.reports(0, years.count - 1)};
        ALTER TABLE conversation ADD PRIMARY KEY (id);
        {create}"""


def fill_metrics(server: PostgresServer, name: str, years: Years, epoch: str) -> None:
    """Give metrics, which has counted no report, the marks and the counters of all of them."""
    server.execute(
        marks(years.count, epoch),
        counters(years),
        "VACUUM ANALYZE handled",
        "VACUUM ANALYZE day_counter",
        "VACUUM ANALYZE year_counter",
        database=name,
    )


def marks(count: int, epoch: str) -> str:
    """SQL that marks the positions 1 to `count`, a multiple of eight."""
    full = f"least({BLOCK}, {count} - block * {BLOCK}) / 8"
    return f"""
        INSERT INTO handled (subscription, source, epoch, block, bits)
        SELECT 'metrics', 'campaign', '{epoch}', block,
            decode(repeat('ff', {full}) || repeat('00', {BLOCK // 8} - {full}), 'hex')
        FROM generate_series(0, {(count - 1) // BLOCK}) block"""


def counters(years: Years) -> str:
    """SQL that counts the reports, a day at a time, at their units and at the two levels above."""
    day = years.reports(f"number * {A_DAY}", f"least({years.count}, (number + 1) * {A_DAY}) - 1")
    above = ", ".join(f"('{unit}', '{place}')" for unit, place in years.units.items())
    return f"""
        SET LOCAL maintenance_work_mem = '512MB';
        ALTER TABLE day_counter DROP CONSTRAINT day_counter_pkey;
        CREATE TEMPORARY TABLE up ON COMMIT DROP AS VALUES {above};
        INSERT INTO day_counter (unit, measure, day, value, own)
        SELECT unit, 'conversations.' || arena, day, value, value
        FROM generate_series(0, {(years.count - 1) // A_DAY}) number,
            LATERAL (SELECT unit, arena, day, sum(amount) AS value FROM {day} GROUP BY 1, 2, 3) own;
        INSERT INTO day_counter (unit, measure, day, value, own)
        SELECT column2, measure, day, sum(value), 0
        FROM day_counter JOIN up ON unit = column1 GROUP BY 1, 2, 3;
        INSERT INTO day_counter (unit, measure, day, value, own)
        SELECT 'SE', measure, day, sum(value), 0
        FROM day_counter WHERE unit IN (SELECT column2 FROM up) GROUP BY 2, 3;
        ALTER TABLE day_counter ADD PRIMARY KEY (unit, measure, day);
        INSERT INTO year_counter (unit, measure, year, value)
        SELECT unit, measure, extract(year FROM day)::int, sum(value)
        FROM day_counter GROUP BY 1, 2, 3"""
