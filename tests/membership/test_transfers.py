"""Members move between units without joining or leaving."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from infra import clock
from infra.database import Database
from infra.errors import Conflict, Invalid, NotFound
from services.membership import joins, members, transfers, units
from services.membership.members import Member
from services.membership.transfers import Transfer
from services.membership.vault import Vault
from tests.membership.given import forget_published, joining, published

DAY = date(2024, 8, 1)


@pytest.fixture
def member(database: Database, vault: Vault) -> Member:
    """A member of Malmö since May 2024."""
    with database.writing() as session:
        made, _ = joins.join(session, units.take_turn(session), joining(), vault)
        forget_published(session)
    return made


def move(database: Database, member: Member, unit: str, on: date = DAY) -> tuple[Member, bool]:
    """Transfer a member."""
    with database.writing() as session:
        tree = units.take_turn(session)
        return transfers.transfer(session, tree, member.id, {"unit": unit, "on": on})


def leave(database: Database, member: Member, left_on: date) -> None:
    """End the membership."""
    with database.writing() as session:
        members.leave(session, member.id, {"left_on": left_on, "reason": "unpaid"})


def test_a_transfer_names_both_units(database: Database, member: Member) -> None:
    moved, new = move(database, member, "0114")

    data = {"member_id": str(member.id), "from_unit": "1280", "to_unit": "0114"}
    assert new
    assert (moved.unit, moved.status, moved.joined_on) == ("0114", "member", date(2024, 5, 6))
    assert published(database) == [("member_transferred", {**data, "on": "2024-08-01"})]


def test_the_same_transfer_again_changes_nothing(database: Database, member: Member) -> None:
    move(database, member, "0114")

    assert move(database, member, "0114")[1] is False
    assert len(published(database)) == 1


def test_a_late_repeat_of_an_earlier_transfer_does_not_move_the_member_back(
    database: Database, member: Member
) -> None:
    move(database, member, "0114")
    move(database, member, "0115")
    leave(database, member, DAY)

    repeated, new = move(database, member, "0114")

    assert (repeated.unit, repeated.status, new) == ("0115", "left", False)


def test_every_transfer_is_kept(database: Database, member: Member) -> None:
    move(database, member, "0114")
    move(database, member, "1280", DAY + timedelta(days=9))

    with database.reading() as session:
        kept = session.scalars(select(Transfer).order_by(Transfer.id)).all()
    assert [(row.from_unit, row.to_unit) for row in kept] == [("1280", "0114"), ("0114", "1280")]


def test_joining_again_is_the_same_after_a_transfer(database: Database, vault: Vault) -> None:
    request = joining()
    with database.writing() as session:
        made, _ = joins.join(session, units.take_turn(session), request, vault)
    move(database, made, "0114")

    with database.writing() as session:
        again, new = joins.join(session, units.take_turn(session), request, vault)

    assert (again.unit, new) == ("0114", False)


def test_a_transfer_to_the_unit_one_is_in_is_refused(database: Database, member: Member) -> None:
    with pytest.raises(Conflict):
        move(database, member, "1280")


def test_who_has_left_is_not_transferred(database: Database, member: Member) -> None:
    leave(database, member, DAY)

    with pytest.raises(Conflict):
        move(database, member, "0114")


@pytest.mark.parametrize("unit", ["nowhere", "SE", "skane"])
def test_a_transfer_to_a_unit_without_members_is_refused(
    database: Database, member: Member, unit: str
) -> None:
    with pytest.raises(Invalid) as refused:
        move(database, member, unit)

    assert set(refused.value.errors) == {"unit"}


def test_a_transfer_to_a_closed_unit_is_refused(database: Database, member: Member) -> None:
    with database.writing() as session:
        request = {"on": DAY, "open": False, "name": None, "parent": None}
        units.change(session, units.take_turn(session), "0114", request)

    with pytest.raises(Invalid):
        move(database, member, "0114")


@pytest.mark.parametrize("on", [date(2024, 5, 5), clock.today() + timedelta(days=1)])
def test_a_transfer_before_joining_or_in_the_future_is_refused(
    database: Database, member: Member, on: date
) -> None:
    with pytest.raises(Invalid) as refused:
        move(database, member, "0114", on)

    assert set(refused.value.errors) == {"on"}
    assert published(database) == []


def test_neither_a_transfer_nor_a_leave_comes_before_the_last_transfer(
    database: Database, member: Member
) -> None:
    move(database, member, "0114")

    with pytest.raises(Invalid) as moving:
        move(database, member, "0115", DAY - timedelta(days=1))
    with pytest.raises(Invalid) as leaving:
        leave(database, member, DAY - timedelta(days=1))

    assert set(moving.value.errors) == {"on"}
    assert set(leaving.value.errors) == {"left_on"}


def test_who_leaves_leaves_the_unit_of_the_transfer(database: Database, member: Member) -> None:
    move(database, member, "0114")
    leave(database, member, DAY)

    assert published(database)[-1][1]["unit"] == "0114"


def test_who_is_not_there_is_not_transferred(database: Database) -> None:
    with pytest.raises(NotFound):
        move(database, Member(id=uuid4()), "0114")
