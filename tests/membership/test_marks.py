"""One person is one member, also of two who join at the same instant, and of a whole batch."""

from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.fernet import Fernet
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, event, func, select

from infra import clock, migrate
from infra.database import Database
from infra.errors import Problem
from infra.sealing import Blinder, Sealer
from infra.units import load
from services.membership import erasing, joins, marks, members, units
from services.membership.marks import LIKELY, REFUSING, Duplicate
from services.membership.members import Member
from services.membership.vault import Vault
from tests.membership.given import Row, joining, published, small_edition
from tests.membership.test_members import join, join_all, leave

NUMBER = "198001021230"


def count(database: Database) -> int:
    """How many are stored."""
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(Member)) or 0


def refused(database: Database, vault: Vault, request: Row) -> Duplicate:
    """Why one does not join; nobody is stored, and nothing published."""
    before = count(database), published(database)
    with pytest.raises(Duplicate) as found:
        join(database, vault, request)
    assert (count(database), published(database)) == before
    return found.value


@pytest.mark.parametrize(
    ("same", "field"),
    [
        ({"personal_number": NUMBER}, "personal_number"),
        ({"name": "Åsa Öberg", "email": "asa@example.se"}, "email"),
        ({"name": "Åsa Öberg", "phone": "+46701234567"}, "phone"),
    ],
)
def test_the_same_person_does_not_join_twice(
    database: Database, vault: Vault, same: Row, field: str
) -> None:
    member, _ = join(database, vault, joining(**same))

    duplicate = refused(database, vault, joining(**same))

    assert set(duplicate.errors) == {field}
    assert duplicate.errors[field][0].startswith("A member has this")
    assert (duplicate.member_id, duplicate.unit) == (member.id, "1280")
    for told in same.values():
        assert told not in str(duplicate) + str(duplicate.errors)


def test_all_that_is_the_same_is_named_and_the_number_decides_who_it_is(
    database: Database, vault: Vault
) -> None:
    other = joining()
    join(database, vault, other)
    member, _ = join(database, vault, joining(personal_number=NUMBER))

    duplicate = refused(database, vault, {**other, "id": uuid4(), "personal_number": NUMBER})

    assert set(duplicate.errors) == {"personal_number", "email", "phone"}
    assert duplicate.member_id == member.id


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"name": "Åsa Öberg"}, {"name": " ÅSA  ÖBERG"}),
        ({"email": "asa@example.se"}, {"email": "Asa@example.se"}),
    ],
)
def test_case_and_spaces_make_nobody_another(
    database: Database, vault: Vault, first: Row, second: Row
) -> None:
    same = {"name": "Åsa Öberg", "email": "asa@example.se"}
    join(database, vault, joining(**{**same, **first}))

    assert set(refused(database, vault, joining(**{**same, **second})).errors) == {"email"}


@pytest.mark.parametrize(
    "same",
    [
        {"email": "familjen@example.se"},
        {"phone": "+4681234567"},
        {"name": "Anna Andersson"},
        {"name": "Anna Andersson", "birth_date": date(1980, 1, 2)},
        {"name": "Anna Andersson", "email": None, "phone": None, "personal_number": None},
    ],
)
def test_families_share_addresses_and_others_a_name(
    database: Database, vault: Vault, same: Row
) -> None:
    assert join(database, vault, joining(**same))[1]
    assert join(database, vault, joining(**same))[1]


def test_who_has_left_is_told_to_rejoin(database: Database, vault: Vault) -> None:
    member, _ = join(database, vault, joining(personal_number=NUMBER))
    leave(database, member, date(2024, 9, 1), "unpaid")

    duplicate = refused(database, vault, joining(personal_number=NUMBER))

    assert "rejoin" in duplicate.errors["personal_number"][0]
    assert duplicate.member_id == member.id


def test_the_same_request_again_is_the_member_and_no_duplicate(
    database: Database, vault: Vault
) -> None:
    request = joining(personal_number=NUMBER)
    join(database, vault, request)

    assert join(database, vault, request)[1] is False
    assert join_all(database, vault, [request] * 3)[2].problem is None


def test_of_two_alike_in_a_batch_the_first_joins(database: Database, vault: Vault) -> None:
    one = joining(personal_number=NUMBER)
    batch = [joining(), one, joining(), {**joining(), "personal_number": NUMBER}, one]

    outcomes = join_all(database, vault, batch)

    assert [o.created for o in outcomes] == [True, True, True, False, False]
    problem = outcomes[3].problem
    assert isinstance(problem, Duplicate)
    assert (set(problem.errors), problem.member_id) == ({"personal_number"}, one["id"])
    assert (outcomes[4].problem, outcomes[4].thing is None) == (None, False)
    assert count(database) == 3
    assert len(published(database)) == 3


def test_one_who_is_like_a_refused_one_alone_joins(database: Database, vault: Vault) -> None:
    stored = joining()
    join(database, vault, stored)
    like_both = joining(name=stored["name"], email=stored["email"], personal_number=NUMBER)

    outcomes = join_all(database, vault, [like_both, joining(personal_number=NUMBER)])

    assert [o.created for o in outcomes] == [False, True]


def test_an_id_that_is_taken_leaves_no_mark_of_whoever_asked_for_it(
    database: Database, vault: Vault
) -> None:
    taken, other = joining(), joining()
    join(database, vault, taken)

    outcomes = join_all(database, vault, [{**other, "id": taken["id"]}])

    assert isinstance(outcomes[0].problem, Problem)
    assert join(database, vault, other)[1]


@pytest.mark.parametrize(("strangers", "most"), [(1, 1), (1000, 1)])
def test_a_batch_of_strangers_costs_no_statement_more(
    database: Database, vault: Vault, strangers: int, most: int
) -> None:
    seen: list[str] = []

    @event.listens_for(database.engine, "before_cursor_execute")
    def note(_c: Any, _cur: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    join_all(database, vault, [joining() for _ in range(strangers)])

    assert len([each for each in seen if "member" in each and "SELECT" in each]) == 0
    assert len([each for each in seen if "INSERT INTO member " in each]) == most


VAULT = Vault(Sealer([Fernet.generate_key().decode()]), Blinder(b"a key for all examples"))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One database for all examples, which empty it themselves."""
    folder = tmp_path_factory.mktemp("marks")
    made = Database(f"sqlite:///{folder}/membership.db", "membership")
    migrate.upgrade(made.engine, "membership")
    with made.writing() as session:
        units.load_edition(session, small_edition(), national=False)
    yield made
    made.close()


def some_people() -> st.SearchStrategy[list[Row]]:
    """Joins of a few people who have much in common."""
    told = st.fixed_dictionaries(
        {
            "name": st.sampled_from(["Anna", "ANNA", "Bo"]),
            "email": st.sampled_from([None, "a@example.se", "b@example.se"]),
            "phone": st.sampled_from([None, "+46701234567", "+46701234568"]),
            "personal_number": st.sampled_from([None, NUMBER, "198101011230"]),
        }
    )
    return st.lists(told, min_size=1, max_size=8)


def joined_by(told: list[Row]) -> list[bool]:
    """Who joins when they come one after the other, by the rule alone."""
    seen: set[Any] = set()
    found = []
    for person in told:
        name = person["name"].casefold()
        keys = {("n", person["personal_number"])}
        keys |= {(name, person["email"]), (name, person["phone"])}
        keys = {key for key in keys if key[1] is not None}
        found.append(seen.isdisjoint(keys))
        seen |= keys if found[-1] else set()
    return found


@settings(max_examples=150, deadline=None)
@given(told=some_people(), data=st.data())
def test_a_batch_lets_those_in_who_would_join_one_by_one(
    shared: Database, told: list[Row], data: st.DataObject
) -> None:
    stored = data.draw(st.integers(0, len(told)))
    requests = [joining(unit="0001", **person) for person in told]
    with shared.writing() as session:
        session.execute(delete(Member))
        tree = units.take_turn(session)
        outcomes = joins.join_all(session, tree, requests[:stored], VAULT)
        outcomes += joins.join_all(session, tree, requests[stored:], VAULT)

    assert [outcome.created for outcome in outcomes] == joined_by(told)
    for outcome in outcomes:
        assert outcome.created == (outcome.problem is None)


def marks_of(database: Database, member_id: UUID) -> dict[str, bytes | None]:
    """All marks of a member."""
    columns = [getattr(Member, name) for name in REFUSING + LIKELY]
    with database.reading() as session:
        found = session.execute(select(*columns).where(Member.id == member_id)).one()
        return dict(found._mapping)


def renew(database: Database, vault: Vault, member: Member, **changes: Any) -> None:
    """The member tells something else from now on."""
    with database.writing() as session:
        personal = {**vault.unseal(member.personal), **changes}
        marks.renew(session, vault, member.id, personal)


def test_a_member_who_tells_something_else_is_found_by_that_alone(
    database: Database, vault: Vault
) -> None:
    request = joining()
    member, _ = join(database, vault, request)

    renew(database, vault, member, email="ny@example.se", phone=None)

    before = {**joining(), "name": request["name"], "email": request["email"]}
    assert join(database, vault, before)[1]
    now = {**joining(), "name": request["name"], "email": "ny@example.se"}
    assert refused(database, vault, now).member_id == member.id


def test_what_a_member_tells_again_changes_no_mark(database: Database, vault: Vault) -> None:
    member, _ = join(database, vault, joining(personal_number=NUMBER))
    before = marks_of(database, member.id)

    renew(database, vault, member)

    assert marks_of(database, member.id) == before
    assert None not in before.values()


def test_a_member_does_not_become_another_one(database: Database, vault: Vault) -> None:
    other, _ = join(database, vault, joining(personal_number=NUMBER))
    member, _ = join(database, vault, joining())
    before = marks_of(database, member.id)

    with pytest.raises(Duplicate) as found:
        renew(database, vault, member, personal_number=NUMBER)

    assert (set(found.value.errors), found.value.member_id) == ({"personal_number"}, other.id)
    assert marks_of(database, member.id) == before


def test_who_is_forgotten_is_found_by_nothing(database: Database, vault: Vault) -> None:
    request = joining(personal_number=NUMBER)
    member, _ = join(database, vault, request)

    with database.writing() as session:
        marks.forget(session, member.id)

    assert set(marks_of(database, member.id).values()) == {None}
    assert join(database, vault, {**request, "id": uuid4()})[1]


def test_a_mark_tells_nothing_without_the_key(database: Database, vault: Vault) -> None:
    other = Vault(Sealer([Fernet.generate_key().decode()]), Blinder(b"another key"))
    person = joining(personal_number=NUMBER)

    ours, theirs = marks.of(vault, person), marks.of(other, person)

    assert len({*ours.values(), *theirs.values()}) == 2 * len(REFUSING + LIKELY)


def test_a_number_that_somebody_has_is_told_of_also_where_no_id_is_sent(
    database: Database, vault: Vault
) -> None:
    number = "198001021230"
    first = {**joining(personal_number=number), "id": None}
    other = {**joining(personal_number=number, name="En annan"), "id": None}
    for batch in ([first, other], [other]):
        with database.writing() as session:
            outcomes = joins.join_all(session, load(session), batch, vault)
        problem = outcomes[-1].problem
        assert problem is not None
        assert list(problem.errors) == ["personal_number"]
    with database.writing() as session:
        assert not joins.join_all(session, load(session), [first], vault)[0].created


def test_who_is_erased_joins_anew_by_number_without_an_id(database: Database, vault: Vault) -> None:
    request = {**joining(personal_number="198001021230"), "id": None}
    with database.writing() as session:
        member, _ = joins.join(session, load(session), request, vault)
        members.leave(session, member.id, {"left_on": clock.today(), "reason": "own_request"})
        erasing.erase(session, member.id)
    with database.writing() as session:
        again, new = joins.join(session, load(session), request, vault)
    assert new
    assert again.id != member.id
