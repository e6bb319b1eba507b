"""Dead letters are listed, shown, tried again and discarded; nothing of it counts twice."""

import threading
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.exc import OperationalError

from infra import deadletters
from infra.database import Database
from infra.deadletters import DELAYS, DeadLetter, Selection
from infra.errors import NotFound
from infra.subscription import Handler, Subscription
from tests.infra.takes import TYPE, Takes, bodies, letters, make_due

EVERYTHING = {"type": None, "set_aside": None, "cursor": None, "limit": 100}
UNREADABLE = b"\x00\xff no event"


def kept(database: Database, takes: Takes, *numbers: int) -> list[bytes]:
    """Bodies that the handler could not take."""
    takes.poison = set(numbers)
    found = bodies(database, *numbers)
    takes.subscription.process(found)
    return found


def set_aside(database: Database, takes: Takes, *numbers: int) -> list[bytes]:
    """Bodies that the handler could not take, however often it was asked."""
    found = kept(database, takes, *numbers)
    for _ in DELAYS:
        make_due(database)
        takes.subscription.retry()
    assert all(letter.set_aside for letter in letters(database))
    return found


def due(database: Database, selection: Selection, subscription: str = "sub") -> int:
    with database.writing() as session:
        return len(deadletters.make_due(session, subscription, selection))


def discarded(database: Database, selection: Selection, subscription: str = "sub") -> int:
    with database.writing() as session:
        return deadletters.discard(session, subscription, selection)


def listed(database: Database, **changes: Any) -> list[DeadLetter]:
    """The whole list, page by page."""
    found: list[DeadLetter] = []
    query = {**EVERYTHING, **changes}
    with database.reading() as session:
        while True:
            page = deadletters.listed(session, "sub", query)
            assert len(page.items) <= query["limit"]
            found += page.items
            if page.next is None:
                return found
            query["cursor"] = page.next


def test_a_retry_asked_for_ten_times_has_one_effect(database: Database, takes: Takes) -> None:
    set_aside(database, takes, 1)
    takes.poison = set()
    for expected in (1, *[0] * 9):
        assert due(database, Selection()) == expected
        takes.subscription.retry()
    assert takes.taken == [1]
    assert letters(database) == []


def test_what_fails_again_is_set_aside_again_at_once_with_the_new_error(
    database: Database, takes: Takes
) -> None:
    set_aside(database, takes, 1)
    (before,) = letters(database)
    takes.subscription.add(_handler(takes, _another_error))
    due(database, Selection(ids=[before.id]))
    assert takes.subscription.retry() == 1
    (after,) = letters(database)
    assert after.set_aside
    assert after.error == "KeyError: 'another'"
    assert "another" in after.traceback
    assert after.attempts == before.attempts + 1
    assert after.first_failed_at == before.first_failed_at < before.failed_at < after.failed_at


def test_a_retry_of_one_that_is_still_tried_by_itself_is_one_of_its_tries(
    database: Database, takes: Takes
) -> None:
    kept(database, takes, 1)
    due(database, Selection())
    takes.subscription.retry()
    (letter,) = letters(database)
    assert letter.attempts == 2
    assert letter.retry_at is not None
    assert letter.retry_at - letter.failed_at == DELAYS[1]


def test_what_could_not_be_read_is_taken_once_the_code_can_read_it(
    database: Database, takes: Takes
) -> None:
    (body,) = bodies(database, 1)
    blind = Subscription("sub", database)
    blind.process([body, UNREADABLE])
    assert due(database, Selection()) == 2
    takes.subscription.retry()
    assert takes.taken == [1]
    (letter,) = letters(database)
    assert (letter.body, letter.type, letter.attempts) == (UNREADABLE, None, 2)
    assert letter.set_aside


def test_an_unreadable_event_is_of_the_type_that_it_says(database: Database, takes: Takes) -> None:
    (body,) = bodies(database, 1)
    said = {
        body.replace(b'"number":1', b'"number":"many"'): TYPE,
        body.replace(b".v1", b".v9"): TYPE.replace(".v1", ".v9"),
        body.replace(TYPE.encode(), b"Anna Andersson"): None,
        body.replace(TYPE.encode(), b"a." + b"b" * 200 + b".v1"): None,
        body.replace(TYPE.encode(), rb"a.b.v1\u0000"): None,
        body.replace(TYPE.encode(), rb"a.b.v1\n"): None,
    }
    takes.subscription.process(list(said))
    assert {letter.body: letter.type for letter in letters(database)} == said
    assert all(letter.set_aside for letter in letters(database))


def test_an_error_that_no_database_could_keep_is_kept_all_the_same(
    database: Database, takes: Takes
) -> None:
    def fail(_session: object, _events: object) -> None:
        raise RuntimeError("at \x00 and \ud800")

    takes.subscription.add(_handler(takes, fail))
    takes.subscription.process(bodies(database, 1))
    (letter,) = letters(database)
    assert letter.error == "RuntimeError: at \ufffd and \ufffd"


def test_a_failed_try_leaves_nothing_of_what_the_handler_wrote(
    database: Database, takes: Takes
) -> None:
    def write_and_fail(session: Any, _events: object) -> None:
        deadletters.keep(session, "sub", b"written by the handler", RuntimeError(), None)
        raise RuntimeError("after it wrote")

    takes.subscription.add(_handler(takes, write_and_fail))
    takes.subscription.process(bodies(database, 1))
    make_due(database)
    takes.subscription.retry()
    (letter,) = letters(database)
    assert (letter.attempts, letter.error) == (2, "RuntimeError: after it wrote")


def test_while_the_database_is_away_a_try_does_not_count(database: Database, takes: Takes) -> None:
    kept(database, takes, 1)
    make_due(database)
    takes.away = True
    with pytest.raises(OperationalError):
        takes.subscription.retry()
    (letter,) = letters(database)
    assert letter.attempts == 1


@pytest.mark.parametrize("poisoned", [False, True])
def test_replicas_that_try_the_same_letter_make_one_try_of_it(
    database: Database, takes: Takes, poisoned: bool
) -> None:
    kept(database, takes, 1)
    if not poisoned:
        takes.poison = set()
    make_due(database)
    ids = [letter.id for letter in letters(database)]
    together = threading.Barrier(4)

    def replica() -> None:
        together.wait()
        takes.subscription.retry(ids)

    threads = [threading.Thread(target=replica) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert takes.taken == ([] if poisoned else [1])
    assert [letter.attempts for letter in letters(database)] == ([2] if poisoned else [])


def test_letters_are_selected_by_id_by_type_and_all(database: Database, takes: Takes) -> None:
    set_aside(database, takes, 1, 2, 3)
    takes.subscription.process([UNREADABLE])
    first, second, *_ = (letter.id for letter in listed(database, type=TYPE))
    assert due(database, Selection(ids=[first, uuid4()])) == 1
    assert due(database, Selection(type=TYPE)) == 3
    assert due(database, Selection(type="sample.nothing_happened.v1")) == 0
    assert due(database, Selection()) == 4
    assert discarded(database, Selection(ids=[first, second])) == 2
    assert discarded(database, Selection(ids=[first, second])) == 0
    assert discarded(database, Selection(type=TYPE)) == 1
    assert [letter.body for letter in letters(database)] == [UNREADABLE]
    assert discarded(database, Selection()) == 1


def test_the_letters_of_another_subscription_are_left_alone(
    database: Database, takes: Takes
) -> None:
    kept(database, takes, 1)
    (letter,) = letters(database)
    for selection in (Selection(), Selection(ids=[letter.id]), Selection(type=TYPE)):
        assert due(database, selection, "other") == 0
        assert discarded(database, selection, "other") == 0
    with database.reading() as session:
        assert deadletters.count(session, "other") == (0, 0)
        assert deadletters.listed(session, "other", EVERYTHING).items == []
        with pytest.raises(NotFound):
            deadletters.get(session, "other", letter.id)


def test_a_discarded_letter_is_not_tried_and_its_event_stays_without_effect(
    database: Database, takes: Takes
) -> None:
    kept(database, takes, 1)
    ids = [letter.id for letter in letters(database)]
    assert discarded(database, Selection()) == 1
    takes.poison = set()
    takes.subscription.retry(ids)
    assert takes.taken == []
    assert letters(database) == []


def test_the_list_is_whole_in_pages_newest_first_by_type_and_by_what_is_set_aside(
    database: Database, takes: Takes
) -> None:
    kept(database, takes, *range(1, 8))
    takes.subscription.process([UNREADABLE])
    found = listed(database)
    assert len(found) == 8
    assert found[0].type is None
    assert [letter.id for letter in listed(database, limit=3)] == [letter.id for letter in found]
    times = [letter.first_failed_at for letter in found]
    assert times == sorted(times, reverse=True)
    assert len(listed(database, type=TYPE)) == 7
    assert [letter.type for letter in listed(database, set_aside=True)] == [None]
    assert len(listed(database, set_aside=False)) == 7
    with database.reading() as session:
        assert deadletters.count(session, "sub") == (8, 1)


def test_a_letter_is_shown_with_the_bytes_that_came(database: Database, takes: Takes) -> None:
    takes.subscription.process([UNREADABLE])
    (letter,) = letters(database)
    with database.reading() as session:
        assert deadletters.get(session, "sub", letter.id).body == UNREADABLE
        with pytest.raises(NotFound):
            deadletters.get(session, "sub", uuid4())


def _another_error(_session: object, _events: object) -> None:
    raise KeyError("another")


def _handler(takes: Takes, handle: Any) -> Handler:
    given = takes.subscription.handlers[TYPE]
    return Handler(given.type, given.fields, handle)
