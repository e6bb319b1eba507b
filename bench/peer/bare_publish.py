"""py-amqp with nothing on top: each line of a file to a queue, 500 confirms awaited at a time.

`python -m peer.bare_publish URI QUEUE FILE COUNT`; prints the seconds.
"""

import itertools
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import amqp

WINDOW = 500


def publish(channel: amqp.Channel, queue: str, lines: list[bytes]) -> None:
    """Publish all, each confirmed."""
    open_tags: set[int] = set()

    def confirmed(tag: int, multiple: bool) -> None:
        done = {each for each in open_tags if each <= tag} if multiple else {tag}
        open_tags.difference_update(done)

    channel.events["basic_ack"].add(confirmed)
    tag = 0
    for start in range(0, len(lines), WINDOW):
        for line in lines[start : start + WINDOW]:
            tag += 1
            open_tags.add(tag)
            message = amqp.Message(line, content_type="application/json", delivery_mode=2)
            channel.basic_publish(message, "", queue, mandatory=True)
        while open_tags:
            channel.connection.drain_events(timeout=30)


def main(uri: str, queue: str, path: str, count: str) -> None:
    """Publish a file's lines."""
    at = urlsplit(uri)
    with Path(path).open("rb") as file:
        lines = [line.rstrip(b"\n") for line in itertools.islice(file, int(count))]
    with amqp.Connection(at.netloc.rpartition("@")[2], at.username, at.password) as connection:
        channel = connection.channel()
        channel.confirm_select()
        start = time.perf_counter()
        publish(channel, queue, lines)
        print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
