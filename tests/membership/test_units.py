"""The tree changes as a whole or a unit at a time, each change an event, and stays a tree."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from infra import clock
from infra.database import Database
from infra.errors import Conflict, Invalid, NotFound
from infra.units import TreeVersion, Unit
from services.membership import assignments, joins, members, units
from services.membership.editions import reference
from services.membership.exact_tree import ExactTree
from services.membership.vault import Vault
from tests.membership.carried import assigning, forget, member, start
from tests.membership.given import (
    Row,
    forget_published,
    joining,
    published,
    small_edition,
    unit,
)

DAY = date(2025, 3, 1)


def load(database: Database, edition: list[Row]) -> dict[str, int]:
    """Load an edition that is not national."""
    with database.writing() as session:
        return units.load_edition(session, edition, national=False)


def register(database: Database, **request: Any) -> tuple[Unit, bool]:
    """Register one unit."""
    full = {"population": None, "on": None, **request}
    with database.writing() as session:
        return units.register(session, units.take_turn(session), full)


def change(database: Database, code: str, on: date = DAY, **request: Any) -> tuple[Unit, bool]:
    """Change one unit."""
    full = {"on": on, "name": None, "parent": None, "open": None, **request}
    with database.writing() as session:
        return units.change(session, units.take_turn(session), code, full)


def join(database: Database, vault: Vault, unit_code: str) -> members.Member:
    """Let somebody join."""
    with database.writing() as session:
        tree = units.take_turn(session)
        return joins.join(session, tree, joining(unit=unit_code), vault)[0]


def found(database: Database, code: str) -> Unit:
    """The stored unit."""
    with database.reading() as session:
        return units.get(session, code)


def tree_version(database: Database) -> int:
    """How often the tree has changed."""
    with database.reading() as session:
        return session.scalars(select(TreeVersion.version)).one()


@pytest.fixture
def small(empty: Database) -> Database:
    """A database with the small edition, whose events are gone."""
    load(empty, small_edition())
    with empty.writing() as session:
        forget_published(session)
    return empty


def test_the_first_edition_is_registered_whole_from_1900_on(empty: Database) -> None:
    with empty.writing() as session:
        counts = units.load_edition(session, reference(), national=True)

    facts = published(empty)
    assert counts == {"registered": 317, "changed": 0, "closed": 0, "unchanged": 0}
    assert {name for name, _ in facts} == {"unit_registered"}
    assert facts[0][1] == {
        "code": "SE",
        "name": "Partiet",
        "kind": "party",
        "population": 10_587_710,
        "open": True,
        "version": 1,
        "valid_from": "1900-01-01",
    }


def test_parents_are_published_before_their_children(empty: Database) -> None:
    load(empty, small_edition()[::-1])

    codes = [data["code"] for _, data in published(empty)]
    parents = {row["code"]: row["parent"] for row in small_edition()}
    for place, code in enumerate(codes):
        assert parents[code] is None or parents[code] in codes[:place]


def test_an_edition_loaded_twice_changes_nothing(database: Database) -> None:
    before = tree_version(database)

    with database.writing() as session:
        counts = units.load_edition(session, reference(), national=True)

    assert counts == {"registered": 0, "changed": 0, "closed": 0, "unchanged": 317}
    assert published(database) == []
    assert tree_version(database) == before


def test_a_later_edition_publishes_what_differs_from_today_on(small: Database) -> None:
    edition = small_edition()
    edition[3]["name"], edition[5]["parent"] = "Nytt namn", "norr"
    edition.append(unit("0004", "branch", "syd"))

    counts = load(small, edition)

    facts = {data["code"]: (name, data) for name, data in published(small)}
    today = clock.today().isoformat()
    assert counts == {"registered": 1, "changed": 2, "closed": 0, "unchanged": 6}
    assert Counter(name for name, _ in facts.values()) == {"unit_changed": 2, "unit_registered": 1}
    assert facts["0001"][1]["name"] == "Nytt namn"
    assert facts["0003"][1]["parent"] == "norr"
    assert {data["valid_from"] for _, data in facts.values()} == {today}
    assert facts["0001"][1]["version"] == 2


def test_a_branch_left_out_is_closed_and_local_units_left_out_stay(small: Database) -> None:
    edition = [row for row in small_edition() if row["code"] not in ("0003", "0001-by", "ssu")]

    counts = load(small, edition)

    assert counts == {"registered": 0, "changed": 0, "closed": 1, "unchanged": 5}
    assert [(name, data["code"], data["open"]) for name, data in published(small)] == [
        ("unit_changed", "0003", False)
    ]
    assert found(small, "0001-by").open
    assert found(small, "ssu").open


def test_a_unit_that_an_edition_has_again_is_open_again(small: Database) -> None:
    change(small, "0003", open=False)

    assert load(small, small_edition())["changed"] == 1
    assert found(small, "0003").open


@pytest.mark.parametrize("left_out", ["0001", "0002"])
def test_an_edition_that_would_close_a_unit_with_members_or_associations_is_refused_whole(
    small: Database, vault: Vault, left_out: str
) -> None:
    join(small, vault, "0002")
    with small.writing() as session:
        forget_published(session)
    edition = [row for row in small_edition() if row["code"] not in (left_out, "0001-by")]
    edition[1]["name"] = "Not this either"

    with pytest.raises(Conflict, match=r"1 members, 0|0 members, 1"):
        load(small, edition)

    assert found(small, left_out).open
    assert found(small, "norr").version == 1
    assert published(small) == []


def test_a_district_may_go_when_the_edition_moves_its_branches(small: Database) -> None:
    edition = [row for row in small_edition() if row["code"] != "syd"]
    next(row for row in edition if row["code"] == "0003")["parent"] = "norr"

    assert load(small, edition) == {"registered": 0, "changed": 1, "closed": 1, "unchanged": 6}


def test_no_edition_makes_a_unit_one_of_another_kind(small: Database) -> None:
    edition = [row for row in small_edition() if row["code"] != "0001-by"]
    edition.append(unit("0001-by", "club", "0001"))

    with pytest.raises(Invalid) as refused:
        load(small, edition)

    assert set(refused.value.errors) == {"units.7.kind"}


def test_a_unit_is_registered_once(small: Database) -> None:
    request = {"code": "0002-by", "name": "Byn", "kind": "association", "parent": "0002"}

    first = register(small, **request)
    again = register(small, **request)

    assert (first[1], again[1]) == (True, False)
    assert published(small) == [
        (
            "unit_registered",
            {
                **request,
                "open": True,
                "version": 1,
                "valid_from": clock.today().isoformat(),
            },
        )
    ]


def test_a_unit_may_be_registered_from_an_earlier_day_on(small: Database) -> None:
    request = {"code": "0002-by", "name": "Byn", "kind": "association", "parent": "0002"}

    made, _ = register(small, **request, on=DAY)

    assert made.valid_from == DAY
    assert register(small, **request, on=DAY)[1] is False
    with pytest.raises(Conflict):
        register(small, **request, on=DAY + timedelta(days=1))


def test_a_code_that_is_taken_is_refused(small: Database) -> None:
    with pytest.raises(Conflict):
        register(small, code="0002", name="Other", kind="branch", parent="norr")


@pytest.mark.parametrize(
    ("kind", "parent", "field"),
    [
        ("association", "nowhere", "parent"),
        ("association", "norr", "parent"),
        ("branch", "SE", "parent"),
        ("district", "SE", None),
        ("party", "SE", "kind"),
        ("association", "0003", "parent"),
    ],
)
def test_a_new_unit_needs_an_open_parent_of_the_right_kind(
    small: Database, kind: str, parent: str, field: str | None
) -> None:
    change(small, "0003", open=False)
    if field is None:
        assert register(small, code="new", name="New", kind=kind, parent=parent)[1]
        return

    with pytest.raises(Invalid) as refused:
        register(small, code="new", name="New", kind=kind, parent=parent)

    assert set(refused.value.errors) == {field}


def test_a_unit_of_tomorrow_is_refused(small: Database) -> None:
    tomorrow = clock.today() + timedelta(days=1)

    with pytest.raises(Invalid) as registering:
        register(small, code="n", name="N", kind="district", parent="SE", on=tomorrow)
    with pytest.raises(Invalid) as changing:
        change(small, "0001", on=tomorrow, name="N")

    assert set(registering.value.errors) == set(changing.value.errors) == {"on"}


def test_a_rename_and_a_move_are_one_event_with_their_day(small: Database) -> None:
    changed, new = change(small, "0003", name="Sydby", parent="norr")

    assert new
    assert (changed.version, changed.valid_from) == (2, DAY)
    assert published(small) == [
        (
            "unit_changed",
            {
                "code": "0003",
                "name": "Sydby",
                "kind": "branch",
                "parent": "norr",
                "open": True,
                "version": 2,
                "valid_from": DAY.isoformat(),
            },
        )
    ]


def test_a_move_may_be_dated_before_what_has_happened_since(small: Database, vault: Vault) -> None:
    join(small, vault, "0003")
    with small.writing() as session:
        forget_published(session)

    changed, _ = change(small, "0003", on=date(2020, 2, 29), parent="norr")

    assert (changed.parent, changed.valid_from) == ("norr", date(2020, 2, 29))
    assert [data["valid_from"] for _, data in published(small)] == ["2020-02-29"]


def test_members_belong_to_a_club_and_to_no_side_organisation(
    small: Database, vault: Vault
) -> None:
    for code in set(members.AFFILIATIONS) - {"ssu"}:
        register(small, code=code, name=code, kind="side_organisation", parent="SE", on=DAY)
        register(small, code=f"0003-{code}", name=code, kind="club", parent="0003", on=DAY)

    for code in members.AFFILIATIONS:
        with pytest.raises(Invalid):
            join(small, vault, code)
    assert join(small, vault, "0003-s-kvinnor").unit == "0003-s-kvinnor"
    with pytest.raises(Conflict, match="1 members, 0 open units"):
        change(small, "0003-s-kvinnor", open=False)


def test_the_same_change_again_changes_nothing(small: Database) -> None:
    change(small, "0003", open=False)
    version = tree_version(small)

    again, new = change(small, "0003", open=False)

    assert not new
    assert again.version == 2
    assert len(published(small)) == 1
    assert tree_version(small) == version


@pytest.mark.parametrize(
    ("code", "parent"),
    [
        ("0001", "0001"),
        ("norr", "0001"),
        ("0001", "SE"),
        ("0001", "nowhere"),
        ("0001-by", "0003"),
        ("SE", "norr"),
    ],
)
def test_a_move_that_would_break_the_tree_is_refused(
    small: Database, code: str, parent: str
) -> None:
    change(small, "0003", open=False)

    with pytest.raises(Invalid) as refused:
        change(small, code, parent=parent)

    assert set(refused.value.errors) == {"parent"}
    assert found(small, code).version == 1


def test_a_move_before_a_rename_is_told_with_its_day_and_the_name_as_it_is(
    small: Database,
) -> None:
    change(small, "0003", name="Sydby")

    moved, _ = change(small, "0003", on=DAY - timedelta(days=1), parent="norr")

    assert (moved.name, moved.parent, moved.version) == ("Sydby", "norr", 3)
    assert moved.valid_from == DAY - timedelta(days=1)
    assert len(published(small)) == 2


def test_a_move_before_a_later_one_holds_until_that_which_is_told_again(small: Database) -> None:
    register(small, code="mitt", name="Mitt", kind="district", parent="SE", on=DAY)
    change(small, "0003", parent="norr")
    with small.writing() as session:
        forget_published(session)
    earlier = DAY - timedelta(days=30)

    moved, _ = change(small, "0003", on=earlier, parent="mitt")
    _, again = change(small, "0003", on=earlier, parent="mitt")

    assert (moved.parent, moved.version, again) == ("norr", 4, False)
    told = [(data["parent"], data["valid_from"]) for _, data in published(small)]
    assert told == [("mitt", earlier.isoformat()), ("norr", DAY.isoformat())]


def test_a_move_that_was_earlier_than_known_is_told_to_have_been(small: Database) -> None:
    change(small, "0003", parent="norr")

    moved, new = change(small, "0003", on=DAY - timedelta(days=30), parent="norr")

    assert (new, moved.parent, moved.valid_from) == (True, "norr", DAY - timedelta(days=30))


def test_a_rename_before_the_last_change_is_told_from_that_on(small: Database) -> None:
    change(small, "0003", parent="norr")

    renamed, _ = change(small, "0003", on=DAY - timedelta(days=30), name="Sydby")

    assert (renamed.name, renamed.parent, renamed.valid_from) == ("Sydby", "norr", DAY)


def test_nothing_changes_before_the_unit_began(small: Database) -> None:
    register(small, code="0004", name="Ny", kind="branch", parent="syd", on=DAY)

    with pytest.raises(Invalid) as refused:
        change(small, "0004", on=DAY - timedelta(days=1), parent="norr")

    assert set(refused.value.errors) == {"on"}


def test_a_unit_with_members_or_open_units_is_not_closed(small: Database, vault: Vault) -> None:
    for _ in range(3):
        join(small, vault, "0003")

    with pytest.raises(Conflict, match="3 members, 0 open units"):
        change(small, "0003", open=False)
    with pytest.raises(Conflict, match="0 members, 1 open units"):
        change(small, "0001", open=False)


def test_a_unit_is_closed_once_it_is_empty(small: Database, vault: Vault) -> None:
    member = join(small, vault, "0003")
    with small.writing() as session:
        members.leave(session, member.id, {"left_on": DAY, "reason": "unpaid"})
    change(small, "0001-by", open=False)

    assert change(small, "0003", open=False)[1]
    assert change(small, "0001", open=False)[1]


def test_the_party_is_never_closed(empty: Database) -> None:
    load(empty, [unit("SE", "party", None)])

    with pytest.raises(Conflict):
        change(empty, "SE", open=False)


def test_a_closed_unit_changes_no_more(small: Database) -> None:
    change(small, "0003", open=False)

    with pytest.raises(Conflict):
        change(small, "0003", name="Sydby")


@pytest.mark.parametrize("code", ["nowhere", "", "\x00", "\ud800", "a b", "x" * 1000])
def test_a_unit_that_is_not_there_is_not_found(small: Database, code: str) -> None:
    with pytest.raises(NotFound):
        change(small, code, name="N")


def test_the_tree_in_memory_is_that_of_the_transaction(small: Database) -> None:
    exact = ExactTree()
    with small.reading() as session:
        assert exact.as_of(session).get("0001-x") is None

    register(small, code="0001-x", name="X", kind="club", parent="0001")
    with small.writing() as session:
        assert exact.as_of(session, hold=True).within("0001-x", "norr")
        request = {"on": DAY, "name": None, "parent": "syd", "open": None}
        units.change(session, units.take_turn(session), "0001", request)
        assert exact.as_of(session, hold=True).within("0001-x", "syd")
        session.rollback()
    with small.reading() as session:
        assert exact.as_of(session).within("0001-x", "norr")


def test_who_carries_something_in_a_unit_does_so_until_it_is_closed(
    database: Database, vault: Vault
) -> None:
    lone = unit("nytt", "district", "SE")
    with database.writing() as session:
        request = {**lone, "on": date(2020, 1, 1)}
        units.register(session, units.take_turn(session), request)
    change(database, "1280", parent="nytt")
    holder = member(database, vault, unit="1280")
    kept, _ = start(database, assigning(holder, unit="1280"))
    ended, _ = start(database, assigning(holder, unit="nytt"))
    change(database, "1280", on=clock.today(), parent="skane")
    forget(database)

    change(database, "nytt", on=clock.today(), open=False)

    names = [name for name, _ in published(database)]
    assert names == ["unit_changed", "assignment_ended"]
    assert published(database)[1][1]["ended_on"] == clock.today().isoformat()
    with database.reading() as session:
        assert assignments.get(session, ended.id).ended_on == clock.today()
        assert assignments.get(session, kept.id).ended_on is None
