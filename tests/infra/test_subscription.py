"""A bad event stands alone, with its reason; what it blocked goes on."""

import pytest
from sqlalchemy.exc import OperationalError

from infra import deadletters
from infra.database import Database
from tests.infra.takes import Takes, bodies, letters, make_due


def test_a_batch_offered_twice_is_handled_once(database: Database, takes: Takes) -> None:
    batch = bodies(database, 1, 2, 3)
    takes.subscription.process(batch)
    takes.subscription.process(batch)
    assert takes.taken == [1, 2, 3]


def test_one_poisoned_event_is_kept_alone_and_the_others_are_handled(
    database: Database, takes: Takes
) -> None:
    takes.poison = {13}
    takes.subscription.process(bodies(database, *range(1, 21)))
    assert sorted(takes.taken) == [n for n in range(1, 21) if n != 13]
    (letter,) = letters(database)
    assert letter.error == "RuntimeError: cannot take 13"
    assert "raise RuntimeError" in letter.traceback
    assert b'"number":13' in letter.body
    assert letter.retry_at is not None


def test_a_kept_event_is_tried_again_when_it_is_due_and_then_forgotten(
    database: Database, takes: Takes
) -> None:
    takes.poison = {1}
    takes.subscription.process(bodies(database, 1))
    assert takes.subscription.retry() == 0
    make_due(database)
    takes.poison = set()
    assert takes.subscription.retry() == 1
    assert takes.taken == [1]
    assert letters(database) == []


def test_an_event_that_keeps_failing_is_set_aside_after_growing_delays(
    database: Database, takes: Takes
) -> None:
    takes.poison = {1}
    takes.subscription.process(bodies(database, 1))
    delays = []
    for _ in deadletters.DELAYS:
        (letter,) = letters(database)
        assert letter.retry_at is not None
        delays.append(letter.retry_at - letter.failed_at)
        make_due(database)
        takes.subscription.retry()
    assert delays == list(deadletters.DELAYS)
    (letter,) = letters(database)
    assert letter.retry_at is None
    assert letter.attempts == len(deadletters.DELAYS) + 1


def test_a_retry_of_what_was_handled_meanwhile_has_no_second_effect(
    database: Database, takes: Takes
) -> None:
    batch = bodies(database, 1)
    takes.poison = {1}
    takes.subscription.process(batch)
    takes.poison = set()
    takes.subscription.process(batch)
    make_due(database)
    takes.subscription.retry()
    assert takes.taken == [1]
    assert letters(database) == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"\xff\xfe", "not JSON"),
        (b"[1]", "not a JSON object"),
        (b"{}", "the envelope is wrong"),
        (b'{"id":"x"}', "the envelope is wrong"),
    ],
)
def test_what_is_no_event_is_set_aside_with_its_bytes(
    database: Database, takes: Takes, body: bytes, reason: str
) -> None:
    takes.subscription.process([body, *bodies(database, 1)])
    (letter,) = letters(database)
    assert letter.body == body
    assert reason in letter.error
    assert letter.retry_at is None
    assert takes.taken == [1]


def test_an_unknown_version_and_wrong_data_are_set_aside(database: Database, takes: Takes) -> None:
    (body,) = bodies(database, 1)
    unknown = body.replace(b".v1", b".v9")
    wrong = body.replace(b'"number":1', b'"number":"many"')
    takes.subscription.process([unknown, wrong])
    assert {letter.retry_at for letter in letters(database)} == {None}
    assert len(letters(database)) == 2
    assert takes.taken == []


def test_while_the_database_is_away_nothing_is_kept_and_the_pump_is_told(
    database: Database, takes: Takes
) -> None:
    batch = bodies(database, 1, 2)
    takes.away = True
    with pytest.raises(OperationalError):
        takes.subscription.process(batch)
    assert letters(database) == []
    takes.away = False
    takes.subscription.process(batch)
    assert takes.taken == [1, 2]
