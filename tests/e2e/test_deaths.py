"""What a plain nameko service dies of, or waits for ever on, one test for each."""

import os
import signal
import time

import pytest

from tests.chaos.proxy import Withheld, withheld
from tests.e2e.shared import Platform
from tests.process import Running, eventually

HEADERS = ({"nameko.call_id_stack": 5}, {"nameko.call_id_stack": ["x"] * 5000}, {"x-death": "?"})


@pytest.fixture
def metrics(platform: Platform, before: int) -> Running:
    """The process that must outlive the test."""
    return platform.running["metrics"]


def lives(running: Running) -> bool:
    """Whether the process is still there, and answers."""
    return running.process.poll() is None and running.call("GET", "metrics", "/health/ready").ok


def test_headers_that_mean_something_to_nameko_kill_nobody(
    platform: Platform, before: int, metrics: Running
) -> None:
    platform.report()
    platform.offer(*((platform.stranger(count=2), {"headers": odd}) for odd in HEADERS))
    platform.counts(before + 1 + 2 * len(HEADERS))
    assert lives(metrics)


def test_a_database_that_is_down_kills_no_subscriber(
    platform: Platform, before: int, metrics: Running
) -> None:
    size = metrics.log.stat().st_size
    platform.report(3)
    platform.database.kill()
    try:
        platform.offer((b"nobody can read this either", {}))
        noticed = "subscription_waiting"
        eventually(lambda: noticed in since(metrics, size), "metrics has noticed", 30)
    finally:
        platform.database.start()
    platform.counts(before + 3)
    assert lives(metrics)


def since(running: Running, size: int) -> str:
    """What a process has logged beyond so many bytes."""
    return running.log.read_bytes()[size:].decode()


def test_a_connection_that_is_reset_at_the_acknowledgement_costs_nothing(
    platform: Platform, before: int, metrics: Running
) -> None:
    platform.report(5)
    with withheld([platform.to_broker], Withheld("client", b"metrics.subscription")):
        platform.to_broker.cut()
    platform.to_broker.heal()
    platform.counts(before + 5)
    assert lives(metrics)


def test_a_loop_that_stood_still_beyond_the_heartbeat_goes_on(
    platform: Platform, before: int, metrics: Running
) -> None:
    eventually(lambda: consumers(platform) == 1, "no consumer of an earlier test is left", 30)
    size = metrics.log.stat().st_size
    os.kill(metrics.process.pid, signal.SIGSTOP)
    try:
        platform.report(6)
        eventually(lambda: consumers(platform) == 0, "the broker has given metrics up", 30)
    finally:
        os.kill(metrics.process.pid, signal.SIGCONT)
    platform.counts(before + 6)
    assert "subscription_waiting" in since(metrics, size)
    assert lives(metrics)


def consumers(platform: Platform) -> int:
    """How many consumers the broker has on the queue of metrics."""
    lines = platform.broker.ctl("list_queues", "--no-table-headers", "name", "consumers")
    return int(dict(line.split() for line in lines.splitlines())["metrics.subscription"])


def test_a_broker_that_stops_answering_holds_up_no_request_and_no_publishing_for_ever(
    platform: Platform, before: int
) -> None:
    campaign = platform.running["campaign"]
    size = campaign.log.stat().st_size
    platform.to_broker.swallow()
    try:
        start = time.monotonic()
        platform.report(4)
        assert time.monotonic() - start < 3.0
        eventually(lambda: "relay_waiting" in since(campaign, size), "publishing is given up", 10)
    finally:
        platform.to_broker.heal()
    platform.counts(before + 4)
