"""The real mode under the faults of an ordinary week: everything is counted, once."""

import pytest

from tests.e2e.shared import Platform
from tests.process import eventually


def test_what_is_reported_while_the_broker_is_down_is_counted_when_it_is_back(
    platform: Platform, before: int
) -> None:
    platform.broker.settle()
    platform.broker.kill()
    for _ in range(50):
        platform.report()
    assert platform.running["campaign"].call("GET", "campaign", "/health/ready").ok
    platform.broker.start()
    platform.counts(before + 50)


def test_services_start_and_are_ready_without_a_broker(platform: Platform, before: int) -> None:
    platform.running["campaign"].stop()
    platform.broker.settle()
    platform.broker.kill()
    platform.start("campaign")
    platform.report(5)
    platform.broker.start()
    platform.counts(before + 5)


@pytest.mark.parametrize("service", ["campaign", "metrics"])
def test_a_service_killed_under_load_comes_back_and_nothing_is_lost_or_doubled(
    platform: Platform, before: int, service: str
) -> None:
    reporter = platform.replica("campaign")
    for number in range(120):
        platform.report(to=reporter)
        if number == 60:
            platform.running[service].kill()
    platform.start(service)
    platform.counts(before + 120)
    reporter.stop()


def test_several_replicas_of_each_count_everything_once(platform: Platform, before: int) -> None:
    extra = [platform.replica(name) for name in ("campaign", "metrics", "metrics")]
    for number in range(200):
        platform.report(to=extra[0] if number % 2 else None)
    platform.counts(before + 200)
    for running in extra:
        assert running.stop() == 0


def test_a_poisoned_message_is_set_aside_and_what_it_blocked_goes_on(
    platform: Platform, before: int
) -> None:
    had = platform.kept()
    platform.offer(
        (b"\xff\xfe", {}),
        (b"{}", {"content_type": "text/html"}),
        (b'{"specversion":"1.0"}', {"headers": {"nameko.call_id_stack": 5}}),
    )
    platform.report(7)
    eventually(lambda: platform.conversations() == before + 7, "the good one is counted", 30)
    eventually(lambda: platform.kept() == had + 3, "the bad ones are kept", 30)
