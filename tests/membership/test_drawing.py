"""Members are drawn at random, the same by the same seed, of each district its part."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text

from infra import clock
from infra.database import Database
from infra.errors import Conflict, Invalid, NotFound
from services.membership import members, panel
from services.membership.drawing import drawn, shares
from services.membership.panel import Invitation, Tally
from services.membership.vault import Vault
from tests.membership.panels import TODAY, close, closing_on, invite, people, tokens, wave


@given(
    st.dictionaries(st.text("abc", max_size=3), st.integers(0, 10_000), min_size=1),
    st.floats(0, 1),
)
def test_shares_sum_exactly_and_are_within_one_of_the_proportion(
    numbers: dict[str, int], part: float
) -> None:
    total = sum(numbers.values())
    size = int(total * part)

    found = shares(size, numbers)

    assert sum(found.values()) == size
    for code, number in numbers.items():
        assert 0 <= found[code] <= number
        assert abs(found[code] * total - size * number) < max(total, 1)


def test_the_largest_remainder_gets_what_is_left() -> None:
    assert shares(10, {"a": 45, "b": 35, "c": 20}) == {"a": 5, "b": 3, "c": 2}
    assert shares(3, {"a": 1, "b": 1, "c": 1, "d": 1}) == {"a": 1, "b": 1, "c": 1, "d": 0}
    assert shares(0, {}) == {}


def test_a_seed_draws_the_same_of_the_same_members_in_whatever_order() -> None:
    of = {"norr": [uuid4() for _ in range(60)], "syd": [uuid4() for _ in range(40)]}
    turned = {code: ids[::-1] for code, ids in of.items()}

    first = drawn(7, 20, of)

    assert drawn(7, 20, turned) == first
    assert {code: len(ids) for code, ids in first.items()} == {"norr": 12, "syd": 8}
    assert all(set(first[code]) <= set(of[code]) for code in of)
    assert drawn(8, 20, of) != first


def test_each_member_is_drawn_about_as_often_as_any_other() -> None:
    ids = [UUID(int=number) for number in range(50)]
    times = dict.fromkeys(ids, 0)
    for seed in range(400):
        for member_id in drawn(seed, 10, {"norr": ids})["norr"]:
            times[member_id] += 1

    # 80 are expected; 8 is the deviation of one, 40 are five.
    assert all(40 < count < 120 for count in times.values())


def test_a_draw_is_stratified_and_told_once(database: Database, vault: Vault) -> None:
    people(database, vault, 60, "1280")
    people(database, vault, 40, "0180")
    found = wave(database)

    told = invite(database, found.id, 50)

    assert told is not None
    assert len({member_id for member_id, _ in told}) == len({token for _, token in told}) == 50
    assert all(len(token) == 43 for _, token in told)
    assert invite(database, found.id, 50) is None
    with database.reading() as session:
        tallies = session.execute(select(Tally.unit, Tally.invited).order_by(Tally.unit)).all()
    assert [tuple(row) for row in tallies] == [("skane", 30), ("stockholms-arbetarekommun", 20)]


def test_the_same_seed_draws_the_same_members_for_another_wave(
    database: Database, vault: Vault
) -> None:
    people(database, vault, 40, "1280")
    first, second = (invite(database, wave(database).id, 10, seed=3) for _ in range(2))

    assert first is not None
    assert second is not None
    assert [member_id for member_id, _ in first] == [member_id for member_id, _ in second]
    assert {token for _, token in first}.isdisjoint({token for _, token in second})


def test_nobody_is_drawn_twice_for_a_wave_and_nobody_who_left(
    database: Database, vault: Vault
) -> None:
    there = people(database, vault, 20, "1280")
    (gone,) = people(database, vault, 1, "1280")
    with database.writing() as session:
        members.leave(session, gone, {"left_on": TODAY, "reason": "unpaid"})
    found = wave(database)

    drawn_ids = []
    for seed, size in ((1, 12), (2, 12), (3, 5)):
        told = invite(database, found.id, size, seed)
        assert told is not None
        drawn_ids += [member_id for member_id, _ in told]

    assert sorted(drawn_ids) == sorted(there)


def test_a_seed_for_another_size_and_a_size_beyond_the_sample_are_refused(
    database: Database, vault: Vault
) -> None:
    people(database, vault, 30, "1280")
    found = wave(database, sample=20)
    tokens(database, found.id, 15)

    with pytest.raises(Conflict):
        invite(database, found.id, 14)
    with pytest.raises(Invalid) as refused:
        invite(database, found.id, 6, seed=2)

    assert set(refused.value.errors) == {"size"}
    assert len(tokens(database, found.id, 5, seed=2)) == 5


def test_nobody_is_drawn_for_a_wave_that_is_over_or_not_there(
    database: Database, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    people(database, vault, 5, "1280")
    closed = close(database, wave(database).id)
    past = wave(database, **closing_on(TODAY))

    with pytest.raises(Conflict):
        invite(database, closed.id, 2)
    with pytest.raises(NotFound):
        invite(database, uuid4(), 2)
    monkeypatch.setattr(clock, "today", lambda: TODAY + timedelta(days=1))
    with pytest.raises(Conflict):
        invite(database, past.id, 2)


def test_a_token_is_kept_as_a_hash_without_its_member(database: Database, vault: Vault) -> None:
    there = people(database, vault, 30, "1280")
    found = wave(database)
    told = invite(database, found.id, 20)

    assert told is not None
    with database.reading() as session:
        kept = session.execute(text("SELECT * FROM panel_invitation")).all()
    secret = {part for member_id, token in told for part in (token, member_id.hex)}
    assert {row.token for row in kept} == {panel.hashed(token) for _, token in told}
    assert not secret & {str(value) for row in kept for value in row}
    assert not {i.hex for i in there} & {row.token.hex() for row in kept}
    assert Invitation.__table__.columns.keys() == ["token", "wave_id", "unit", "used"]


def test_the_places_of_tokens_and_members_are_each_by_their_own_key(
    database: Database, vault: Vault
) -> None:
    people(database, vault, 40, "1280")
    found = wave(database)
    invite(database, found.id, 30)

    with database.reading() as session:
        stored = session.execute(text("SELECT token FROM panel_invitation ORDER BY rowid"))
        hashes = [row.token for row in stored]
        ids = session.execute(text("SELECT member_id FROM panel_drawn ORDER BY rowid"))
        drawn_ids = [row.member_id for row in ids]

    assert hashes == sorted(hashes)
    assert drawn_ids == sorted(drawn_ids)


def test_a_district_of_whom_few_are_asked_is_not_kept_with_their_answers(
    database: Database, vault: Vault
) -> None:
    people(database, vault, 9, "0980")
    people(database, vault, 10, "1280")
    found = wave(database)

    invite(database, found.id, 19)

    with database.reading() as session:
        kept = session.execute(select(Tally.unit, Tally.invited).order_by(Tally.unit)).all()
    assert [tuple(row) for row in kept] == [("SE", 9), ("skane", 10)]
