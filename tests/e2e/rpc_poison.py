"""Sends the RPC requests that kill a plain nameko container, to every service."""

import sys

import pika

connection = pika.BlockingConnection(pika.URLParameters(sys.argv[1]))
channel = connection.channel()
channel.confirm_delivery()
METHODS = {"metrics": "get_goals", "campaign": "log_conversations"}
JSON = "application/json"
POISON = (
    ({"content_type": JSON, "reply_to": "nobody"}, {"nameko.call_id_stack": 5}, b"{}"),
    ({"content_type": JSON, "reply_to": "nobody"}, {"nameko.token": 5}, b'{"args":5,"kwargs":[]}'),
    ({"content_type": JSON}, {}, b'{"args":[],"kwargs":{}}'),
    ({"content_type": JSON, "reply_to": "campaign.x"}, {}, b'{"args":[],"kwargs":{}}'),
    ({"content_type": JSON, "reply_to": "nobody"}, {}, b"[1,2]"),
    ({"content_type": JSON, "reply_to": "nobody"}, {}, b"\xff\xfe not json"),
    ({"reply_to": "nobody"}, {}, b"plain"),
    ({"content_type": "application/x-nothing", "reply_to": "nobody"}, {}, b"\x00"),
)
for service, method in METHODS.items():
    for properties, headers, body in POISON:
        channel.basic_publish(
            "nameko-rpc",
            f"{service}.{method}",
            body,
            pika.BasicProperties(headers=headers, correlation_id="1", **properties),
        )
connection.close()
