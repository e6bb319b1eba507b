"""What a plain nameko service does over and over, one test for each."""

from contextlib import closing

import pika

from tests.e2e.shared import Platform
from tests.process import eventually

QUEUE = "metrics.subscription"


def test_a_poisoned_message_is_delivered_once(platform: Platform, before: int) -> None:
    had, delivered = platform.kept(), platform.redelivered()
    platform.offer((b"poison", {}))
    eventually(lambda: platform.kept() == had + 1, "the poison is kept", 30)
    platform.report(2)
    platform.counts(before + 2)
    assert platform.redelivered() == delivered


def test_a_stop_while_events_are_handled_causes_no_redelivery(
    platform: Platform, before: int
) -> None:
    delivered = platform.redelivered()
    for _ in range(20):
        platform.report()
    # Nothing comes at the moment of the cancel: what RabbitMQ has on its way to a channel then, it
    # gives back to the queue, whatever the consumer does.
    platform.running["metrics"].process.terminate()
    assert platform.running["metrics"].process.wait(30) == 0
    for _ in range(20):
        platform.report()
    platform.start("metrics")
    platform.counts(before + 40)
    assert platform.redelivered() == delivered


def test_crashes_of_a_consumer_set_no_innocent_message_aside(
    platform: Platform, before: int
) -> None:
    platform.running["metrics"].stop()
    for _ in range(50):
        platform.report()
    eventually(platform.is_published, "all is in the queue", 30)
    for _ in range(10):
        take_all_and_crash(platform, 50)
    assert platform.redelivered() > 0
    platform.start("metrics")
    platform.counts(before + 50)
    assert given_up(platform) == 0


def take_all_and_crash(platform: Platform, count: int) -> None:
    """Somebody is delivered so many messages, and dies with them."""
    with closing(pika.BlockingConnection(pika.URLParameters(platform.broker.uri))) as connection:
        for number, _ in enumerate(connection.channel().consume(QUEUE), start=1):
            if number == count:
                break


def given_up(platform: Platform) -> int:
    """How many messages the broker has set aside by itself."""
    lines = platform.broker.ctl("list_queues", "--no-table-headers", "name", "messages")
    (found,) = [line for line in lines.splitlines() if line.startswith(f"{QUEUE}.dead")]
    return int(found.split()[1])


def test_events_flow_as_soon_as_the_broker_is_back(platform: Platform, before: int) -> None:
    platform.broker.settle()
    platform.broker.kill()
    platform.report(3)
    platform.broker.start()
    # nameko would try again after half a minute.
    eventually(lambda: platform.conversations() == before + 3, "all is counted", 10)
