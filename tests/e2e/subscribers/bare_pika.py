"""A bare pika consumer; nothing of Samtal is imported."""

import sys

import pika

connection = pika.BlockingConnection(pika.URLParameters(sys.argv[1]))
channel = connection.channel()
channel.queue_declare("bare_pika", durable=True)
channel.queue_bind("bare_pika", "campaign.events", "conversation_logged")


def heard(channel, method, properties, body):
    assert properties.content_type == "application/json"
    assert properties.delivery_mode == 2
    print(body.decode(), flush=True)
    channel.basic_ack(method.delivery_tag)


channel.basic_consume("bare_pika", heard)
print("ready", flush=True)
channel.start_consuming()
