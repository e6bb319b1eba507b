"""Counting as Celery's documents have it: a task an event, acknowledged late.

`python -m peer.celery_app URI FILE COUNT` sends the file's events as tasks;
`celery -A peer.celery_app worker` with PEER_AMQP_URI does them.
"""

import itertools
import json
import os
import sys
from pathlib import Path

from celery import Celery

app = Celery("counting", broker=os.environ["PEER_AMQP_URI"])
app.conf.update(
    task_acks_late=True,
    task_ignore_result=True,
    task_default_queue="celery-counting",
    broker_connection_retry_on_startup=True,
)


@app.task(name="count")
def count(event):  # type: ignore[no-untyped-def]
    """Count it."""
    # After the fork: each worker has connections of its own.
    from peer import with_sqlalchemy  # noqa: PLC0415

    with_sqlalchemy.count(event)


if __name__ == "__main__":
    with Path(sys.argv[1]).open(encoding="utf-8") as lines:
        for line in itertools.islice(lines, int(sys.argv[2])):
            app.send_task("count", [json.loads(line)])
