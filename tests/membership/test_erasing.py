"""Who has left is forgotten, once and for good; what is counted stays."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from infra.database import Database
from infra.errors import Conflict, NotFound
from services.membership import erasing, joins, members, merging, transfers, units
from services.membership.members import Member
from services.membership.transfers import Transfer
from services.membership.vault import Vault
from tests.membership.given import Row, joining, published
from tests.membership.racing import during
from tests.membership.test_access_log import ask, joined
from tests.process import Running

LEFT = {"left_on": date(2024, 9, 1), "reason": "own_request"}


@pytest.fixture
def request_to_join() -> Row:
    """Somebody with everything that can be told."""
    return joining(
        interests=["skola"],
        competences=["ekonomi"],
        recruited_by="m-7",
        affiliations=["ssu"],
    )


def join(database: Database, vault: Vault, request: Row) -> UUID:
    """Let one join."""
    with database.writing() as session:
        return joins.join(session, units.take_turn(session), request, vault)[0].id


def left(database: Database, vault: Vault, request: Row | None = None) -> UUID:
    """One who joined and left."""
    member_id = join(database, vault, request or joining())
    with database.writing() as session:
        members.leave(session, member_id, LEFT)
    return member_id


def erase(database: Database, member_id: UUID) -> tuple[Member, bool]:
    """Forget one."""
    with database.writing() as session:
        return erasing.erase(session, member_id)


def stored(database: Database, member_id: UUID) -> Member:
    """The member as it is in the database."""
    with database.reading() as session:
        return members.get(session, member_id)


def become(database: Database, member_id: UUID, **changes: Any) -> None:
    """Change a member past the rules."""
    with database.writing() as session:
        session.execute(update(Member).where(Member.id == member_id).values(changes))


def erasures(database: Database, *ids: UUID) -> list[str]:
    """Which of these were told to be erased, in order."""
    told = [data["member_id"] for name, data in published(database) if name == "member_erased"]
    return [member_id for member_id in told if UUID(member_id) in ids]


def test_who_left_is_forgotten_and_the_counts_stay(
    either: Database, vault: Vault, request_to_join: Row
) -> None:
    member_id = left(either, vault, request_to_join)

    member, new = erase(either, member_id)

    assert new
    assert member.status == "erased"
    kept = stored(either, member_id)
    assert (kept.personal, kept.digest) == (b"", None)
    assert (kept.interests, kept.competences) == ([], [])
    assert (kept.recruited_by, kept.prospect_id, kept.paid_until) == (None, None, None)
    assert members.opened(vault, kept) == dict.fromkeys(members.PERSONAL)
    assert (kept.unit, kept.source, kept.joined_on) == ("1280", "digital", date(2024, 5, 6))
    assert (kept.left_on, kept.leave_reason) == (date(2024, 9, 1), "own_request")
    assert erasures(either, member_id) == [str(member_id)]


def test_erasing_again_changes_nothing(either: Database, vault: Vault) -> None:
    member_id = left(either, vault)
    erase(either, member_id)

    again, new = erase(either, member_id)

    assert (again.status, new) == ("erased", False)
    assert erasures(either, member_id) == [str(member_id)]


def test_a_member_is_not_erased(database: Database, vault: Vault) -> None:
    member_id = join(database, vault, joining())

    with pytest.raises(Conflict):
        erase(database, member_id)

    assert members.opened(vault, stored(database, member_id))["name"] is not None
    assert erasures(database, member_id) == []


def test_who_is_not_there_is_not_erased(database: Database) -> None:
    with pytest.raises(NotFound):
        erase(database, uuid4())


def test_the_request_by_which_one_joined_brings_nothing_back(
    database: Database, vault: Vault, request_to_join: Row
) -> None:
    member_id = left(database, vault, request_to_join)
    erase(database, member_id)
    before = published(database)

    with pytest.raises(Conflict):
        join(database, vault, request_to_join)

    assert stored(database, member_id).status == "erased"
    assert published(database) == before


def test_an_erased_member_neither_leaves_nor_moves(database: Database, vault: Vault) -> None:
    member_id = left(database, vault)
    erase(database, member_id)

    with database.writing() as session:
        assert members.leave(session, member_id, LEFT)[1] is False
    with pytest.raises(Conflict), database.writing() as session:
        members.leave(session, member_id, {**LEFT, "reason": "unpaid"})
    move = {"unit": "0114", "on": date(2024, 9, 1)}
    with pytest.raises(Conflict), database.writing() as session:
        transfers.transfer(session, units.take_turn(session), member_id, move)

    assert stored(database, member_id).status == "erased"


def test_transfers_stay_for_the_counts(database: Database, vault: Vault) -> None:
    member_id = join(database, vault, joining())
    with database.writing() as session:
        move = {"unit": "0114", "on": date(2024, 8, 1)}
        transfers.transfer(session, units.take_turn(session), member_id, move)
        members.leave(session, member_id, LEFT)

    erase(database, member_id)

    with database.reading() as session:
        (kept,) = session.scalars(select(Transfer).where(Transfer.member_id == member_id))
    assert (kept.from_unit, kept.to_unit) == ("1280", "0114")


def test_who_was_merged_into_them_is_forgotten_as_well(either: Database, vault: Vault) -> None:
    member_id, mistake, older = (left(either, vault) for _ in range(3))
    become(either, mistake, status="merged", merged_into=member_id)
    become(either, older, status="merged", merged_into=mistake)

    erase(either, member_id)

    for merged in (mistake, older):
        kept = stored(either, merged)
        assert (kept.status, kept.personal) == ("merged", b"")
    assert set(erasures(either, member_id, mistake, older)) == set(
        map(str, (member_id, mistake, older))
    )


def test_a_mistake_that_was_merged_is_forgotten_alone(database: Database, vault: Vault) -> None:
    member_id, mistake = join(database, vault, joining()), left(database, vault)
    become(database, mistake, status="merged", merged_into=member_id)

    first, second = erase(database, mistake), erase(database, mistake)

    assert (first[1], second[1]) == (True, False)
    assert stored(database, mistake).status == "merged"
    assert members.opened(vault, stored(database, member_id))["name"] is not None
    assert erasures(database, member_id, mistake) == [str(mistake)]


def test_with_a_member_who_was_merged_everything_goes(database: Database, vault: Vault) -> None:
    member_id, mistake = left(database, vault), left(database, vault)
    with database.writing() as session:
        merging.merge(session, vault, mistake, member_id, lambda _: None)
    assert stored(database, mistake).digest is not None

    erase(database, member_id)

    assert stored(database, mistake).digest is None
    assert set(erasures(database, member_id, mistake)) == {str(member_id), str(mistake)}
    assert erase(database, member_id)[1] is False


def test_every_noun_forgets_before_the_member_is_blank(
    database: Database, vault: Vault, request_to_join: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[UUID, str | None]] = []

    def forget(session: Session, member_id: UUID) -> None:
        seen.append((member_id, members.get(session, member_id).recruited_by))

    monkeypatch.setattr(erasing, "FORGETTING", (forget,))
    member_id = left(database, vault, request_to_join)
    for _ in range(2):
        erase(database, member_id)

    assert seen == [(member_id, request_to_join["recruited_by"])]


def test_of_two_erasures_at_once_one_is_new(postgresql: Database, vault: Vault) -> None:
    member_id = left(postgresql, vault)

    def work(session: Session) -> tuple[Member, bool]:
        return erasing.erase(session, member_id)

    _, new = during(postgresql, work, work).result()

    assert not new
    assert erasures(postgresql, member_id) == [str(member_id)]


def test_who_comes_back_in_that_moment_is_not_erased(postgresql: Database, vault: Vault) -> None:
    member_id = left(postgresql, vault)

    def come_back(session: Session) -> None:
        member = members.get(session, member_id, lock=True)
        member.status, member.left_on, member.leave_reason = "member", None, None

    def work(session: Session) -> tuple[Member, bool]:
        return erasing.erase(session, member_id)

    assert isinstance(during(postgresql, come_back, work).exception(), Conflict)
    assert members.opened(vault, stored(postgresql, member_id))["name"] is not None


def test_over_http_who_left_is_erased_once(membership: Running) -> None:
    member_id = joined(membership)
    path = f"/members/{member_id}/erase"
    erasing_token = membership.token("membership:erase")

    while_a_member = membership.call("POST", "membership", path, {}, erasing_token)
    leaving = {"left_on": "2024-09-01", "reason": "unpaid"}
    membership.call("POST", "membership", f"/members/{member_id}/leave", leaving)
    first, again = (membership.call("POST", "membership", path, {}, erasing_token) for _ in "12")
    said_more = membership.call("POST", "membership", path, {"why": "x"}, erasing_token)

    assert [a.status_code for a in (while_a_member, first, again, said_more)] == [
        409,
        200,
        200,
        422,
    ]
    assert (first.json()["status"], first.json()) == ("erased", again.json())
    assert ask(membership, f"/members/{member_id}").json()["personal"]["name"] is None
    whats = [
        row["what"] for row in ask(membership, f"/members/{member_id}/access-log").json()["items"]
    ]
    assert whats == ["read", "access_log"]


def test_erasing_needs_its_scope_and_reach(membership: Running) -> None:
    path = f"/members/{joined(membership)}/erase"

    for scopes, unit in (
        ("membership:write membership:personal", "SE"),
        ("membership:erase", "stockholms-lan"),
    ):
        token = membership.token(scopes, unit)
        assert membership.call("POST", "membership", path, {}, token).status_code == 403
    missing = membership.call("POST", "membership", f"/members/{uuid4()}/erase", {})
    assert missing.status_code == 404
