"""At the door everybody gets an area that nobody has."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from infra.database import Database
from infra.errors import Conflict, Invalid
from services.campaign import area_rounds, areas
from tests.campaign.mapped import (
    DAY,
    HOUR,
    NOW,
    asking,
    assign,
    at,
    done,
    drawn,
    hand_out,
    made,
    release,
)


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A database of campaign; it is NOW."""
    made_here = made(tmp_path)
    at(monkeypatch, NOW)
    yield made_here
    made_here.close()


def test_the_oldest_free_area_comes_first_until_there_is_none(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Drawn at one instant, they come in the order of their ids.
    first, second, third = sorted(drawn(database, column) for column in range(3))
    drawn(database, 9, unit="1281")
    assign(database, second)

    assert [hand_out(database)[0].area_id for _ in range(2)] == [first, third]
    with pytest.raises(Conflict, match="No area of the unit is free"):
        hand_out(database)
    at(monkeypatch, NOW + 3 * HOUR)
    assert hand_out(database, until=NOW + DAY)[0].area_id == first


def test_what_nobody_has_begun_comes_before_what_is_unfinished(database: Database) -> None:
    first, second = drawn(database, 0), drawn(database, 1)
    assign(database, first)
    release(database, first, reason="unfinished")

    assert [hand_out(database)[0].area_id for _ in range(2)] == [second, first]


def test_what_is_done_comes_back_in_the_next_round(database: Database) -> None:
    first, second = drawn(database, 0), drawn(database, 1)
    assign(database, first)
    release(database, first, reason="done")

    assert hand_out(database)[0].area_id == second
    with pytest.raises(Conflict):
        hand_out(database)

    def begin(session: Any) -> None:
        area_rounds.begin(session, areas.get(session, first, lock=True), 2)

    done(database, begin)
    assignment, _ = hand_out(database)
    assert (assignment.area_id, assignment.round) == (first, 2)


def test_an_earlier_round_comes_before_a_later_one(database: Database) -> None:
    ahead, behind = drawn(database, 0), drawn(database, 1)
    assign(database, behind)
    release(database, behind)
    done(database, lambda session: setattr(areas.get(session, ahead), "round", 2))

    assert [hand_out(database)[0].area_id for _ in range(2)] == [behind, ahead]


def test_who_asks_again_with_the_same_id_is_given_the_same_area(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn(database)
    request = asking(unit="1280", id=uuid4())
    first, new = hand_out(database, **request)

    again, new_again = hand_out(database, **request)

    assert (new, new_again) == (True, False)
    assert again.id == first.id
    with pytest.raises(Conflict):
        hand_out(database, **{**request, "mode": "tally"})
    at(monkeypatch, NOW + DAY)
    assert not hand_out(database, **request)[1]


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"unit": "nowhere"}, "unit"), ({"unit": "1282"}, "unit"), ({"until": NOW}, "until")],
)
def test_what_cannot_be_asked_for_is_refused_by_name(database, changes, field):
    with pytest.raises(Invalid) as raised:
        hand_out(database, **changes)
    assert set(raised.value.errors) == {field}
