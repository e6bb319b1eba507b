"""How many leave within a year of joining, by when they joined."""

from collections import defaultdict
from datetime import date
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra import clock, migrate
from infra.database import Database
from services.membership import editions, joins, members, rejoining, retention, transfers, units
from services.membership.exact_tree import ExactTree
from services.membership.members import Member, PastMembership
from services.membership.retention import Cohort
from services.membership.vault import Vault
from tests.membership.given import Row, joining, small_edition
from tests.servers import PostgresServer

TODAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "today", lambda: TODAY)


def join(database: Database, vault: Vault, joined_on: date, unit: str = "1280") -> Member:
    """Let somebody join on a day."""
    with database.writing() as session:
        request = joining(unit=unit, joined_on=joined_on)
        return joins.join(session, units.take_turn(session), request, vault)[0]


def leave(database: Database, member: Member, left_on: date) -> None:
    """Let somebody leave on a day."""
    with database.writing() as session:
        members.leave(session, member.id, {"left_on": left_on, "reason": "unpaid"})


def cohorts(database: Database, unit: str = "SE") -> list[Cohort]:
    """The years of a unit."""
    with database.reading() as session:
        return retention.cohorts(session, ExactTree().as_of(session), unit)


def year(found: list[Cohort], wanted: int) -> tuple[int, int, float | None, bool]:
    """One of the years: joined, left, share, complete."""
    (one,) = (each for each in found if each["year"] == wanted)
    return one["joined"], one["left"], one["share"], one["complete"]


@pytest.mark.parametrize(
    ("joined_on", "left_on", "left"),
    [
        (date(2024, 5, 6), date(2024, 5, 6), 1),
        (date(2024, 5, 6), date(2025, 5, 5), 1),
        (date(2024, 5, 6), date(2025, 5, 6), 0),
        (date(2024, 2, 29), date(2025, 2, 28), 1),
        (date(2024, 2, 29), date(2025, 3, 1), 0),
        (date(2023, 2, 28), date(2024, 2, 28), 0),
        (date(2024, 12, 31), date(2025, 12, 30), 1),
        (date(2024, 1, 1), date(2026, 1, 1), 0),
    ],
)
def test_who_leaves_before_the_day_comes_round_left_within_a_year(
    database: Database, vault: Vault, joined_on: date, left_on: date, left: int
) -> None:
    leave(database, join(database, vault, joined_on), left_on)

    assert year(cohorts(database), joined_on.year) == (1, left, float(left), True)


def test_the_share_is_of_all_who_joined_that_year(database: Database, vault: Vault) -> None:
    for day in (date(2024, 1, 1), date(2024, 6, 1), date(2024, 12, 31)):
        join(database, vault, day)
    leave(database, join(database, vault, date(2024, 3, 1)), date(2024, 9, 1))

    assert year(cohorts(database), 2024) == (4, 1, 0.25, True)


def test_a_year_in_which_nobody_joined_is_there_without_a_share(
    database: Database, vault: Vault
) -> None:
    join(database, vault, date(2022, 5, 1))
    join(database, vault, date(2024, 5, 1))

    found = cohorts(database)

    assert [each["year"] for each in found] == [2026, 2025, 2024, 2023, 2022]
    assert year(found, 2023) == (0, 0, None, True)


def test_a_unit_that_nobody_joined_has_no_years(database: Database) -> None:
    assert cohorts(database) == []


def test_a_year_is_complete_once_all_who_joined_had_their_twelve_months(
    database: Database, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    join(database, vault, date(2024, 12, 31))

    def complete(today: date) -> bool:
        monkeypatch.setattr(clock, "today", lambda: today)
        return year(cohorts(database), 2024)[3]

    assert [complete(date(2025, 12, 31)), complete(date(2026, 1, 1))] == [False, True]


def test_the_quarters_of_a_year_add_up_to_it_and_end_with_the_present_one(
    database: Database, vault: Vault
) -> None:
    for month in (1, 3, 4, 12):
        leave(database, join(database, vault, date(2025, month, 15)), date(2026, 2, 1))
    join(database, vault, date(2026, 10, 1))

    last, before = cohorts(database)

    assert [each["quarter"] for each in last["quarters"]] == [1, 2, 3, 4]
    assert [each["joined"] for each in before["quarters"]] == [2, 1, 0, 1]
    assert [each["left"] for each in before["quarters"]] == [1, 1, 0, 1]
    assert [each["share"] for each in before["quarters"]] == [0.5, 1.0, None, 1.0]
    assert [each["complete"] for each in before["quarters"]] == [True, True, True, False]
    assert (before["joined"], before["left"], before["complete"]) == (4, 3, False)


def test_a_quarter_that_has_not_begun_is_not_there(
    database: Database, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    join(database, vault, date(2026, 1, 1))
    monkeypatch.setattr(clock, "today", lambda: date(2026, 6, 30))

    (only,) = cohorts(database)

    assert [each["quarter"] for each in only["quarters"]] == [1, 2]


def test_a_membership_belongs_where_it_began(database: Database, vault: Vault) -> None:
    member = join(database, vault, date(2024, 5, 6))
    with database.writing() as session:
        moving = {"unit": "0184", "on": date(2024, 8, 1)}
        transfers.transfer(session, units.take_turn(session), member.id, moving)
    leave(database, member, date(2024, 9, 1))

    assert year(cohorts(database, "1280"), 2024) == (1, 1, 1.0, True)
    assert year(cohorts(database, "skane"), 2024) == (1, 1, 1.0, True)
    assert cohorts(database, "0184") == []


def test_a_rejoin_is_a_membership_of_its_own(database: Database, vault: Vault) -> None:
    member = join(database, vault, date(2023, 5, 6))
    leave(database, member, date(2023, 9, 1))
    with database.writing() as session:
        again = {"unit": "0184", "joined_on": date(2024, 1, 1), "source": "digital"}
        rejoining.rejoin(session, units.take_turn(session), member.id, again)
    leave(database, member, date(2025, 9, 1))

    assert year(cohorts(database), 2023) == (1, 1, 1.0, True)
    assert year(cohorts(database), 2024) == (1, 0, 0.0, True)
    assert year(cohorts(database, "1280"), 2023) == (1, 1, 1.0, True)
    assert [each["joined"] for each in cohorts(database, "0184")] == [0, 0, 1]


def test_who_is_merged_into_another_never_joined(database: Database, vault: Vault) -> None:
    kept, mistake = (join(database, vault, date(2024, 5, 6)) for _ in range(2))
    with database.writing() as session:
        members.get(session, mistake.id).status = "merged"
        members.get(session, kept.id).status = "erased"

    assert year(cohorts(database), 2024) == (1, 0, 0.0, True)


def test_postgresql_counts_the_same(
    databases: PostgresServer, database: Database, vault: Vault
) -> None:
    databases.create_databases(["membership_retention"])
    url = databases.url("membership_retention").replace("postgresql://", "postgresql+psycopg2://")
    other = Database(url, "membership")
    migrate.upgrade(other.engine, "membership")
    with other.writing() as session:
        units.load_edition(session, editions.reference(), national=True)
    for where in (database, other):
        for month in range(1, 13):
            member = join(where, vault, date(2024, month, 28))
            leave(where, member, date(2025, 7, 28))
        with where.writing() as session:
            again = {"unit": "1280", "joined_on": date(2025, 8, 1), "source": "digital"}
            rejoining.rejoin(session, units.take_turn(session), member.id, again)

    found = [cohorts(where, unit) for unit in ("SE", "skane") for where in (database, other)]

    other.close()
    assert found[0] == found[1] == found[2] == found[3]
    assert year(found[0], 2024) == (12, 5, 5 / 12, True)


Lives = list[tuple[str, list[tuple[date, date | None]]]]


@st.composite
def lives(draw: st.DrawFn) -> Lives:
    """Of each member, where, and from when to when they were one; the last may go on."""
    days = st.dates(date(2022, 12, 1), TODAY)
    found: Lives = []
    for _ in range(draw(st.integers(1, 12))):
        unit = draw(st.sampled_from(("0001", "0002", "0003", "0001-by")))
        ends = sorted(draw(st.lists(days, min_size=1, max_size=6, unique=True)))
        found.append((unit, list(zip_longest(ends[::2], ends[1::2]))))
    return found


@settings(max_examples=40, deadline=None)
@given(lives())
def test_the_cohorts_are_those_of_a_plain_recount(lived: Lives) -> None:
    joined: dict[int, int] = defaultdict(int)
    left: dict[int, int] = defaultdict(int)
    rows: list[Member | PastMembership] = []
    for unit, memberships in lived:
        member = Member(**_columns(unit, *memberships[-1]))
        rows.append(member)
        rows += [_past(member, n, *days) for n, days in enumerate(memberships[:-1], start=1)]
        for start, end in memberships:
            if unit != "0003":
                joined[start.year] += 1
                left[start.year] += end is not None and end < _a_year_after(start)
    with TemporaryDirectory() as folder:
        database = _filled(Path(folder), rows)
        found = cohorts(database, "norr")
        database.close()

    assert {each["year"]: each["joined"] for each in found if each["joined"]} == joined
    assert {each["year"]: each["left"] for each in found if each["joined"]} == left


def _filled(folder: Path, rows: list[Any]) -> Database:
    database = Database(f"sqlite:///{folder}/membership.db", "membership")
    migrate.upgrade(database.engine, "membership")
    with database.writing() as session:
        units.load_edition(session, small_edition(), national=False)
        session.add_all(row for row in rows if isinstance(row, Member))
        session.flush()
        session.add_all(row for row in rows if isinstance(row, PastMembership))
    return database


def _columns(unit: str, joined_on: date, left_on: date | None) -> Row:
    row = joining(unit=unit, joined_on=joined_on)
    kept = ("id", "unit", "joined_on", "source", "interests", "competences")
    status = "member" if left_on is None else "left"
    more = {"joined_unit": unit, "left_on": left_on, "status": status, "personal": b""}
    return {**{name: row[name] for name in kept}, **more}


def _past(member: Member, number: int, joined_on: date, left_on: date | None) -> PastMembership:
    return PastMembership(
        member_id=member.id,
        number=number,
        unit=member.joined_unit,
        source="digital",
        joined_on=joined_on,
        left_unit=member.unit,
        left_on=left_on,
        reason="unpaid",
    )


def _a_year_after(day: date) -> date:
    if (day.month, day.day) == (2, 29):
        return date(day.year + 1, 3, 1)
    return day.replace(year=day.year + 1)
