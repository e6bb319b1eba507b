"""Run in a process of its own, patched as a service is: does a database stop the event loop?

`green_databases.py postgresql URL` or `green_databases.py sqlite URL` prints what it saw as JSON.
"""

import infra.runner  # noqa: F401, I001  it patches the standard library, so it comes first

import json
import sys
import time

import eventlet
from sqlalchemy import text

from infra.database import Database


def ticks_while(work):
    """How often another green thread runs while `work` does, and how long it took."""
    ticks = 0
    done = False

    def tick():
        nonlocal ticks
        while not done:
            ticks += 1
            eventlet.sleep(0.01)

    ticker = eventlet.spawn(tick)
    eventlet.sleep(0)
    started = time.monotonic()
    work()
    seconds = time.monotonic() - started
    done = True
    ticker.wait()
    return {"ticks": ticks, "seconds": seconds}


def slow_query(database):
    with database.reading() as session:
        session.execute(text("SELECT pg_sleep(0.5)"))


def two_writers(database):
    """Each yields in the middle of its transaction, which nothing of ours does on purpose."""
    with database.writing() as session:
        session.execute(text("CREATE TABLE IF NOT EXISTS seen (who INTEGER)"))

    def write(who):
        with database.writing() as session:
            session.execute(text("INSERT INTO seen VALUES (:who)"), {"who": who})
            eventlet.sleep(0.2)
            session.execute(text("INSERT INTO seen VALUES (:who)"), {"who": who})

    writers = [eventlet.spawn(write, who) for who in (1, 2)]
    for writer in writers:
        writer.wait()


kind, url = sys.argv[1:]
database = Database(url, "test")
work = slow_query if kind == "postgresql" else two_writers
print(json.dumps(ticks_while(lambda: work(database))))
