"""pika with nothing on top: reads a queue, acknowledges a thousand at a time, does nothing.

`python -m peer.bare_read URI QUEUE COUNT`; prints the seconds from the first message to the last.
"""

import sys
import time
from typing import Any

import pika

PREFETCH = 2000
ACK_EVERY = 1000


def main(uri: str, queue: str, count: int) -> None:
    """Read so many."""
    connection = pika.BlockingConnection(pika.URLParameters(uri))
    channel = connection.channel()
    channel.basic_qos(prefetch_count=PREFETCH)
    seen, start = 0, 0.0

    def heard(_channel: Any, method: Any, _properties: Any, _body: bytes) -> None:
        nonlocal seen, start
        if not seen:
            start = time.perf_counter()
        seen += 1
        if seen % ACK_EVERY == 0 or seen == count:
            channel.basic_ack(method.delivery_tag, multiple=True)
        if seen == count:
            print(time.perf_counter() - start, flush=True)
            channel.stop_consuming()

    channel.basic_consume(queue, heard)
    channel.start_consuming()
    connection.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
