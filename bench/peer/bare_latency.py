"""From a publish to its delivery, with pika alone: a quorum queue, a message at a time.

`python -m peer.bare_latency URI RATE SECONDS`; prints the milliseconds as JSON.
"""

import json
import sys
import threading
import time
from typing import Any

import pika

QUEUE = "bare-latency"


def main(uri: str, rate: int, seconds: int) -> None:
    """Publish at that rate from one connection and read on another."""
    consumer = pika.BlockingConnection(pika.URLParameters(uri))
    channel = consumer.channel()
    channel.queue_declare(QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
    count, times = rate * seconds, []

    def heard(_channel: Any, method: Any, _properties: Any, body: bytes) -> None:
        times.append((time.perf_counter() - float(body)) * 1000)
        channel.basic_ack(method.delivery_tag)
        if len(times) == count:
            channel.stop_consuming()

    channel.basic_consume(QUEUE, heard)
    publishing = threading.Thread(target=publish, args=(uri, rate, count))
    publishing.start()
    channel.start_consuming()
    publishing.join()
    channel.queue_delete(QUEUE)
    consumer.close()
    ordered = sorted(times)
    found = {"p50": ordered[count // 2], "p99": ordered[int(count * 0.99)]}
    print(json.dumps({name: round(value, 2) for name, value in found.items()}), flush=True)


def publish(uri: str, rate: int, count: int) -> None:
    """Each message carries the time at which it is published; each is confirmed."""
    producer = pika.BlockingConnection(pika.URLParameters(uri))
    channel = producer.channel()
    channel.confirm_delivery()
    properties = pika.BasicProperties(delivery_mode=2)
    start = time.perf_counter()
    for number in range(count):
        time.sleep(max(0.0, start + number / rate - time.perf_counter()))
        channel.basic_publish("", QUEUE, repr(time.perf_counter()).encode(), properties)
    producer.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
