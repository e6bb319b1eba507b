"""The panel is answered once a token, while it is open; nothing ties an answer to anyone."""

import random
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select, text

from infra import clock
from infra.database import Base, Database
from infra.errors import Conflict, Invalid, NotFound
from services.membership import panel
from services.membership.panel import Drawn, Invitation, Tally, Wave
from services.membership.vault import Vault
from tests.membership.given import Row, published
from tests.membership.panels import (
    TODAY,
    answer,
    close,
    closing_on,
    invite,
    people,
    said,
    tokens,
    wave,
)

DAY = timedelta(days=1)


def numbers(database: Database, found: Wave) -> tuple[int, int]:
    """How many were invited and how many answered."""
    with database.reading() as session:
        (shown,) = panel.counted(session, [found])
    return shown["invited"], shown["answered"]


def stored(database: Database, model: type[Base]) -> list[Row]:
    """All rows, in the order in which they lie there."""
    with database.reading() as session:
        rows = session.execute(text(f"SELECT * FROM {model.__tablename__} ORDER BY rowid"))
        return [dict(row._mapping) for row in rows]


def close_over(database: Database) -> int:
    """Close what is over, as the timer does; how many there were."""
    closed = 0
    while True:
        with database.writing() as session:
            if not panel.close_one(session, clock.today()):
                return closed
        closed += 1


def test_a_wave_is_planned_once(database: Database) -> None:
    request = {
        "id": uuid4(),
        "name": "Hösten",
        "opens_on": TODAY,
        "closes_on": TODAY,
        "sample": 500,
    }
    with database.writing() as session:
        first, again = panel.plan(session, request), panel.plan(session, request)
        other = panel.plan(session, {**request, "id": None})
        with pytest.raises(Conflict):
            panel.plan(session, {**request, "sample": None})

    assert (first[1], again[1], other[1]) == (True, False, True)
    assert first[0].id == again[0].id != other[0].id


@pytest.mark.parametrize(
    "days", [closing_on(TODAY - DAY), {"opens_on": TODAY + DAY, "closes_on": TODAY}]
)
def test_a_wave_that_is_over_before_it_begins_is_refused(database: Database, days: Row) -> None:
    with pytest.raises(Invalid) as refused:
        wave(database, **days)

    assert set(refused.value.errors) == {"closes_on"}


def test_an_answer_is_counted_and_publishes_nothing(database: Database, vault: Vault) -> None:
    people(database, vault, 12, "1280")
    found = wave(database)
    token, *_ = tokens(database, found.id, 12)

    answer(database, token)

    assert numbers(database, found) == (12, 1)
    assert published(database) == []


def test_a_repeated_a_foreign_an_early_and_a_late_token_are_refused_alike(
    database: Database, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    people(database, vault, 12, "1280")
    found = wave(database, **closing_on(TODAY))
    early = wave(database, opens_on=TODAY + DAY)
    ended = wave(database)
    used, unused, *_ = tokens(database, found.id, 12)
    not_yet, closed = tokens(database, early.id, 1)[0], tokens(database, ended.id, 1)[0]
    answer(database, used)
    close(database, ended.id)
    before = [stored(database, model) for model in (Invitation, Tally)]
    told = set()

    for token in (used, not_yet, closed):
        with pytest.raises(Conflict) as refused:
            answer(database, token)
        told.add(refused.value.detail)
    monkeypatch.setattr(clock, "today", lambda: TODAY + DAY)
    with pytest.raises(Conflict) as refused:
        answer(database, unused)
    told.add(refused.value.detail)
    for foreign in ("", "x", used[:-1], used.swapcase(), panel.hashed(unused).hex()):
        with pytest.raises(NotFound):
            answer(database, foreign)

    assert len(told) == 1
    assert [stored(database, model) for model in (Invitation, Tally)] == before


def test_answers_in_another_order_leave_the_same_behind(database: Database, vault: Vault) -> None:
    people(database, vault, 30, "1280")
    kept = []
    answers: list[Row] = [{"voice_matters": 1 + number % 5} for number in range(20)]
    for seed in (1, 2):
        found = wave(database)
        given = tokens(database, found.id, 30, seed)
        random.Random(seed).shuffle(given)
        random.Random(seed).shuffle(answers)
        for token, changes in zip(given, answers, strict=False):
            answer(database, token, **changes)
        rows = [row for row in stored(database, Tally) if row["wave_id"] == found.id.hex]
        kept.append([{**row, "wave_id": None} for row in rows])

    assert kept[0] == kept[1]


def test_what_is_kept_of_answers_has_no_place_for_a_token_a_member_or_an_hour() -> None:
    columns = {model: set(model.__table__.columns.keys()) for model in (Tally, Invitation, Drawn)}

    assert columns == {
        Tally: {"wave_id", "unit", "invited", "answered", "answers"},
        Invitation: {"token", "wave_id", "unit", "used"},
        Drawn: {"wave_id", "member_id"},
    }


def test_a_closed_wave_publishes_each_answer_and_keeps_none(
    database: Database, vault: Vault
) -> None:
    people(database, vault, 14, "1280")
    found = wave(database)
    given = tokens(database, found.id, 14)
    for token in given[:6]:
        answer(database, token)
    for token in given[6:12]:
        answer(database, token, participated=False, rewarding=None, voice_matters=1)

    closed = close(database, found.id)

    facts = published(database)
    assert closed.closed_on == TODAY
    assert {name for name, _ in facts} == {"panel_answered"}
    whole = {"wave_id": str(found.id), "unit": "skane"}
    without = said(participated=False, voice_matters=1)
    del without["rewarding"]
    assert Counter(str(sorted(data.items())) for _, data in facts) == {
        str(sorted((whole | said()).items())): 6,
        str(sorted((whole | without).items())): 6,
    }
    assert numbers(database, found) == (14, 12)
    assert [row["answers"] for row in stored(database, Tally)] == ["[]"]
    assert all(row["used"] for row in stored(database, Invitation))


def test_the_order_of_what_is_published_is_that_of_chance(
    database: Database, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    people(database, vault, 25, "1280")
    orders = []
    for seed in (1, 1, 2):
        monkeypatch.setattr(panel.secrets, "SystemRandom", lambda seed=seed: random.Random(seed))
        found = wave(database)
        for number, token in enumerate(tokens(database, found.id, 25)):
            answer(database, token, voice_matters=1 + number // 5)
        before = len(published(database))
        close(database, found.id)
        orders.append([data["voice_matters"] for _, data in published(database)[before:]])

    assert orders[0] == orders[1] != orders[2]
    assert all(sorted(order) != order for order in orders)
    # A fair shuffle leaves five alike together twice in a thousand times.
    assert all(longest_run(order) < 5 for order in orders)


def longest_run(order: list[int]) -> int:
    """The most neighbours that are alike."""
    longest = run = 1
    for one, other in pairwise(order):
        run = run + 1 if one == other else 1
        longest = max(longest, run)
    return longest


@pytest.mark.parametrize(("answers", "unit"), [(9, "SE"), (10, "skane")])
def test_a_district_with_fewer_than_ten_answers_publishes_into_the_partys(
    database: Database, vault: Vault, answers: int, unit: str
) -> None:
    people(database, vault, 15, "1280")
    found = wave(database)
    for token in tokens(database, found.id, 15)[:answers]:
        answer(database, token)

    close(database, found.id)

    facts = published(database)
    assert len(facts) == answers
    assert {data["unit"] for _, data in facts} == {unit}


def test_a_wave_is_closed_once(database: Database, vault: Vault) -> None:
    people(database, vault, 12, "1280")
    found = wave(database)
    for token in tokens(database, found.id, 12):
        answer(database, token)

    first, again = close(database, found.id), close(database, found.id)

    assert first.closed_on == again.closed_on == TODAY
    assert len(published(database)) == 12
    with pytest.raises(NotFound):
        close(database, uuid4())


def test_a_wave_closes_by_itself_after_its_last_day(
    database: Database, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    people(database, vault, 12, "1280")
    over = [wave(database, **closing_on(TODAY)) for _ in range(2)]
    still = wave(database, closes_on=TODAY + DAY)
    for found in (*over, still):
        answer(database, tokens(database, found.id, 12)[0])

    assert close_over(database) == 0
    monkeypatch.setattr(clock, "today", lambda: TODAY + DAY)
    assert close_over(database) == 2
    assert close_over(database) == 0

    assert sorted(data["wave_id"] for _, data in published(database)) == sorted(
        str(found.id) for found in over
    )


def test_waves_are_listed_the_last_to_open_first_with_their_numbers(
    database: Database, vault: Vault
) -> None:
    people(database, vault, 12, "1280")
    later, sooner = wave(database, opens_on=TODAY + DAY), wave(database)
    for token in tokens(database, sooner.id, 7)[:3]:
        answer(database, token)

    query: Row = {"limit": 1, "cursor": None}
    with database.reading() as session:
        first = panel.waves(session, query)
        rest = panel.waves(session, {**query, "cursor": first.next})
        shown = panel.counted(session, [*first.items, *rest.items])

    assert [row["id"] for row in shown] == [later.id, sooner.id]
    assert [(row["invited"], row["answered"]) for row in shown] == [(0, 0), (7, 3)]


def test_a_member_is_told_and_forgotten_as_drawn_and_no_more(
    database: Database, vault: Vault
) -> None:
    (member_id,) = people(database, vault, 1, "1280")
    found = wave(database)
    invite(database, found.id, 1)

    with database.writing() as session:
        held = panel.held(session, vault, member_id)
        panel.forget(session, member_id)
        panel.forget(session, member_id)
        after = panel.held(session, vault, member_id)

    assert held == [{"panel_wave": "Våren", "opens_on": TODAY.isoformat()}]
    assert after == []
    assert stored(database, Drawn) == []
    assert numbers(database, found) == (1, 0)


def test_an_answer_fits_the_digits_that_it_is_kept_as(database: Database, vault: Vault) -> None:
    people(database, vault, 10, "1280")
    found = wave(database)
    extremes: list[dict[str, Any]] = [
        said(rewarding=None),
        said(participated=False, rewarding=None),
        dict.fromkeys(panel.GIVEN, 5) | {"participated": True},
        dict.fromkeys(panel.GIVEN, 1) | {"participated": True},
    ]
    for token, given in zip(tokens(database, found.id, 10), extremes, strict=False):
        answer(database, token, **given)

    with database.reading() as session:
        (tally,) = session.scalars(select(Tally))
    assert tally.answers == ["005321", "105321", "111111", "155555"]
    facts = [vars(fact) for fact in tally.publish()]
    wanted = [{k: fact[k] for k in panel.GIVEN} for fact in facts]
    assert sorted(map(str, wanted)) == sorted(
        str({name: given[name] for name in panel.GIVEN}) for given in extremes
    )
