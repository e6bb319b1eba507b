"""Segments are counted once a day, told of nobody few, and published once."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from infra.database import Database
from services.membership import countings, joins, members, segments, units
from services.membership.segments import SegmentCount, Tally
from services.membership.vault import Vault
from tests.membership.curious import ask, register
from tests.membership.given import Row, forget_published, joining, published

TODAY = date(2025, 6, 1)
NOW = datetime(2025, 6, 1, 1, tzinfo=UTC)
YOUNG = {"birth_date": date(1995, 6, 2)}
OLD = {"birth_date": date(1995, 6, 1)}
ACTIVE = {"organisation": "Kommunal", "official": False, "consent_at": NOW}
OFFICIAL = {**ACTIVE, "official": True}
THIS_YEAR = {"joined_on": date(2025, 1, 1)}


def join(database: Database, vault: Vault, times: int, **changes: Any) -> list[Any]:
    """So many members alike."""
    with database.writing() as session:
        requests = [joining(**{"birth_date": None, **changes}) for _ in range(times)]
        outcomes = joins.join_all(session, units.take_turn(session), requests, vault)
    assert all(outcome.created for outcome in outcomes)
    return [outcome.thing for outcome in outcomes]


def tallied(database: Database, vault: Vault, today: date = TODAY, limit: int = 7) -> Tally:
    """All members, some at a time, and all prospects."""
    tally, after = Tally(today, 30), segments.FIRST
    with database.reading() as session:
        while found := segments.some_members(session, after, limit):
            tally.count(found, vault)
            after = found[-1].id
        tally.count_prospects(session, units.load(session))
    return tally


def begin(database: Database, today: date = TODAY, now: datetime = NOW) -> int | None:
    """Begin a counting."""
    with database.writing() as session:
        return countings.begin(session, today, now)


def complete(database: Database, vault: Vault, run: int | None, today: date = TODAY) -> bool:
    """Do a counting that was begun."""
    assert run is not None
    with database.writing() as session:
        tree = units.load(session)
        for rows in tallied(database, vault, today).shown(tree):
            segments.keep(session, run, rows)
        return countings.finish(session, tree, run, today)


def count(database: Database, vault: Vault, today: date = TODAY) -> None:
    """Count the segments of a day."""
    now = datetime(today.year, today.month, today.day, 1, tzinfo=UTC)
    assert complete(database, vault, begin(database, today, now), today)


def shown(database: Database, unit: str = "SE") -> Row:
    """What is shown of a unit."""
    with database.reading() as session:
        found = countings.of_unit(session, unit)
    for kind in ("interests", "competences"):
        found[kind] = {row.word: row.count for row in found[kind]}
    return found


def facts(database: Database) -> dict[tuple[str, str], int]:
    """The counts that are published, by unit and segment."""
    return {
        (data["unit"], data["segment"]): data["count"]
        for name, data in published(database)
        if name == "segment_counted"
    }


def test_before_the_first_counting_nothing_is_shown(database: Database) -> None:
    assert shown(database) == {
        "unit": "SE",
        "counted_on": None,
        "young": None,
        "union_active": None,
        "union_official": None,
        "not_yet_asked": None,
        "interests": {},
        "competences": {},
    }


def test_every_segment_is_counted_for_the_unit_and_all_above_it(
    database: Database, vault: Vault
) -> None:
    join(database, vault, 7, **YOUNG)
    join(database, vault, 6, **OLD, interests=["skola", "vård"], competences=["ekonomi"])
    join(database, vault, 8, union=ACTIVE, interests=["skola"])
    join(database, vault, 5, union=OFFICIAL)
    for _ in range(5):
        register(database, vault)
    ask(database, register(database, vault).id, date(2024, 4, 1))

    count(database, vault)

    for unit in ("SE", "skane", "1280"):
        assert shown(database, unit) == {
            "unit": unit,
            "counted_on": TODAY,
            "young": 7,
            "union_active": 13,
            "union_official": 5,
            "not_yet_asked": 5,
            "interests": {"skola": 14, "vård": 6},
            "competences": {"ekonomi": 6},
        }
    nothing = shown(database, "0114")
    assert (nothing["young"], nothing["interests"]) == (None, {})


def test_four_are_hidden_and_so_is_what_four_are_not(database: Database, vault: Vault) -> None:
    join(database, vault, 4, **YOUNG, union=ACTIVE, interests=["skola"])
    join(database, vault, 20, union=ACTIVE)

    count(database, vault)

    found = shown(database)
    assert (found["young"], found["interests"]) == (None, {})
    assert found["union_active"] is None, "of all it would be of each"


def test_officials_are_hidden_when_few_of_the_active_are_none(
    database: Database, vault: Vault
) -> None:
    join(database, vault, 10)
    join(database, vault, 9, union=OFFICIAL)
    join(database, vault, 4, union=ACTIVE)

    count(database, vault)

    found = shown(database)
    assert (found["union_active"], found["union_official"]) == (13, None)


def test_whoever_left_is_not_counted(database: Database, vault: Vault) -> None:
    join(database, vault, 10)
    young = join(database, vault, 5, **YOUNG)
    with database.writing() as session:
        leaving = {"left_on": date(2025, 1, 1), "reason": "unpaid"}
        members.leave(session, young[0].id, leaving)

    count(database, vault)

    assert shown(database)["young"] is None


@pytest.mark.parametrize(
    ("number", "young"),
    [
        ("19950602-1234", 6),
        ("19950601-1234", None),
        ("199506621234", 6),
        ("199506611234", None),
        ("19951399-1234", None),
        (None, None),
    ],
)
def test_without_a_birth_date_the_personal_number_tells_the_age(
    database: Database, vault: Vault, number: str | None, young: int | None
) -> None:
    join(database, vault, 10)
    six = join(database, vault, 6)
    with database.writing() as session:
        for joined in six:
            told = {**vault.unseal(joined.personal), "personal_number": number}
            members.get(session, joined.id).personal = vault.seal(told)

    count(database, vault)

    assert shown(database)["young"] == young


def test_members_are_counted_once_in_chunks_of_any_size(database: Database, vault: Vault) -> None:
    join(database, vault, 10)
    join(database, vault, 7, **YOUNG)
    with database.reading() as session:
        tree = units.load(session)
    found = []
    for limit in (1, 4, 17, 100):
        rows = [row for rows in tallied(database, vault, limit=limit).shown(tree) for row in rows]
        found.append(sorted(rows, key=str))

    assert found[0]
    assert all(rows == found[0] for rows in found)


def test_party_and_districts_are_published_with_this_years_recruits(
    database: Database, vault: Vault
) -> None:
    join(database, vault, 20, joined_on=date(2024, 12, 31))
    join(database, vault, 6, joined_on=date(2024, 12, 31), **YOUNG)
    join(database, vault, 10, **THIS_YEAR)
    join(database, vault, 5, **THIS_YEAR, **YOUNG)
    with database.writing() as session:
        forget_published(session)

    count(database, vault)

    wanted = {"young": 11, "young_recruited": 5}
    assert facts(database) == {(u, s): wanted[s] for u in ("SE", "skane") for s in wanted}
    assert published(database)[0][1]["on"] == "2025-06-01"


def test_who_left_in_the_year_of_coming_back_is_no_recruit(
    database: Database, vault: Vault
) -> None:
    join(database, vault, 20, **THIS_YEAR)
    join(database, vault, 6, joined_on=date(2024, 12, 31), **YOUNG)
    back = join(database, vault, 6, **THIS_YEAR, **YOUNG)
    with database.writing() as session:
        for member, left_on in zip(back, [date(2025, 1, 1), date(2024, 1, 1)] * 3, strict=True):
            members.get(session, member.id).previous_left_on = left_on

    count(database, vault)

    assert facts(database) == {("SE", "young"): 12, ("skane", "young"): 12}


def test_no_event_tells_of_a_few(database: Database, vault: Vault) -> None:
    join(database, vault, 10, **THIS_YEAR)
    join(database, vault, 4, **THIS_YEAR, **YOUNG, union=OFFICIAL)

    count(database, vault)

    assert facts(database) == {}


def test_a_day_is_counted_and_published_once(database: Database, vault: Vault) -> None:
    join(database, vault, 10)
    join(database, vault, 6, **YOUNG)
    count(database, vault)

    assert begin(database) is None
    assert begin(database, TODAY - timedelta(days=1)) is None
    assert Counter(name for name, _ in published(database))["segment_counted"] == 2


def test_the_next_day_is_counted_anew_and_the_day_before_is_gone(
    database: Database, vault: Vault
) -> None:
    join(database, vault, 10)
    join(database, vault, 6, birth_date=date(2000, 1, 1))
    count(database, vault)
    join(database, vault, 1, birth_date=date(2000, 1, 1))
    assert shown(database)["young"] == 6

    count(database, vault, TODAY + timedelta(days=1))

    assert (shown(database)["young"], shown(database)["counted_on"]) == (7, date(2025, 6, 2))
    with database.reading() as session:
        assert session.scalar(select(func.count(func.distinct(SegmentCount.run)))) == 1


def test_while_one_counts_no_other_begins_unless_it_is_gone(
    database: Database, vault: Vault
) -> None:
    join(database, vault, 10)
    join(database, vault, 6, **YOUNG)

    first = begin(database)
    assert begin(database, now=NOW + timedelta(minutes=14)) is None
    second = begin(database, now=NOW + timedelta(minutes=16))
    assert complete(database, vault, first) is False
    assert shown(database)["young"] is None
    assert complete(database, vault, second) is True
    assert shown(database)["young"] == 6
    assert len(facts(database)) == 2


def test_without_members_there_is_nothing_to_count(database: Database) -> None:
    assert begin(database) is None


def test_a_unit_that_hides_its_few_hides_them_from_subtraction_too(
    database: Database, vault: Vault
) -> None:
    for unit, young in (("1280", 4), ("1281", 6), ("1282", 9), ("0114", 9)):
        join(database, vault, 20, unit=unit)
        join(database, vault, young, unit=unit, **YOUNG)

    count(database, vault)

    found = {unit: shown(database, unit)["young"] for unit in ("SE", "skane", "1280", "1281")}
    assert found == {"SE": 28, "skane": 19, "1280": None, "1281": None}
    assert shown(database, "1282")["young"] == 9
