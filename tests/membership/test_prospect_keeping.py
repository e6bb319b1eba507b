"""What is known of a prospect is kept for a time, and goes when the member is forgotten."""

import json
from datetime import date, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from infra.database import Database
from infra.errors import Conflict, Invalid, NotFound
from services.membership import funnel, joins, prospect_joins, prospect_keeping, units
from services.membership.members import Member
from services.membership.vault import Vault
from tests.membership.curious import CONSENT_DAY, ask, decline, register, registering, stored
from tests.membership.given import joining

SPRING = date(2024, 4, 1)
NEXT = timedelta(days=1)


def delete_old(database: Database, before: date, limit: int = 500) -> int:
    """As the timer does."""
    with database.writing() as session:
        return prospect_keeping.delete_old(session, before, limit)


def join(database: Database, vault: Vault, **changes: object) -> Member:
    """A new member."""
    with database.writing() as session:
        tree = units.take_turn(session)
        return joins.join(session, tree, joining(**changes), vault)[0]


def test_who_was_not_heard_of_since_is_deleted_once(database: Database, vault: Vault) -> None:
    prospect = register(database, vault, interests=["skola"], conversation_id=uuid4())

    assert delete_old(database, CONSENT_DAY) == 0
    assert delete_old(database, CONSENT_DAY + NEXT) == 1
    assert delete_old(database, CONSENT_DAY + NEXT) == 0

    after = stored(database, prospect.id)
    gone = ("consent_at", "conversation_id", "personal", "digest", "email_mark", "phone_mark")
    assert [getattr(after, name) for name in gone] == [None] * len(gone)
    assert (after.interests, after.unit, after.source) == ([], "1280", "conversation")


def test_an_ask_keeps_a_prospect_for_another_while(database: Database, vault: Vault) -> None:
    prospect = register(database, vault)
    ask(database, prospect.id, SPRING)

    assert delete_old(database, SPRING) == 0
    assert delete_old(database, SPRING + NEXT) == 1


def test_who_declined_is_deleted_as_well_but_never_who_joined(
    database: Database, vault: Vault
) -> None:
    declined, joined = register(database, vault), register(database, vault)
    decline(database, declined.id, SPRING)
    join(database, vault, prospect_id=joined.id)

    assert delete_old(database, date(2026, 1, 1)) == 1
    assert stored(database, joined.id).status == "joined"


def test_the_old_are_deleted_a_few_at_a_time(database: Database, vault: Vault) -> None:
    for _ in range(5):
        register(database, vault)

    assert [delete_old(database, SPRING, 2) for _ in range(4)] == [2, 2, 1, 0]


def test_who_is_deleted_is_not_there_any_more(database: Database, vault: Vault) -> None:
    request = registering()
    register(database, vault, **request)
    delete_old(database, SPRING)

    with pytest.raises(NotFound):
        ask(database, request["id"], SPRING)
    with pytest.raises(NotFound):
        decline(database, request["id"], SPRING)
    with pytest.raises(Conflict):
        register(database, vault, **request)


def test_the_funnel_counts_the_deleted(database: Database, vault: Vault) -> None:
    asked, declined, untouched = (register(database, vault) for _ in range(3))
    ask(database, asked.id, SPRING)
    decline(database, declined.id, SPRING)

    def counted() -> dict[str, object]:
        with database.reading() as session:
            return funnel.funnel(session, units.load(session), "SE")["sources"][0]

    before = counted()
    assert delete_old(database, date(2026, 1, 1)) == 3

    assert counted() == before
    join(database, vault, prospect_id=untouched.id)
    assert counted()["joined"] == 1


def test_what_is_held_of_a_member_is_json_and_without_who_asked(
    database: Database, vault: Vault
) -> None:
    conversation = uuid4()
    prospect = register(database, vault, interests=["skola"], conversation_id=conversation)
    ask(database, prospect.id, SPRING, by="v-77", answer="joined")
    member = join(database, vault, prospect_id=prospect.id)

    with database.reading() as session:
        held = prospect_keeping.held(session, vault, member.id)
        nothing = prospect_keeping.held(session, vault, uuid4())

    assert nothing == []
    assert json.loads(json.dumps(held)) == [
        {
            "kind": "prospect",
            "id": str(prospect.id),
            "conversation_id": str(conversation),
            "activity_id": None,
            "unit": "1280",
            "source": "conversation",
            "consent_at": "2024-03-01T12:00:00.000000Z",
            "interests": ["skola"],
            "asks": [{"asked_on": "2024-04-01", "answer": "joined"}],
        }
    ]


def test_a_forgotten_members_prospect_tells_nothing_but_counts(
    database: Database, vault: Vault
) -> None:
    prospect = register(database, vault, interests=["skola"], conversation_id=uuid4())
    member = join(database, vault, prospect_id=prospect.id)

    for _ in range(2):
        with database.writing() as session:
            prospect_keeping.forget(session, member.id)

    after = stored(database, prospect.id)
    assert (after.member_id, after.digest, after.conversation_id) == (None, None, None)
    assert (after.interests, after.consent_at) == ([], None)
    assert (after.status, after.joined_on) == ("joined", member.joined_on)
    with pytest.raises(Invalid) as refused:
        join(database, vault, prospect_id=prospect.id)
    assert set(refused.value.errors) == {"prospect_id"}


def test_a_prospect_reached_as_the_forgotten_member_was_is_deleted(
    database: Database, vault: Vault
) -> None:
    same, other = register(database, vault, phone=None), register(database, vault, email=None)
    member = join(database, vault)
    mark = {"mark": vault.index("email", "nyfiken@example.se")}

    with database.writing() as session:
        session.execute(text("UPDATE member SET email_mark = :mark"), mark)
        prospect_keeping.forget(session, member.id)

    assert stored(database, same.id).status == "deleted"
    assert stored(database, other.id).status == "registered"


def test_the_prospect_goes_along_when_members_are_merged(database: Database, vault: Vault) -> None:
    prospect = register(database, vault)
    mistake, kept = join(database, vault, prospect_id=prospect.id), join(database, vault)

    with database.writing() as session:
        prospect_joins.follow(session, mistake.id, kept.id)

    assert stored(database, prospect.id).member_id == kept.id
