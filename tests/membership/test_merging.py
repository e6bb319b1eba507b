"""A member who was a mistake never was: what it counted for is taken back, the rest goes along."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from infra import clock
from infra.database import Database
from infra.errors import Conflict, Forbidden, Invalid, NotFound
from services.membership import joins, marks, members, merging, transfers, units
from services.membership.marks import Duplicate
from services.membership.members import Member, PastMembership
from services.membership.vault import Vault
from tests.membership.given import Row, forget_published, joining, published

NUMBER = "198001021230"
UNION = {
    "organisation": "Kommunal",
    "official": True,
    "consent_at": datetime(2024, 5, 6, tzinfo=UTC),
}


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """One transaction on the national organisation."""
    with database.writing() as session:
        yield session


def join(session: Session, vault: Vault, **changes: Any) -> Member:
    """A new member, as it is stored."""
    made, new = joins.join(session, units.take_turn(session), joining(**changes), vault)
    assert new
    return members.get(session, made.id)


def leave(session: Session, member: Member, left_on: date, reason: str = "unpaid") -> None:
    """End the membership."""
    members.leave(session, member.id, {"left_on": left_on, "reason": reason})


def move(session: Session, member: Member, unit: str, on: date) -> None:
    """Transfer the member."""
    tree = units.take_turn(session)
    transfers.transfer(session, tree, member.id, {"unit": unit, "on": on})


def merge(session: Session, vault: Vault, mistake: UUID, into: UUID, reach: Any = str) -> bool:
    """Merge the two; whether that was new."""
    return merging.merge(session, vault, mistake, into, reach)[1]


def told(session: Session, vault: Vault, member: Member) -> Row:
    """What is sealed of a member."""
    session.flush()
    session.refresh(member)
    return vault.unseal(member.personal)


def merged(database: Database) -> list[Row]:
    """The data of each member_merged that was published."""
    return [data for name, data in published(database) if name == "member_merged"]


def test_a_mistake_becomes_merged_and_what_it_undoes_is_told(
    database: Database, vault: Vault
) -> None:
    with database.writing() as session:
        mistake, into = join(session, vault), join(session, vault)
        move(session, mistake, "0114", date(2024, 6, 1))
        move(session, mistake, "1281", date(2024, 7, 1))
        leave(session, mistake, date(2024, 9, 1), "own_request")
        forget_published(session)
        assert merge(session, vault, mistake.id, into.id)

    assert published(database) == [
        (
            "member_merged",
            {
                "member_id": str(mistake.id),
                "into_id": str(into.id),
                "unit": "1280",
                "joined_on": "2024-05-06",
                "source": "digital",
                "transfers": [
                    {"from_unit": "1280", "to_unit": "0114", "on": "2024-06-01"},
                    {"from_unit": "0114", "to_unit": "1281", "on": "2024-07-01"},
                ],
                "left_unit": "1281",
                "left_on": "2024-09-01",
                "reason": "own_request",
            },
        )
    ]
    with database.reading() as session:
        stored = members.get(session, mistake.id)
        assert (stored.status, stored.merged_into) == ("merged", into.id)
        assert members.get(session, into.id).status == "member"


def test_who_only_joined_has_no_leave_to_undo(database: Database, vault: Vault) -> None:
    with database.writing() as session:
        mistake, into = join(session, vault), join(session, vault)
        merge(session, vault, mistake.id, into.id)

    (data,) = merged(database)
    assert set(data) == {"member_id", "into_id", "unit", "joined_on", "source", "transfers"}
    assert data["transfers"] == []


def rejoined(session: Session, vault: Vault) -> Member:
    """A member who joined, moved and left twice, and is one again and has moved, at last."""
    member = join(session, vault)
    move(session, member, "0114", date(2024, 6, 1))
    leave(session, member, date(2024, 7, 1))
    for number, day in ((1, date(2024, 7, 1)), (2, date(2025, 2, 1))):
        past = PastMembership(
            member_id=member.id,
            number=number,
            unit=member.joined_unit,
            source=member.source,
            joined_on=member.joined_on,
            left_unit=member.unit,
            left_on=member.left_on,
            reason=member.leave_reason,
        )
        session.add(past)
        member.previous_left_on, member.status = member.left_on, "member"
        member.unit = member.joined_unit = "1281"
        member.joined_on, member.source = day, "union"
        member.left_on = member.leave_reason = member.moved_on = None
        session.flush()
        if number == 1:
            move(session, member, "1280", date(2024, 8, 1))
            leave(session, member, date(2025, 1, 1), "own_request")
    move(session, member, "1282", date(2025, 3, 1))
    return member


def test_each_membership_that_there_was_is_undone(database: Database, vault: Vault) -> None:
    with database.writing() as session:
        into, mistake = join(session, vault), rejoined(session, vault)
        merge(session, vault, mistake.id, into.id)

    names = ("unit", "joined_on", "source", "previous_left_on", "left_unit", "left_on", "reason")
    assert [tuple(data.get(name) for name in names) for data in merged(database)] == [
        ("1280", "2024-05-06", "digital", None, "0114", "2024-07-01", "unpaid"),
        ("1281", "2024-07-01", "union", "2024-07-01", "1280", "2025-01-01", "own_request"),
        ("1281", "2025-02-01", "union", "2025-01-01", None, None, None),
    ]
    moves = [[each["to_unit"] for each in data["transfers"]] for data in merged(database)]
    assert moves == [["0114"], ["1280"], ["1282"]]


def test_a_merge_again_changes_nothing_and_another_is_refused(
    database: Database, vault: Vault
) -> None:
    with database.writing() as session:
        mistake, into, other = (join(session, vault) for _ in range(3))
        merge(session, vault, mistake.id, into.id)

    with database.writing() as session:
        assert merge(session, vault, mistake.id, into.id) is False
    for wrong in (other.id, mistake.id, uuid4()):
        with pytest.raises(Conflict), database.writing() as session:
            merge(session, vault, mistake.id, wrong)

    assert len(merged(database)) == 1


def test_nobody_is_merged_into_oneself_or_into_nobody(session: Session, vault: Vault) -> None:
    mistake = join(session, vault)

    for wrong in (mistake.id, uuid4()):
        with pytest.raises(Invalid) as refused:
            merge(session, vault, mistake.id, wrong)
        assert set(refused.value.errors) == {"into"}
    with pytest.raises(NotFound):
        merge(session, vault, uuid4(), mistake.id)
    assert mistake.status == "member"


@pytest.mark.parametrize("gone", ["erased", "merged"])
def test_who_is_erased_or_merged_is_not_merged_either_way(
    session: Session, vault: Vault, gone: str
) -> None:
    one, other = join(session, vault), join(session, vault)
    one.status = gone

    for pair in ((one, other), (other, one)):
        with pytest.raises(Conflict):
            merge(session, vault, pair[0].id, pair[1].id)
    assert (one.status, other.status) == (gone, "member")


def test_both_must_be_within_reach_to_be_merged(session: Session, vault: Vault) -> None:
    here, there = join(session, vault), join(session, vault, unit="0114")

    def reach(unit: str) -> None:
        if unit != "1280":
            raise Forbidden

    for pair in ((here, there), (there, here)):
        with pytest.raises(Forbidden):
            merge(session, vault, pair[0].id, pair[1].id, reach)
    assert (here.status, there.status) == ("member", "member")


def test_what_the_mistake_knew_and_the_other_lacks_is_kept(session: Session, vault: Vault) -> None:
    prospect = uuid4()
    mistake = join(
        session,
        vault,
        name="Åsa Oberg",
        personal_number=NUMBER,
        union=UNION,
        affiliations=["ssu"],
        interests=["skola", "klimat"],
        competences=["ekonomi"],
        recruited_by="m-7",
    )
    mistake.prospect_id = prospect
    lacking = {"phone": None, "birth_date": None}
    into = join(session, vault, name="Åsa Öberg", interests=["klimat", "arbete"], **lacking)
    before, own = told(session, vault, mistake), told(session, vault, into)
    mistake.paid_until, into.paid_until = date(2027, 1, 1), date(2026, 1, 1)

    merge(session, vault, mistake.id, into.id)

    kept = ("phone", "personal_number", "birth_date", "union", "affiliations")
    assert told(session, vault, into) == own | {name: before[name] for name in kept}
    assert (into.interests, into.competences) == (["klimat", "arbete", "skola"], ["ekonomi"])
    assert (into.recruited_by, into.prospect_id) == ("m-7", prospect)
    assert into.paid_until == date(2027, 1, 1)
    assert (into.joined_on, into.unit, into.source) == (date(2024, 5, 6), "1280", "digital")


def test_nothing_personal_stays_with_the_mistake(session: Session, vault: Vault) -> None:
    mistake, into = join(session, vault, interests=["skola"]), join(session, vault)

    merge(session, vault, mistake.id, into.id)
    session.flush()
    session.refresh(mistake)

    assert (mistake.personal, mistake.interests, mistake.recruited_by) == (b"", [], None)


def test_the_request_by_which_the_mistake_joined_is_still_known(
    database: Database, vault: Vault
) -> None:
    request = joining()
    with database.writing() as session:
        tree = units.take_turn(session)
        made, _ = joins.join(session, tree, request, vault)
        into = join(session, vault)
        merge(session, vault, made.id, into.id)

    with database.writing() as session:
        again, new = joins.join(session, units.take_turn(session), request, vault)

    assert (again.status, new) == ("merged", False)


def test_the_other_is_found_by_what_it_has_of_the_mistake(session: Session, vault: Vault) -> None:
    mistake, into = join(session, vault, personal_number=NUMBER), join(session, vault)
    mistaken = told(session, vault, mistake)

    merge(session, vault, mistake.id, into.id)

    with pytest.raises(Duplicate) as refused:
        join(session, vault, personal_number=NUMBER)
    assert refused.value.member_id == into.id
    # The mistake's own name and address, which the other has otherwise, are nobody's any more.
    assert join(session, vault, name=mistaken["name"], email=mistaken["email"])


def test_a_merge_that_makes_a_third_member_twice_is_refused(
    database: Database, vault: Vault
) -> None:
    with database.writing() as session:
        third = join(session, vault, name="Anna Andersson", phone="+4681234567")
        into = join(session, vault, name="Anna Andersson", phone=None)
        mistake = join(session, vault, phone="+4681234567")

    with pytest.raises(Duplicate) as refused, database.writing() as session:
        merge(session, vault, mistake.id, into.id)

    assert refused.value.member_id == third.id
    with database.reading() as session:
        assert members.get(session, mistake.id).status == "member"
    assert merged(database) == []


def test_what_other_nouns_hold_goes_along(
    session: Session, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    went: list[tuple[UUID, UUID]] = []

    def follow(_: Session, from_id: UUID, into_id: UUID) -> None:
        went.append((from_id, into_id))

    monkeypatch.setattr(merging, "FOLLOWING", (follow,))
    mistake, into = join(session, vault), join(session, vault)

    merge(session, vault, mistake.id, into.id)
    merge(session, vault, mistake.id, into.id)

    assert went == [(mistake.id, into.id)]


def test_who_joined_anew_is_merged_into_the_member_of_before(
    database: Database, vault: Vault
) -> None:
    with database.writing() as session:
        before = join(session, vault)
        leave(session, before, date(2024, 9, 1))
        anew = join(session, vault, joined_on=clock.today(), personal_number=NUMBER)
        merge(session, vault, anew.id, before.id)

    with database.reading() as session:
        assert members.get(session, before.id).status == "left"
    (data,) = merged(database)
    assert (data["member_id"], data["joined_on"]) == (str(anew.id), clock.today().isoformat())


def test_a_merged_member_is_marked_no_more(session: Session, vault: Vault) -> None:
    mistake, into = join(session, vault), join(session, vault)
    merge(session, vault, mistake.id, into.id)
    session.flush()

    stored = members.get(session, mistake.id)
    assert {getattr(stored, name) for name in marks.REFUSING + marks.LIKELY} == {None}
