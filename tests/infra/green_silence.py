"""Run in a process of its own, patched as a service is: is a silent database ever given up?"""

import infra.runner  # noqa: F401, I001  it patches the standard library, so it comes first

import json
import sys

import eventlet
from sqlalchemy import text

from infra import green
from infra.database import AWAY, Database

LIMIT = 30.0

green.PATIENCE = 0.5
database = Database(sys.argv[1], "test")


def ask():
    try:
        with eventlet.Timeout(LIMIT), database.reading() as session:
            session.execute(text("SELECT 1"))
    except AWAY:
        return "away"
    except eventlet.Timeout:
        return "waited for ever"
    return "answered"


assert ask() == "answered"
print("connected", flush=True)
sys.stdin.readline()
found = {"on an old connection": ask(), "on a new connection": ask()}
print(json.dumps(found), flush=True)
