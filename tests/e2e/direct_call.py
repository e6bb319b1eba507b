"""Calls RPC methods of the embedded mode from within its process; prints what it was answered."""

import infra.runner as runner  # noqa: I001  it patches the standard library, so it comes first

import json
import os
import sys

import eventlet

from infra import config, rpc
from infra.auth import Tokens
from infra.config import SERVICES
from infra.errors import Problem
from samtal.run import service_class
from tests.servers import free_ports

os.environ["SAMTAL_HOME"] = sys.argv[1]
for name, port in zip(SERVICES, free_ports(len(SERVICES)), strict=True):
    os.environ[f"SAMTAL_{name.upper()}_ADDRESS"] = f"127.0.0.1:{port}"
settings = config.load()
hosted = runner.Runner([service_class(name) for name in SERVICES], settings)
serving = eventlet.spawn(hosted.run)
eventlet.sleep(0)
while len(rpc._containers) < len(SERVICES):
    eventlet.sleep(0.01)
tokens = Tokens(settings.secrets)
token = tokens.sign("test", "membership:read campaign:write metrics:read", "SE", 600)
weak = tokens.sign("test", "campaign:read", "SE", 600)
report = {"unit": "1280", "arena": "door", "held_on": "2026-05-04"}


def eventually_created():
    while True:
        answer = rpc.call("campaign", "log_conversations", [report], token=token)
        if answer["created"]:
            return answer["created"]
        eventlet.sleep(0.05)


def refused(**given):
    try:
        rpc.call("campaign", "log_conversations", [report], **given)
    except Problem as problem:
        return type(problem).__name__


print(
    json.dumps(
        {
            "unit": rpc.call("membership", "get_unit", "1280", token=token)["code"],
            "board": len(rpc.call("metrics", "get_goals", "SE", 2026, token=token)["goals"]),
            "created": eventually_created(),
            "refused": [refused(token=weak), refused(token="forged")],
        }
    ),
    flush=True,
)
os._exit(0)
