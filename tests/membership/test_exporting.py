"""An export is everything that is held of a person, under whichever id."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import LargeBinary, update
from sqlalchemy.orm import Session

from infra import json
from infra.database import Database
from infra.errors import NotFound
from services.membership import access_log, exporting, joins, members, transfers, units
from services.membership.members import Member, PastMembership
from services.membership.vault import Vault
from tests.membership.given import joining
from tests.membership.test_access_log import WHY, ask, joined
from tests.process import Running

DAY = date(2024, 8, 1)


def someone(database: Database, vault: Vault, **changes: Any) -> UUID:
    """A new member of Malmö."""
    with database.writing() as session:
        request = joining(**changes)
        return joins.join(session, units.take_turn(session), request, vault)[0].id


def moved(database: Database, member_id: UUID) -> None:
    """A transfer to another unit."""
    with database.writing() as session:
        request = {"unit": "0114", "on": DAY}
        transfers.transfer(session, units.take_turn(session), member_id, request)


def was_member_before(database: Database, member_id: UUID) -> None:
    """A membership before the present one."""
    earlier = PastMembership(
        member_id=member_id,
        number=1,
        unit="1280",
        source="union",
        joined_on=date(2020, 1, 1),
        left_unit="1281",
        left_on=date(2021, 1, 1),
        reason="unpaid",
    )
    with database.writing() as session:
        session.add(earlier)


def exported(database: Database, vault: Vault, member_id: UUID) -> Any:
    """The export as its receiver reads it."""
    with database.reading() as session:
        return json.plain(exporting.export(session, vault, member_id))


def test_all_that_is_held_is_there(either: Database, vault: Vault) -> None:
    member_id = someone(either, vault, interests=["skola"], phone="+46701234567")
    was_member_before(either, member_id)
    moved(either, member_id)
    with either.writing() as session:
        access_log.note(session, who="a clerk", member_id=member_id, purpose=WHY, what="read")

    found = exported(either, vault, member_id)

    member = found["member"]
    assert (member["id"], member["unit"], member["joined_unit"]) == (str(member_id), "0114", "1280")
    assert (member["interests"], member["recruited_by"]) == (["skola"], None)
    assert member["personal"]["phone"] == "+46701234567"
    (earlier,) = found["past_memberships"]
    assert (earlier["joined_on"], earlier["left_on"]) == ("2020-01-01", "2021-01-01")
    (move,) = found["transfers"]
    assert (move["from_unit"], move["to_unit"], move["on"]) == ("1280", "0114", "2024-08-01")
    (access,) = found["access_log"]
    assert (access["who"], access["purpose"]) == ("a clerk", WHY)
    assert found["merged"] == []


def test_no_column_of_a_member_is_left_out_but_digests_and_indexes(
    database: Database, vault: Vault
) -> None:
    found = exported(database, vault, someone(database, vault))

    left_out = [c for c in Member.__table__.columns if c.key not in found["member"]]
    assert "digest" in [column.key for column in left_out]
    assert all(isinstance(column.type, LargeBinary) for column in left_out)
    assert set(found["member"]["personal"]) == set(members.PERSONAL)


def test_what_is_held_of_others_is_not_there(either: Database, vault: Vault) -> None:
    member_id, other = someone(either, vault), someone(either, vault, name="Någon Annan")
    moved(either, other)
    was_member_before(either, other)

    found = exported(either, vault, member_id)

    assert str(other) not in str(found)
    assert "Annan" not in str(found)
    assert (found["past_memberships"], found["transfers"]) == ([], [])


def test_what_was_merged_into_the_member_is_there_too(either: Database, vault: Vault) -> None:
    member_id, mistake = someone(either, vault), someone(either, vault, email="annan@example.se")
    moved(either, mistake)
    with either.writing() as session:
        changed = {"status": "merged", "merged_into": member_id}
        session.execute(update(Member).where(Member.id == mistake).values(changed))

    found = exported(either, vault, member_id)

    (merged,) = found["merged"]
    assert merged["personal"]["email"] == "annan@example.se"
    assert [move["member_id"] for move in found["transfers"]] == [str(mistake)]


def test_every_noun_that_holds_something_is_asked(
    database: Database, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    member_id = someone(database, vault)

    def held(session: Session, vault: Vault, asked: UUID) -> list[dict[str, Any]]:
        return [{"of": asked}]

    monkeypatch.setattr(exporting, "HELD", {**exporting.HELD, "posts": held})
    assert exported(database, vault, member_id)["posts"] == [{"of": str(member_id)}]


def test_who_is_not_there_is_not_exported(database: Database, vault: Vault) -> None:
    with pytest.raises(NotFound):
        exported(database, vault, uuid4())


def test_an_export_is_answered_and_is_in_itself(membership: Running) -> None:
    member_id = joined(membership)

    found = ask(membership, f"/members/{member_id}/export").json()

    assert found["member"]["personal"]["name"] == "Åsa Öberg"
    assert found["member"]["personal"]["union"]["organisation"] == "Kommunal"
    assert [row["what"] for row in found["access_log"]] == ["export"]
