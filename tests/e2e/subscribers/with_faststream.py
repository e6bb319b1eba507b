"""A FastStream subscriber; nothing of Samtal is imported."""

import asyncio
import json
import sys

from faststream import FastStream
from faststream.rabbit import ExchangeType, RabbitBroker, RabbitExchange, RabbitQueue

broker = RabbitBroker(sys.argv[1])
exchange = RabbitExchange("campaign.events", type=ExchangeType.TOPIC, declare=False)
queue = RabbitQueue("with_faststream", durable=True, routing_key="conversation_logged")
app = FastStream(broker)


@broker.subscriber(queue, exchange)
async def heard(event: dict) -> None:
    print(json.dumps(event), flush=True)


@app.after_startup
async def ready() -> None:
    print("ready", flush=True)


asyncio.run(app.run())
