"""Members join and leave once, and who they are stays sealed."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select, text

from infra import clock
from infra.creation import Outcome
from infra.database import Database
from infra.errors import Conflict, Invalid, NotFound
from services.membership import joins, members, transfers, units
from services.membership.members import Member
from services.membership.vault import Vault
from tests.membership.given import Row, forget_published, joining, published

TOMORROW = clock.today() + timedelta(days=1)


def join(database: Database, vault: Vault, request: Row) -> tuple[Member, bool]:
    """Let one join."""
    with database.writing() as session:
        return joins.join(session, units.take_turn(session), request, vault)


def join_all(database: Database, vault: Vault, requests: list[Row]) -> list[Outcome[Member]]:
    """Let many join."""
    with database.writing() as session:
        return joins.join_all(session, units.take_turn(session), requests, vault)


def leave(database: Database, member: Member, left_on: date, reason: str) -> tuple[Member, bool]:
    """End a membership."""
    with database.writing() as session:
        request = {"left_on": left_on, "reason": reason}
        return members.leave(session, member.id, request)


def count(database: Database) -> int:
    """How many are stored."""
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(Member)) or 0


def test_joining_stores_a_member_and_publishes_it(database: Database, vault: Vault) -> None:
    request = joining()

    member, new = join(database, vault, request)

    assert new
    assert (member.unit, member.status) == ("1280", "member")
    assert published(database) == [
        (
            "member_joined",
            {
                "member_id": str(request["id"]),
                "unit": "1280",
                "joined_on": "2024-05-06",
                "source": "digital",
                "rejoined": False,
            },
        )
    ]


def test_joining_without_an_id_is_given_one(database: Database, vault: Vault) -> None:
    first, _ = join(database, vault, joining(id=None))
    second, _ = join(database, vault, joining(id=None))

    assert first.id != second.id


def test_joining_again_with_the_same_body_answers_the_stored_member(
    database: Database, vault: Vault
) -> None:
    union = {"organisation": "Kommunal", "official": True}
    request = joining(
        union={**union, "consent_at": datetime(2024, 5, 6, 12, tzinfo=UTC)},
        personal_number="198001021230",
        interests=["skola"],
        affiliations=["ssu"],
    )
    join(database, vault, request)

    stockholm = datetime(2024, 5, 6, 14, tzinfo=clock.STOCKHOLM)
    again, new = join(database, vault, {**request, "union": {**union, "consent_at": stockholm}})

    assert not new
    assert again.id == request["id"]
    assert len(published(database)) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"unit": "0114"},
        {"joined_on": date(2024, 5, 7)},
        {"source": "import"},
        {"recruited_by": "m-7"},
        {"name": "Åsa Ö"},
        {"email": None},
        {"phone": "+4681234567"},
        {"birth_date": None},
        {"personal_number": "198001021230"},
        {"interests": ["skola"]},
        {"competences": ["ekonomi"]},
        {"affiliations": ["ssu"]},
        {"paid_until": date(2025, 5, 6)},
    ],
)
def test_an_id_that_another_member_has_is_refused(
    database: Database, vault: Vault, other: Row
) -> None:
    request = joining()
    join(database, vault, request)

    with pytest.raises(Conflict):
        join(database, vault, {**request, **other})

    assert len(published(database)) == 1


def test_the_same_body_is_still_the_same_after_a_leave(database: Database, vault: Vault) -> None:
    request = joining()
    member, _ = join(database, vault, request)
    leave(database, member, date(2025, 1, 1), "unpaid")

    again, new = join(database, vault, request)

    assert (again.status, new) == ("left", False)


@pytest.mark.parametrize("code", ["nowhere", "SE", "skane"])
def test_members_belong_to_no_district_and_no_unknown_unit(
    database: Database, vault: Vault, code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        join(database, vault, joining(unit=code))

    assert set(refused.value.errors) == {"unit"}
    assert count(database) == 0
    assert published(database) == []


def test_members_belong_to_associations_and_clubs_but_no_side_organisation(
    database: Database, vault: Vault
) -> None:
    kinds = [("a", "association", "1280"), ("c", "club", "1280"), ("s", "side_organisation", "SE")]
    with database.writing() as session:
        for code, kind, parent in kinds:
            row = {"code": code, "name": code, "kind": kind, "parent": parent}
            row |= {"population": None, "on": None}
            units.register(session, units.take_turn(session), row)

    assert join(database, vault, joining(unit="a"))[1]
    assert join(database, vault, joining(unit="c"))[1]
    with pytest.raises(Invalid):
        join(database, vault, joining(unit="s"))


def test_nobody_joins_a_closed_unit(database: Database, vault: Vault) -> None:
    with database.writing() as session:
        request = {"on": clock.today(), "open": False, "name": None, "parent": None}
        units.change(session, units.take_turn(session), "1280", request)

    with pytest.raises(Invalid) as refused:
        join(database, vault, joining())

    assert refused.value.errors == {"unit": ["The unit is closed."]}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"joined_on": TOMORROW}, "joined_on"),
        ({"birth_date": TOMORROW}, "birth_date"),
        ({"birth_date": date(2024, 5, 7)}, "joined_on"),
        ({"paid_until": date(2024, 5, 5)}, "paid_until"),
        (
            {
                "union": {
                    "organisation": "x",
                    "official": False,
                    "consent_at": clock.now() + timedelta(days=2),
                }
            },
            "union.consent_at",
        ),
    ],
)
def test_days_that_cannot_be_are_refused(
    database: Database, vault: Vault, changes: Row, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        join(database, vault, joining(**changes))

    assert set(refused.value.errors) == {field}
    assert count(database) == 0


def test_who_a_member_is_can_be_read_nowhere_in_the_database(
    database: Database, vault: Vault
) -> None:
    request = joining(
        name="Sigbritt",
        personal_number="198001021230",
        union={"organisation": "Kommunal", "official": True, "consent_at": clock.now()},
    )

    member, _ = join(database, vault, request)

    with database.reading() as session:
        dump = repr(session.execute(text("SELECT * FROM member")).all())
        dump += repr(session.execute(text("SELECT * FROM outbox")).all())
    for secret in ("Sigbritt", "asa.", "+4670", "19800102", "1980-01-02", "Kommunal"):
        assert secret not in dump
    assert vault.unseal(member.personal)["name"] == "Sigbritt"


def test_a_batch_answers_every_item_in_order_and_a_bad_one_spoils_none(
    database: Database, vault: Vault
) -> None:
    stored, twice, bad, taken = joining(), joining(), joining(unit="skane"), uuid4()
    join(database, vault, stored)
    batch = [
        stored,
        twice,
        bad,
        joining(id=taken),
        twice,
        {**stored, "name": "Other"},
        joining(id=taken, name="Other"),
        joining(id=None),
    ]

    outcomes = join_all(database, vault, batch)

    assert [o.created for o in outcomes] == [False, True, False, True, False, False, False, True]
    problems = [type(o.problem) if o.problem else None for o in outcomes]
    assert problems == [None, None, Invalid, None, None, Conflict, Conflict, None]
    assert [o.id for o in outcomes[:7]] == [row["id"] for row in batch[:7]]
    assert count(database) == 4
    assert len(published(database)) == 4


def test_a_batch_again_creates_nothing(database: Database, vault: Vault) -> None:
    batch = [joining() for _ in range(20)]
    join_all(database, vault, batch)

    again = join_all(database, vault, batch)

    assert all(not o.created and o.problem is None for o in again)
    assert len(published(database)) == 20


def test_a_batch_of_a_thousand_joins_is_one_transaction(database: Database, vault: Vault) -> None:
    batch = [joining(interests=["skola", "vård"]) for _ in range(1000)]

    outcomes = join_all(database, vault, batch)

    assert all(outcome.created for outcome in outcomes)


def test_leaving_ends_the_membership_and_publishes_it(database: Database, vault: Vault) -> None:
    member, _ = join(database, vault, joining())
    with database.writing() as session:
        forget_published(session)

    left, new = leave(database, member, date(2024, 9, 1), "own_request")

    assert new
    assert (left.status, left.left_on, left.leave_reason) == (
        "left",
        date(2024, 9, 1),
        "own_request",
    )
    data: dict[str, Any] = {"member_id": str(member.id), "unit": "1280", "left_on": "2024-09-01"}
    assert published(database) == [("member_left", {**data, "reason": "own_request"})]


def test_leaving_again_the_same_way_changes_nothing(database: Database, vault: Vault) -> None:
    member, _ = join(database, vault, joining())
    leave(database, member, date(2024, 9, 1), "unpaid")

    assert leave(database, member, date(2024, 9, 1), "unpaid")[1] is False
    assert len(published(database)) == 2


@pytest.mark.parametrize(
    ("left_on", "reason"), [(date(2024, 9, 2), "unpaid"), (date(2024, 9, 1), "death")]
)
def test_leaving_again_another_way_is_refused(
    database: Database, vault: Vault, left_on: date, reason: str
) -> None:
    member, _ = join(database, vault, joining())
    leave(database, member, date(2024, 9, 1), "unpaid")

    with pytest.raises(Conflict):
        leave(database, member, left_on, reason)


@pytest.mark.parametrize("left_on", [date(2024, 5, 5), TOMORROW])
def test_nobody_leaves_before_joining_or_in_the_future(
    database: Database, vault: Vault, left_on: date
) -> None:
    member, _ = join(database, vault, joining())

    with pytest.raises(Invalid) as refused:
        leave(database, member, left_on, "unpaid")

    assert set(refused.value.errors) == {"left_on"}
    assert len(published(database)) == 1


def test_one_may_leave_on_the_very_day_of_joining(database: Database, vault: Vault) -> None:
    member, _ = join(database, vault, joining())

    assert leave(database, member, date(2024, 5, 6), "death")[1]


@pytest.mark.parametrize("status", ["erased", "merged"])
def test_who_is_no_member_any_more_neither_leaves_nor_moves(
    database: Database, vault: Vault, status: str
) -> None:
    member, _ = join(database, vault, joining())
    with database.writing() as session:
        members.get(session, member.id).status = status

    with pytest.raises(Conflict):
        leave(database, member, date(2024, 9, 1), "unpaid")
    request = {"unit": "0114", "on": date(2024, 9, 1)}
    with pytest.raises(Conflict), database.writing() as session:
        transfers.transfer(session, units.take_turn(session), member.id, request)

    assert len(published(database)) == 1


def test_who_is_not_there_does_not_leave(database: Database) -> None:
    with pytest.raises(NotFound), database.writing() as session:
        members.leave(session, uuid4(), {"left_on": date(2024, 9, 1), "reason": "unpaid"})
