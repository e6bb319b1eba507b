"""Counting as FastStream's and asyncpg's documents have it: a transaction an event."""

import asyncio
import os
import sys
from typing import Any
from uuid import UUID

import asyncpg
from faststream import FastStream
from faststream.rabbit import ExchangeType, RabbitBroker, RabbitExchange, RabbitQueue
from faststream.rabbit.schemas import Channel
from peer import counting

NEW = "INSERT INTO handled_event VALUES ($1) ON CONFLICT DO NOTHING RETURNING event_id"
ADD_DAY = """\
INSERT INTO day_counter VALUES ($1, $2, $3, $4, $5) ON CONFLICT (unit, measure, day)
DO UPDATE SET value = day_counter.value + excluded.value, own = day_counter.own + excluded.own"""
ADD_YEAR = """\
INSERT INTO year_counter VALUES ($1, $2, $3, $4) ON CONFLICT (unit, measure, year)
DO UPDATE SET value = year_counter.value + excluded.value"""

# Without a log line for each message.
broker = RabbitBroker(sys.argv[1], default_channel=Channel(prefetch_count=10), logger=None)
exchange = RabbitExchange("campaign.events", type=ExchangeType.TOPIC, durable=True)
queue = RabbitQueue("faststream", durable=True, routing_key="conversation_logged")
app = FastStream(broker, logger=None)
about: dict[str, Any] = {}


@app.on_startup
async def connect() -> None:
    """A pool, and the units in memory."""
    about["pool"] = await asyncpg.create_pool(os.environ["PEER_DATABASE_URL"], max_size=10)
    about["parents"] = dict(await about["pool"].fetch("TABLE unit"))


@broker.subscriber(queue, exchange)
async def count(event: dict) -> None:  # type: ignore[type-arg]
    """Count one event, unless it was counted; acknowledged when this returns."""
    days, years = counting.rows(about["parents"], event["data"])
    async with about["pool"].acquire() as connection, connection.transaction():
        if await connection.fetchval(NEW, UUID(event["id"])) is None:
            return
        await connection.executemany(ADD_DAY, days)
        await connection.executemany(ADD_YEAR, years)


@app.after_startup
async def ready() -> None:
    """Say so."""
    print("the peer is ready", flush=True)


if __name__ == "__main__":
    asyncio.run(app.run())
