"""The funnel: how far prospects come, by source and by unit, and how many ask them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from infra.database import Database
from services.membership import funnel, joins, units
from services.membership.vault import Vault
from tests.membership.curious import CONSENT, CONSENT_DAY, ask, decline, register
from tests.membership.given import Row, joining


def seen(database: Database, unit: str = "SE") -> dict[str, Any]:
    """The funnel of a unit."""
    with database.reading() as session:
        return funnel.funnel(session, units.load(session), unit)


def after(days: int) -> date:
    """So many days after the consent."""
    return CONSENT_DAY + timedelta(days=days)


def come(
    database: Database,
    vault: Vault,
    *,
    asked: int | None = None,
    joined: int | None = None,
    by: str = "v-1",
    **changes: Any,
) -> None:
    """A prospect who is asked, and joins, so many days after the consent."""
    prospect = register(database, vault, **changes)
    if asked is not None:
        ask(database, prospect.id, after(asked), by=by)
    if joined is not None:
        with database.writing() as session:
            request = joining(prospect_id=prospect.id, joined_on=after(joined))
            joins.join(session, units.take_turn(session), request, vault)


def child(found: Row, unit: str) -> Row:
    """What is told of one child."""
    return next(row for row in found["children"] if row["unit"] == unit)


def test_nobody_makes_an_empty_funnel(database: Database) -> None:
    found = seen(database)

    assert found["sources"] == []
    assert len(found["children"]) == 26
    assert set(child(found, "skane").values()) == {"skane", "Skåne", 0}
    assert set(found["remainder"].values()) == {0}


def test_each_source_has_its_steps_and_the_median_days_between(
    database: Database, vault: Vault
) -> None:
    come(database, vault, source="digital")
    come(database, vault, source="digital", asked=2)
    come(database, vault, source="digital", asked=4, joined=14)
    come(database, vault, source="digital", asked=400, joined=401)
    come(database, vault, source="union", joined=3)
    declined = register(database, vault, source="union")
    decline(database, declined.id, after(5))

    assert seen(database)["sources"] == [
        {
            "source": "digital",
            "prospects": 4,
            "asked": 3,
            "joined": 2,
            "declined": 0,
            "days_to_ask": 4,
            "days_to_join": 5.5,
        },
        {
            "source": "union",
            "prospects": 2,
            "asked": 0,
            "joined": 1,
            "declined": 1,
            "days_to_ask": None,
            "days_to_join": None,
        },
    ]


def test_who_says_to_have_joined_before_being_asked_took_no_days(
    database: Database, vault: Vault
) -> None:
    come(database, vault, asked=9, joined=7)

    assert seen(database)["sources"][0]["days_to_join"] == 0


def test_each_child_counts_all_below_it_and_the_remainder_the_rest(
    database: Database, vault: Vault
) -> None:
    come(database, vault, unit="SE")
    come(database, vault, unit="skane", asked=1)
    come(database, vault, unit="1280", asked=1, joined=2)
    come(database, vault, unit="0114")

    party, district = seen(database), seen(database, "skane")

    def told(row: Row) -> tuple[int, ...]:
        names = ("prospects", "asked", "joined", "not_yet_asked", "askers")
        return tuple(row[name] for name in names)

    assert told(child(party, "skane")) == (2, 2, 1, 0, 1)
    assert told(child(party, "stockholms-lan")) == (1, 0, 0, 1, 0)
    assert told(party["remainder"]) == (1, 0, 0, 1, 0)
    assert told(child(district, "1280")) == (1, 1, 1, 0, 1)
    assert told(district["remainder"]) == (1, 1, 0, 0, 1)
    assert district["sources"][0]["prospects"] == 2


def test_different_people_who_asked_are_counted_once_a_child(
    database: Database, vault: Vault
) -> None:
    come(database, vault, unit="1280", asked=1, by="v-1")
    come(database, vault, unit="1280", asked=2, by="v-1")
    come(database, vault, unit="1281", asked=2, by="v-1")
    come(database, vault, unit="1281", asked=2, by="v-2")

    assert child(seen(database), "skane")["askers"] == 2
    assert child(seen(database, "skane"), "1280")["askers"] == 1


def test_days_are_counted_across_the_ends_of_months_and_years(
    database: Database, vault: Vault
) -> None:
    consent_at = datetime(2023, 12, 30, 12, tzinfo=UTC)
    prospect = register(database, vault, consent_at=consent_at)
    ask(database, prospect.id, date(2024, 3, 1))

    assert seen(database)["sources"][0]["days_to_ask"] == 62


def test_of_a_period_those_count_who_were_registered_in_it(
    database: Database, vault: Vault
) -> None:
    early, late = (CONSENT - timedelta(days=40), CONSENT + timedelta(days=40))
    come(database, vault, source="union", consent_at=early)
    come(database, vault, asked=60, by="v-2", consent_at=late)
    come(database, vault, asked=4)

    def of(first: date | None, last: date | None) -> tuple[int, int, int, int]:
        with database.reading() as session:
            found = funnel.funnel(session, units.load(session), "SE", first, last)
        skane = child(found, "skane")
        total = sum(row["prospects"] for row in found["sources"])
        return total, skane["prospects"], skane["not_yet_asked"], skane["askers"]

    assert of(None, None) == (3, 3, 1, 2)
    assert of(CONSENT_DAY, CONSENT_DAY) == (1, 1, 0, 1)
    assert of(after(1), None) == (1, 1, 0, 1)
    assert of(None, after(-1)) == (1, 1, 1, 0)
    assert of(after(-39), after(-1)) == (0, 0, 0, 0)
