"""Prospects are kept with their consent, asked, and join or decline; who they are stays sealed."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select, text

from infra import clock
from infra.database import Database
from infra.errors import Conflict, Invalid, NotFound
from services.membership import joins, prospects, units
from services.membership.asks import Ask
from services.membership.vault import Vault
from tests.membership.curious import (
    CONSENT,
    CONSENT_DAY,
    ask,
    decline,
    register,
    registering,
    stored,
)
from tests.membership.given import Row, forget_published, joining, published

TOMORROW = clock.today() + timedelta(days=1)
NEXT = clock.now() + timedelta(days=2)
SPRING, SUMMER, AUTUMN = date(2024, 4, 1), date(2024, 7, 1), date(2024, 10, 1)


def register_again(database: Database, vault: Vault, request: Row) -> tuple[Any, bool]:
    """Send a request to register."""
    with database.writing() as session:
        return prospects.register(session, units.take_turn(session), request, vault)


def join(database: Database, vault: Vault, *requests: Row) -> list[Any]:
    """Let some join in one batch."""
    with database.writing() as session:
        return joins.join_all(session, units.take_turn(session), requests, vault)


def test_registering_keeps_a_prospect_and_publishes_it(database: Database, vault: Vault) -> None:
    prospect = register(database, vault)

    assert (prospect.status, prospect.registered_on) == ("registered", CONSENT_DAY)
    data = {"prospect_id": str(prospect.id), "unit": "1280", "source": "conversation"}
    assert published(database) == [("prospect_registered", data)]


def test_who_a_prospect_is_can_be_read_nowhere_in_the_database(
    database: Database, vault: Vault
) -> None:
    prospect = register(
        database,
        vault,
        name="Sigbritt",
        email="hemlig@example.se",
        phone="0701112233",
        union={"organisation": "Kommunal", "official": True, "consent_at": CONSENT},
        birth_year={"year": 1987, "consent_at": CONSENT},
    )

    with database.reading() as session:
        dump = repr(session.execute(text("SELECT * FROM prospect")).all())
        dump += repr(session.execute(text("SELECT * FROM outbox")).all())
    for secret in ("Sigbritt", "hemlig", "0701112233", "Kommunal", "1987"):
        assert secret not in dump
    opened = vault.unseal(prospect.personal or b"")
    assert opened["birth_year"] == {"year": 1987, "consent_at": clock.rfc3339(CONSENT)}
    assert opened["name"] == "Sigbritt"


def test_registering_again_with_the_same_body_answers_the_stored_prospect(
    database: Database, vault: Vault
) -> None:
    request = registering(union={"organisation": "TCO", "official": False, "consent_at": CONSENT})
    register_again(database, vault, request)

    in_stockholm = CONSENT.astimezone(clock.STOCKHOLM)
    again, new = register_again(database, vault, {**request, "consent_at": in_stockholm})

    assert not new
    assert (again.id, again.consent_at) == (request["id"], CONSENT)
    assert len(published(database)) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"unit": "0114"},
        {"consent_at": CONSENT + timedelta(seconds=1)},
        {"source": "digital"},
        {"interests": ["skola"]},
        {"conversation_id": uuid4()},
        {"activity_id": uuid4()},
        {"name": None},
        {"email": "annan@example.se"},
        {"phone": None},
        {"union": {"organisation": "TCO", "official": False, "consent_at": CONSENT}},
        {"birth_year": {"year": 1990, "consent_at": CONSENT}},
    ],
)
def test_an_id_that_another_prospect_has_is_refused(
    database: Database, vault: Vault, other: Row
) -> None:
    request = registering()
    register_again(database, vault, request)

    with pytest.raises(Conflict):
        register_again(database, vault, {**request, **other})


@pytest.mark.parametrize("unit", ["SE", "skane", "1280"])
def test_prospects_may_be_of_any_level(database: Database, vault: Vault, unit: str) -> None:
    assert register(database, vault, unit=unit).unit == unit


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"unit": "nowhere"}, "unit"),
        ({"consent_at": NEXT}, "consent_at"),
        (
            {"union": {"organisation": "TCO", "official": False, "consent_at": NEXT}},
            "union.consent_at",
        ),
        ({"birth_year": {"year": 1990, "consent_at": NEXT}}, "birth_year.consent_at"),
        (
            {"birth_year": {"year": clock.today().year + 1, "consent_at": CONSENT}},
            "birth_year.year",
        ),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_kept(
    database: Database, vault: Vault, changes: Row, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        register(database, vault, **changes)

    assert set(refused.value.errors) == {field}
    assert published(database) == []


def test_asking_is_recorded_and_published(database: Database, vault: Vault) -> None:
    prospect = register(database, vault)
    with database.writing() as session:
        forget_published(session)

    made, new = ask(database, prospect.id, SPRING)

    assert new
    assert (made.prospect_id, made.unit, made.by) == (prospect.id, "1280", "v-1")
    after = stored(database, prospect.id)
    assert (after.status, after.asks, after.asked_on) == ("asked", 1, SPRING)
    data = {"prospect_id": str(prospect.id), "unit": "1280", "asked_on": "2024-04-01"}
    assert published(database) == [("prospect_asked", data)]


def test_of_several_asks_the_first_day_and_the_last_answer_count(
    database: Database, vault: Vault
) -> None:
    prospect = register(database, vault)

    ask(database, prospect.id, SUMMER, answer="joined")
    ask(database, prospect.id, AUTUMN, answer="later")
    ask(database, prospect.id, SPRING, answer="declined")

    after = stored(database, prospect.id)
    assert (after.asks, after.asked_on, after.last_asked_on) == (3, SPRING, AUTUMN)
    assert (after.status, after.answer, after.heard_on) == ("asked", "later", AUTUMN)


def test_an_ask_sent_again_is_the_stored_one_and_another_is_refused(
    database: Database, vault: Vault
) -> None:
    prospect, other = register(database, vault), register(database, vault)
    key = uuid4()
    ask(database, prospect.id, SPRING, id=key, answer="declined")

    again, new = ask(database, prospect.id, SPRING, id=key, answer="declined")

    assert (again.id, new) == (key, False)
    for prospect_id, changes in (
        (prospect.id, {"asked_on": SUMMER}),
        (prospect.id, {"by": "v-2"}),
        (prospect.id, {"answer": None}),
        (other.id, {}),
    ):
        request = {"asked_on": SPRING, "answer": "declined", **changes}
        with pytest.raises(Conflict):
            ask(database, prospect_id, id=key, **request)
    assert stored(database, other.id).asks == 0


@pytest.mark.parametrize("day", [CONSENT_DAY - timedelta(days=1), TOMORROW])
def test_nobody_is_asked_before_the_consent_or_in_the_future(
    database: Database, vault: Vault, day: date
) -> None:
    prospect = register(database, vault)

    with pytest.raises(Invalid) as refused:
        ask(database, prospect.id, day)

    assert set(refused.value.errors) == {"asked_on"}
    assert stored(database, prospect.id).status == "registered"


def test_an_answer_that_declines_ends_it(database: Database, vault: Vault) -> None:
    prospect = register(database, vault)

    ask(database, prospect.id, SPRING, answer="declined")

    after = stored(database, prospect.id)
    assert (after.status, after.declined_on) == ("declined", SPRING)
    with pytest.raises(Conflict):
        ask(database, prospect.id, SUMMER)


def test_declining_again_the_same_day_changes_nothing_and_another_day_is_refused(
    database: Database, vault: Vault
) -> None:
    prospect = register(database, vault)

    assert decline(database, prospect.id, SPRING)[1]
    assert not decline(database, prospect.id, SPRING)[1]
    with pytest.raises(Conflict):
        decline(database, prospect.id, SUMMER)


@pytest.mark.parametrize("day", [SPRING - timedelta(days=1), TOMORROW])
def test_nobody_declines_before_the_last_ask_or_in_the_future(
    database: Database, vault: Vault, day: date
) -> None:
    prospect = register(database, vault)
    ask(database, prospect.id, SPRING)

    with pytest.raises(Invalid) as refused:
        decline(database, prospect.id, day)

    assert set(refused.value.errors) == {"declined_on"}


def test_who_is_not_there_is_neither_asked_nor_declines(database: Database) -> None:
    with pytest.raises(NotFound):
        ask(database, uuid4(), SPRING)
    with pytest.raises(NotFound):
        decline(database, uuid4(), SPRING)


def test_a_prospect_who_joins_is_a_prospect_no_longer(database: Database, vault: Vault) -> None:
    prospect = register(database, vault)
    ask(database, prospect.id, SPRING, answer="joined")
    request = joining(prospect_id=prospect.id, joined_on=SUMMER, unit="0114")

    (outcome,) = join(database, vault, request)

    after = stored(database, prospect.id)
    assert outcome.created
    assert (after.status, after.member_id) == ("joined", request["id"])
    assert (after.joined_on, after.unit) == (SUMMER, "1280")
    assert (after.personal, after.email_mark, after.phone_mark) == (None, None, None)
    with pytest.raises(Conflict):
        ask(database, prospect.id, AUTUMN)
    with pytest.raises(Conflict):
        decline(database, prospect.id, AUTUMN)


def test_a_batch_of_prospects_joins_each_its_own(database: Database, vault: Vault) -> None:
    found = [register(database, vault) for _ in range(20)]
    requests = [joining(prospect_id=prospect.id) for prospect in found]

    join(database, vault, *requests, joining())

    became = {request["prospect_id"]: request["id"] for request in requests}
    for prospect in found:
        assert stored(database, prospect.id).member_id == became[prospect.id]


def test_an_unknown_prospect_is_refused_and_spoils_no_other(
    database: Database, vault: Vault
) -> None:
    bad, good = join(database, vault, joining(prospect_id=uuid4()), joining())

    assert set(bad.problem.errors) == {"prospect_id"}
    assert good.created


def test_a_prospect_becomes_one_member(database: Database, vault: Vault) -> None:
    prospect = register(database, vault)
    first = joining(prospect_id=prospect.id)
    one, other = join(database, vault, first, joining(prospect_id=prospect.id))
    (again,) = join(database, vault, first)
    (later,) = join(database, vault, joining(prospect_id=prospect.id))

    assert one.created
    assert (again.problem, again.created) == (None, False)
    for outcome in (other, later):
        assert set(outcome.problem.errors) == {"prospect_id"}
    assert stored(database, prospect.id).member_id == first["id"]


def test_a_member_who_is_there_is_no_other_prospect(database: Database, vault: Vault) -> None:
    prospect, request = register(database, vault), joining()
    join(database, vault, request)

    (outcome,) = join(database, vault, {**request, "prospect_id": prospect.id})

    assert isinstance(outcome.problem, Conflict)
    assert stored(database, prospect.id).status == "registered"


def test_who_had_declined_may_join_all_the_same(database: Database, vault: Vault) -> None:
    prospect = register(database, vault)
    decline(database, prospect.id, SPRING)

    join(database, vault, joining(prospect_id=prospect.id))

    after = stored(database, prospect.id)
    assert (after.status, after.declined_on) == ("joined", None)


def test_an_ask_keeps_no_more_than_who_when_and_what(database: Database, vault: Vault) -> None:
    prospect = register(database, vault, name="Sigbritt")
    ask(database, prospect.id, SPRING)

    with database.reading() as session:
        row = session.scalars(select(Ask)).one()
        named = {c.name: getattr(row, c.name) for c in Ask.__table__.columns}
    del named["id"]
    assert named == {
        "prospect_id": prospect.id,
        "unit": "1280",
        "asked_on": SPRING,
        "by": "v-1",
        "answer": None,
    }


def test_the_day_of_the_consent_is_the_day_in_stockholm(database: Database, vault: Vault) -> None:
    late = datetime(2024, 2, 29, 23, 30, tzinfo=UTC)

    assert register(database, vault, consent_at=late).registered_on == CONSENT_DAY
