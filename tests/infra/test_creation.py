"""The client's id decides: once, whatever is sent again."""

from typing import Any
from uuid import UUID

from infra.creation import TAKEN, Outcome, create_all
from infra.errors import Conflict, Invalid, Problem

ONE, TWO, THREE = (UUID(int=n) for n in (1, 2, 3))


class Shelf:
    """Things by id, as a database would keep them."""

    def __init__(self) -> None:
        self.things: dict[UUID, dict[str, Any]] = {}
        self.refused: set[str] = set()
        self.unwanted: set[str] = set()

    def create(self, *rows: tuple[UUID, str]) -> list[Outcome[dict[str, Any]]]:
        return create_all(
            [{"id": key, "name": name} for key, name in rows],
            check=self._check,
            insert=self._insert,
            stored=lambda ids: {key: self.things[key] for key in ids & self.things.keys()},
            same=lambda thing, row: thing == row,
        )

    def _check(self, row: dict[str, Any]) -> None:
        if row["name"] in self.refused:
            raise Invalid("No", {"name": ["not today"]})

    def _insert(self, rows: list[dict[str, Any]]) -> dict[UUID, dict[str, Any] | Problem]:
        new = [row for row in rows if row["id"] not in self.things]
        kept = {row["id"]: row for row in new if row["name"] not in self.unwanted}
        self.things.update(kept)
        return {row["id"]: kept.get(row["id"], Conflict("Unwanted")) for row in new}


def words(outcomes: list[Outcome[dict[str, Any]]]) -> list[str]:
    return [
        type(o.problem).__name__ if o.problem else "created" if o.created else "exists"
        for o in outcomes
    ]


def test_what_is_sent_again_is_there_and_another_thing_with_its_id_is_refused() -> None:
    shelf = Shelf()
    assert words(shelf.create((ONE, "a"), (TWO, "b"))) == ["created", "created"]
    assert words(shelf.create((ONE, "a"), (TWO, "c"), (THREE, "d"))) == [
        "exists",
        "Conflict",
        "created",
    ]


def test_the_same_id_twice_in_one_batch_is_one_thing() -> None:
    shelf = Shelf()
    assert words(shelf.create((ONE, "a"), (ONE, "a"), (ONE, "b"))) == [
        "created",
        "exists",
        "Conflict",
    ]


def test_a_bad_one_spoils_no_other_and_is_answered_in_its_place() -> None:
    shelf = Shelf()
    shelf.refused = {"b"}
    assert words(shelf.create((ONE, "a"), (TWO, "b"), (THREE, "c"))) == [
        "created",
        "Invalid",
        "created",
    ]
    assert TWO not in shelf.things


def test_what_was_stored_is_still_there_when_it_could_not_be_created_any_more() -> None:
    shelf = Shelf()
    shelf.create((ONE, "a"))
    shelf.refused = {"a"}
    assert words(shelf.create((ONE, "a"))) == ["exists"]
    assert words(shelf.create((TWO, "a"))) == ["Invalid"]


def test_a_good_row_after_a_bad_one_with_its_id_is_created() -> None:
    shelf = Shelf()
    shelf.refused = {"b"}
    assert words(shelf.create((ONE, "b"), (ONE, "a"))) == ["Invalid", "created"]


def test_what_cannot_be_inserted_says_why_each_time_that_it_is_sent() -> None:
    shelf = Shelf()
    shelf.unwanted = {"a"}
    outcomes = shelf.create((ONE, "a"), (TWO, "b"), (ONE, "a"), (ONE, "c"))
    assert words(outcomes) == ["Conflict", "created", "Conflict", "Conflict"]
    details = [outcome.problem.detail for outcome in outcomes if outcome.problem]
    assert details == ["Unwanted", "Unwanted", TAKEN]
    assert words(shelf.create((ONE, "c"))) == ["created"]
