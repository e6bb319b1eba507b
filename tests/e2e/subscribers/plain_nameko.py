"""A plain nameko service that subscribes; nothing of Samtal is imported."""

import json
import sys

import eventlet

eventlet.monkey_patch()

from nameko.containers import ServiceContainer  # noqa: E402
from nameko.events import event_handler  # noqa: E402


class Listener:
    name = "plain_nameko"

    @event_handler("campaign", "conversation_logged")
    def heard(self, event):
        print(json.dumps(event), flush=True)


config = {"AMQP_URI": sys.argv[1], "DECLARE_EVENT_EXCHANGES": False}
container = ServiceContainer(Listener, config)
container.start()
print("ready", flush=True)
container.wait()
