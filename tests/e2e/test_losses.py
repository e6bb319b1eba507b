"""What a plain nameko service loses, one test for each way in which it does."""

from contextlib import closing

import psycopg2
import pytest

from tests.chaos.proxy import Withheld, withheld
from tests.e2e.shared import Platform
from tests.process import eventually

FAILS = "the commit fails"


def test_a_handler_that_raises_loses_no_event(platform: Platform, before: int) -> None:
    had = platform.kept()
    fails_on(platform, "BEFORE INSERT ON day_counter", "TRIGGER", "")
    try:
        platform.report(4, unit="0114")
        eventually(lambda: platform.kept() == had + 1, "the failed event is kept", 30)
    finally:
        fails_no_more(platform)
    platform.counts(before + 4)


def test_a_commit_that_fails_loses_no_event(platform: Platform, before: int) -> None:
    had = platform.kept()
    deferred = "DEFERRABLE INITIALLY DEFERRED"
    fails_on(platform, "AFTER INSERT ON day_counter", "CONSTRAINT TRIGGER", deferred)
    try:
        platform.report(6, unit="0180")
        eventually(lambda: platform.kept() == had + 1, "the failed event is kept", 30)
    finally:
        fails_no_more(platform)
    platform.counts(before + 6)


def fails_on(platform: Platform, when: str, kind: str, deferred: str) -> None:
    """Whatever metrics writes of a new day's counter fails, at once or at the commit."""
    platform.database.execute(
        "CREATE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql "
        f"AS $$ BEGIN RAISE EXCEPTION '{FAILS}'; END $$",
        f"CREATE {kind} fails {when} {deferred} FOR EACH ROW EXECUTE FUNCTION fails()",
        database="metrics",
    )


def fails_no_more(platform: Platform) -> None:
    """Writes succeed again."""
    platform.database.execute(
        "DROP TRIGGER fails ON day_counter", "DROP FUNCTION fails", database="metrics"
    )


CONTENT_TYPES = (
    {},
    {"content_type": "application/cloudevents+json"},
    {"content_type": "text/html"},
    {"content_type": "application/x-python-serialize"},
    {"content_type": "application/json", "content_encoding": "no-such-encoding"},
)


def test_a_good_event_is_counted_whatever_its_content_type(platform: Platform, before: int) -> None:
    platform.report()
    platform.offer(*((platform.stranger(count=3), properties) for properties in CONTENT_TYPES))
    platform.counts(before + 1 + 3 * len(CONTENT_TYPES))


@pytest.mark.parametrize("body", [b"\xff\xfe bad UTF-8", b"no JSON", b""], ids=repr)
def test_a_body_that_cannot_be_read_is_kept(platform: Platform, body: bytes) -> None:
    had = platform.kept()
    platform.offer((body, {"content_type": "application/json"}))
    eventually(lambda: platform.kept() == had + 1, "the body is kept", 30)


def test_what_is_published_before_its_queue_is_first_declared_is_counted(
    platform: Platform, before: int
) -> None:
    platform.running["metrics"].stop()
    for queue in ("metrics.subscription", "metrics.subscription.dead"):
        platform.broker.ctl("delete_queue", queue)
    platform.report(7)
    eventually(platform.is_published, "campaign has published all", 30)
    platform.start("metrics")
    platform.counts(before + 7)


def test_an_event_whose_confirm_is_lost_is_published_again_and_counted_once(
    platform: Platform, before: int
) -> None:
    platform.report(2)
    platform.counts(before + 2)
    lost = Withheld("broker", b"campaign.events")
    platform.to_broker.withhold(lost)
    platform.report(9)
    with withheld([platform.to_broker], lost):
        pass
    eventually(platform.is_published, "campaign has published all", 30)
    platform.counts(before + 11)


def test_one_service_of_a_process_acknowledges_nothing_of_anothers(
    platform: Platform, before: int
) -> None:
    for name in ("training", "metrics"):
        platform.running[name].stop()
    both = platform.host(["training", "metrics"], platform.ports)
    platform.running |= {"training": both, "metrics": both}
    with closing(psycopg2.connect(platform.database.url("metrics"))) as held:
        held.cursor().execute("LOCK TABLE handled")
        platform.join()
        platform.report(8)
        eventually(lambda: platform.is_current("training"), "training is current", 30)
        both.kill()
    platform.start("training", "metrics")
    platform.counts(before + 8)


def test_a_queue_deleted_under_its_consumer_costs_no_event(platform: Platform, before: int) -> None:
    platform.broker.ctl("delete_queue", "metrics.subscription")
    for _ in range(5):
        platform.report(2)
    platform.counts(before + 10)
