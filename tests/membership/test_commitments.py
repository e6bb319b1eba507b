"""What the programme has each level undertake is fulfilled by its units, once or once a year."""

import re
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest

from infra import clock
from infra.database import Database
from infra.errors import Conflict, Invalid, NotFound
from services.membership import commitments, units
from services.membership.commitments import CATALOGUE, REFORMS
from services.membership.exact_tree import ExactTree
from tests.membership.given import Row, forget_published, published, small_edition
from tests.process import Running

DAY = date(2025, 3, 1)
TOMORROW = clock.today() + timedelta(days=1)
YEARLY, ONCE = "planning.open_activity", "organise.delegate_roles"


@pytest.fixture
def small(empty: Database) -> Database:
    """A database with the small edition, whose events are gone."""
    with empty.writing() as session:
        units.load_edition(session, small_edition(), national=False)
        forget_published(session)
    return empty


def fulfil(database: Database, unit: str, key: str, day: date = DAY) -> commitments.Commitment:
    """Note that a unit did what it undertook."""
    with database.writing() as session:
        tree = ExactTree().as_of(session, hold=True)
        return commitments.fulfil(session, tree, unit, key, day)


def listed(database: Database, unit: str, year: int = 2025, reform: str | None = None) -> list[Row]:
    """What a unit and those below it undertake."""
    with database.reading() as session:
        tree = ExactTree().as_of(session)
        return commitments.listed(session, tree, {"unit": unit, "reform": reform}, year)


def row(database: Database, unit: str, key: str, year: int = 2025) -> Row:
    """One undertaking as it is listed."""
    (found,) = [each for each in listed(database, unit, year) if each["key"] == key]
    return found


def test_the_table_is_that_of_the_programme() -> None:
    assert len(CATALOGUE) == 32
    assert REFORMS == ("organise", "planning", "digital", "campaign", "union")
    assert Counter(level for each in CATALOGUE.values() for level in each.levels) == {
        "party": 14,
        "district": 10,
        "branch": 10,
    }
    assert sum(each.yearly for each in CATALOGUE.values()) == 16
    assert all(re.fullmatch(r"[a-z]+\.[a-z_]{3,40}", key) for key in CATALOGUE)


def test_a_commitment_is_fulfilled_once_and_published(small: Database) -> None:
    first, again = fulfil(small, "0001", ONCE), fulfil(small, "0001", ONCE)

    assert first.fulfilled_on == again.fulfilled_on == DAY
    assert published(small) == [
        ("commitment_fulfilled", {"unit": "0001", "key": ONCE, "fulfilled_on": "2025-03-01"})
    ]
    with pytest.raises(Conflict):
        fulfil(small, "0001", ONCE, date(2026, 3, 1))


def test_a_yearly_one_is_fulfilled_once_each_year(small: Database) -> None:
    fulfil(small, "0001", YEARLY)
    with pytest.raises(Conflict):
        fulfil(small, "0001", YEARLY, date(2025, 12, 31))
    fulfil(small, "0001", YEARLY, date(2026, 1, 1))
    fulfil(small, "0001", YEARLY)

    days = [row(small, "0001", YEARLY, year)["fulfilled_on"] for year in (2024, 2025, 2026)]
    assert days == [None, DAY, date(2026, 1, 1)]
    assert len(published(small)) == 2


@pytest.mark.parametrize(
    ("unit", "key"),
    [
        ("SE", "planning.conference"),
        ("SE", "organise.values"),
        ("norr", "organise.values"),
        ("norr", "campaign.follow_up"),
        ("0001", YEARLY),
        ("0001-by", YEARLY),
    ],
)
def test_units_of_the_undertakings_level_fulfil_it(small: Database, unit: str, key: str) -> None:
    assert fulfil(small, unit, key).unit == unit


@pytest.mark.parametrize(
    ("unit", "key"),
    [
        ("norr", YEARLY),
        ("SE", YEARLY),
        ("0001", "organise.values"),
        ("0001-by", "campaign.follow_up"),
        ("norr", "planning.conference"),
        ("0001-ssu", YEARLY),
        ("ssu", YEARLY),
        ("nowhere", YEARLY),
    ],
)
def test_a_unit_of_another_level_is_refused(small: Database, unit: str, key: str) -> None:
    club = {"code": "0001-ssu", "name": "SSU", "kind": "club", "parent": "0001"}
    with small.writing() as session:
        tree = units.take_turn(session)
        units.register(session, tree, {**club, "population": None, "on": None})
        forget_published(session)

    with pytest.raises(Invalid) as refused:
        fulfil(small, unit, key)

    assert set(refused.value.errors) == {"unit"}
    assert published(small) == []


def test_a_day_to_come_a_closed_unit_and_an_unknown_key_are_refused(small: Database) -> None:
    with small.writing() as session:
        closing: Row = {"on": DAY, "open": False, "name": None, "parent": None}
        units.change(session, units.take_turn(session), "0003", closing)

    with pytest.raises(Invalid) as future:
        fulfil(small, "0001", ONCE, TOMORROW)
    with pytest.raises(Invalid) as closed:
        fulfil(small, "0003", ONCE)
    with pytest.raises(NotFound):
        fulfil(small, "0001", "planning.nothing")

    assert set(future.value.errors) == {"fulfilled_on"}
    assert set(closed.value.errors) == {"unit"}
    assert fulfil(small, "0003", ONCE, DAY - timedelta(days=1)).unit == "0003"


def test_a_unit_sees_its_own_and_how_many_below_it_have_done_theirs(small: Database) -> None:
    fulfil(small, "0001", ONCE)
    fulfil(small, "0003", ONCE)
    fulfil(small, "0001-by", ONCE)
    fulfil(small, "norr", "organise.values")

    seen = {
        unit: {name: row(small, unit, ONCE)[name] for name in ("own", "fulfilled_on", "children")}
        | {"done": row(small, unit, ONCE)["children_fulfilled"]}
        for unit in ("norr", "syd", "0001", "0002")
    }
    values = row(small, "SE", "organise.values")

    assert seen == {
        "norr": {"own": False, "fulfilled_on": None, "children": 2, "done": 1},
        "syd": {"own": False, "fulfilled_on": None, "children": 1, "done": 1},
        "0001": {"own": True, "fulfilled_on": DAY, "children": 1, "done": 1},
        "0002": {"own": True, "fulfilled_on": None, "children": 0, "done": 0},
    }
    assert (values["own"], values["children"], values["children_fulfilled"]) == (True, 2, 1)
    assert listed(small, "ssu") == []


def test_the_list_is_of_the_level_and_the_one_below_and_of_a_reform(small: Database) -> None:
    def keys(unit: str, **changes: Any) -> set[str]:
        return {each["key"] for each in listed(small, unit, **changes)}

    def of(*levels: str) -> set[str]:
        return {each.key for each in CATALOGUE.values() if set(levels) & set(each.levels)}

    assert keys("SE") == of("party", "district")
    assert keys("norr") == of("district", "branch")
    assert keys("0001") == keys("0001-by") == of("branch")
    assert keys("0001", reform="union") == {"union.appoint_leaders", "union.activity"}


def test_what_is_done_once_is_shown_from_that_year_on(small: Database) -> None:
    fulfil(small, "0001", ONCE)

    days = [row(small, "0001", ONCE, year)["fulfilled_on"] for year in (2024, 2025, 2030)]

    assert days == [None, DAY, DAY]


def test_a_commitment_is_fulfilled_and_listed_over_http(membership: Running) -> None:
    path = "/units/0765/commitments/organise.map_interests"
    day = {"fulfilled_on": "2025-06-01"}

    first, again = (membership.call("POST", "membership", path, day) for _ in range(2))
    other = membership.call("POST", "membership", path, {"fulfilled_on": "2025-06-02"})
    query = "/commitments?unit=0765&year=2025&reform=organise"
    listed = membership.call("GET", "membership", query).json()

    assert (first.status_code, again.status_code, other.status_code) == (200, 200, 409)
    assert (
        first.json()
        == again.json()
        == {
            "unit": "0765",
            "key": "organise.map_interests",
            "fulfilled_on": "2025-06-01",
        }
    )
    assert listed["next"] is None
    assert listed["items"][0] == {
        "key": "organise.map_interests",
        "reform": "organise",
        "levels": ["branch"],
        "yearly": True,
        "undertaking": "map new members' interests and competences",
        "own": True,
        "fulfilled_on": "2025-06-01",
        "children": 0,
        "children_fulfilled": 0,
    }


@pytest.mark.parametrize(
    ("path", "body", "status", "fields"),
    [
        ("1280/commitments/planning.open_activity", {}, 422, {"fulfilled_on"}),
        (
            "1280/commitments/planning.open_activity",
            {"fulfilled_on": TOMORROW.isoformat()},
            422,
            {"fulfilled_on"},
        ),
        ("skane/commitments/planning.open_activity", {"fulfilled_on": "2025-06-01"}, 422, {"unit"}),
        ("nowhere/commitments/planning.open_activity", {"fulfilled_on": "2025-06-01"}, 404, set()),
        ("1280/commitments/nothing", {"fulfilled_on": "2025-06-01"}, 404, set()),
        ("1280/commitments/%00", {"fulfilled_on": "2025-06-01"}, 404, set()),
    ],
)
def test_a_bad_commitment_is_refused_over_http(
    membership: Running, path: str, body: Row, status: int, fields: set[str]
) -> None:
    answer = membership.call("POST", "membership", f"/units/{path}", body)

    assert (answer.status_code, set(answer.json().get("errors", {}))) == (status, fields)


@pytest.mark.parametrize(
    "query", ["year=1999", "year=x", "reform=other", "unit=nowhere", "unit=å", "level=party"]
)
def test_a_bad_question_about_commitments_is_refused(membership: Running, query: str) -> None:
    assert membership.call("GET", "membership", f"/commitments?{query}").status_code == 422


def test_commitments_are_those_of_the_callers_part(membership: Running) -> None:
    token = membership.token("membership:read membership:write", "skane")
    path, day = "/units/0114/commitments/campaign.run", {"fulfilled_on": "2025-06-01"}

    assert membership.call("POST", "membership", path, day, token).status_code == 403
    assert membership.call("GET", "membership", "/commitments", token=token).status_code == 403
    inside = membership.call("GET", "membership", "/commitments?unit=1280", token=token)
    assert inside.status_code == 200
