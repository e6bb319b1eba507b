"""Who has left may be a member again, any number of times; every membership is kept."""

from datetime import date, timedelta
from itertools import pairwise
from uuid import uuid4

import pytest
from sqlalchemy import select

from infra import clock
from infra.database import Database
from infra.errors import Conflict, Invalid, NotFound
from services.membership import joins, members, rejoining, transfers, units
from services.membership.events.members import LEAVE_REASONS
from services.membership.members import Member, PastMembership
from services.membership.vault import Vault
from tests.membership.given import Row, forget_published, joining, published

LEFT, BACK = date(2024, 9, 1), date(2025, 2, 3)
TOMORROW = clock.today() + timedelta(days=1)


@pytest.fixture
def member(database: Database, vault: Vault) -> Member:
    """One who was a member of Malmö from May 2024, and left in September."""
    with database.writing() as session:
        request = joining(paid_until=date(2024, 12, 31), recruited_by="m-7")
        made, _ = joins.join(session, units.take_turn(session), request, vault)
        forget_published(session)
    leave(database, made, LEFT)
    with database.writing() as session:
        forget_published(session)
    return made


def leave(database: Database, member: Member, left_on: date, reason: str = "unpaid") -> bool:
    """End the membership; whether that was new."""
    with database.writing() as session:
        request = {"left_on": left_on, "reason": reason}
        return members.leave(session, member.id, request)[1]


def rejoin(database: Database, member: Member, **changes: object) -> tuple[Member, bool]:
    """Begin another membership."""
    request: Row = {"unit": "0114", "joined_on": BACK, "source": "recruiter", **changes}
    with database.writing() as session:
        tree = units.take_turn(session)
        return rejoining.rejoin(session, tree, member.id, request)


def move(database: Database, member: Member, unit: str, on: date) -> Member:
    """Transfer the member."""
    with database.writing() as session:
        tree = units.take_turn(session)
        return transfers.transfer(session, tree, member.id, {"unit": unit, "on": on})[0]


def past(database: Database, member: Member) -> list[PastMembership]:
    """The memberships before the present one, in order."""
    query = select(PastMembership).where(PastMembership.member_id == member.id)
    with database.reading() as session:
        return list(session.scalars(query.order_by(PastMembership.number)))


def test_a_rejoin_begins_a_membership_and_says_when_the_last_one_ended(
    database: Database, member: Member
) -> None:
    back, new = rejoin(database, member)

    assert new
    assert (back.status, back.unit, back.joined_unit) == ("member", "0114", "0114")
    assert (back.joined_on, back.source, back.previous_left_on) == (BACK, "recruiter", LEFT)
    assert (back.left_on, back.leave_reason, back.moved_on, back.paid_until) == (None,) * 4
    assert published(database) == [
        (
            "member_joined",
            {
                "member_id": str(member.id),
                "unit": "0114",
                "joined_on": "2025-02-03",
                "source": "recruiter",
                "rejoined": True,
                "previous_left_on": "2024-09-01",
            },
        )
    ]


def test_the_membership_before_goes_on_as_a_past_one(database: Database, vault: Vault) -> None:
    with database.writing() as session:
        tree = units.take_turn(session)
        made, _ = joins.join(session, tree, joining(source="union"), vault)
    move(database, made, "0115", date(2024, 7, 1))
    leave(database, made, LEFT, "own_request")
    rejoin(database, made)

    (first,) = past(database, made)

    assert (first.number, first.source, first.reason) == (1, "union", "own_request")
    assert (first.unit, first.joined_on) == ("1280", date(2024, 5, 6))
    assert (first.left_unit, first.left_on) == ("0115", LEFT)


def test_the_same_rejoin_again_changes_nothing(database: Database, member: Member) -> None:
    rejoin(database, member)

    again, new = rejoin(database, member)

    assert (again.status, new) == ("member", False)
    assert len(past(database, member)) == len(published(database)) == 1


@pytest.mark.parametrize(
    "other", [{"unit": "0115"}, {"joined_on": BACK + timedelta(days=1)}, {"source": "union"}]
)
def test_a_member_does_not_rejoin(database: Database, member: Member, other: Row) -> None:
    rejoin(database, member)

    with pytest.raises(Conflict):
        rejoin(database, member, **other)

    assert len(published(database)) == 1


def test_who_never_left_does_not_rejoin_even_as_they_joined(
    database: Database, vault: Vault
) -> None:
    with database.writing() as session:
        made, _ = joins.join(session, units.take_turn(session), joining(), vault)

    with pytest.raises(Conflict):
        rejoin(database, made, unit="1280", joined_on=date(2024, 5, 6), source="digital")


@pytest.mark.parametrize("status", ["erased", "merged"])
def test_who_is_erased_or_merged_does_not_rejoin(
    database: Database, member: Member, status: str
) -> None:
    with database.writing() as session:
        members.get(session, member.id).status = status

    with pytest.raises(Conflict):
        rejoin(database, member)

    assert published(database) == []


def test_who_is_not_there_does_not_rejoin(database: Database) -> None:
    with pytest.raises(NotFound):
        rejoin(database, Member(id=uuid4()))


@pytest.mark.parametrize("reason", LEAVE_REASONS)
def test_the_reason_of_the_leave_bars_nobody(database: Database, vault: Vault, reason: str) -> None:
    with database.writing() as session:
        made, _ = joins.join(session, units.take_turn(session), joining(), vault)
    leave(database, made, LEFT, reason)

    assert rejoin(database, made)[1]


@pytest.mark.parametrize("day", [LEFT - timedelta(days=1), TOMORROW])
def test_nobody_rejoins_before_leaving_or_in_the_future(
    database: Database, member: Member, day: date
) -> None:
    with pytest.raises(Invalid) as refused:
        rejoin(database, member, joined_on=day)

    assert set(refused.value.errors) == {"joined_on"}
    assert past(database, member) == []
    assert published(database) == []


@pytest.mark.parametrize("unit", ["nowhere", "SE", "skane"])
def test_nobody_rejoins_where_there_are_no_members(
    database: Database, member: Member, unit: str
) -> None:
    with pytest.raises(Invalid) as refused:
        rejoin(database, member, unit=unit)

    assert set(refused.value.errors) == {"unit"}


def test_one_may_rejoin_on_the_very_day_of_leaving(database: Database, member: Member) -> None:
    assert rejoin(database, member, joined_on=LEFT)[1]


def test_nobody_leaves_twice_on_one_day(database: Database, member: Member) -> None:
    rejoin(database, member, joined_on=LEFT)

    with pytest.raises(Invalid) as refused:
        leave(database, member, LEFT, "death")
    assert set(refused.value.errors) == {"left_on"}
    assert leave(database, member, LEFT + timedelta(days=1), "death")


def test_a_late_repeat_of_an_earlier_leave_ends_no_later_membership(
    database: Database, member: Member
) -> None:
    rejoin(database, member, joined_on=LEFT)

    assert leave(database, member, LEFT) is False

    with database.reading() as session:
        assert members.get(session, member.id).status == "member"


def test_a_late_repeat_of_an_earlier_rejoin_begins_no_other_membership(
    database: Database, member: Member
) -> None:
    rejoin(database, member)
    leave(database, member, BACK + timedelta(days=9))
    assert rejoin(database, member)[1] is False

    rejoin(database, member, joined_on=BACK + timedelta(days=20))
    leave(database, member, BACK + timedelta(days=30))
    again, new = rejoin(database, member)

    assert (again.status, new) == ("left", False)
    assert [each.number for each in past(database, member)] == [1, 2]


def test_leave_and_rejoin_go_on_for_ever(database: Database, member: Member) -> None:
    day = LEFT
    for _ in range(5):
        day += timedelta(days=30)
        rejoin(database, member, joined_on=day)
        day += timedelta(days=30)
        leave(database, member, day)

    kept = past(database, member)
    facts = published(database)

    assert [each.number for each in kept] == [1, 2, 3, 4, 5]
    assert all(a.left_on <= b.joined_on for a, b in pairwise(kept))
    assert [name for name, _ in facts] == ["member_joined", "member_left"] * 5
    left = [LEFT.isoformat(), *(data["left_on"] for name, data in facts if "left" in name)]
    assert [data["previous_left_on"] for name, data in facts if "joined" in name] == left[:-1]


def test_joining_again_by_the_first_request_is_the_same_after_a_rejoin(
    database: Database, vault: Vault
) -> None:
    request = joining()
    with database.writing() as session:
        made, _ = joins.join(session, units.take_turn(session), request, vault)
    leave(database, made, LEFT)
    rejoin(database, made)

    with database.writing() as session:
        again, new = joins.join(session, units.take_turn(session), request, vault)

    assert (again.unit, again.joined_on, new) == ("0114", BACK, False)


def test_a_member_who_is_back_moves_from_the_day_of_the_rejoin_on(
    database: Database, member: Member
) -> None:
    rejoin(database, member)

    with pytest.raises(Invalid) as refused:
        move(database, member, "1280", BACK - timedelta(days=1))
    moved = move(database, member, "1280", BACK)

    assert set(refused.value.errors) == {"on"}
    assert (moved.unit, moved.joined_unit) == ("1280", "0114")
