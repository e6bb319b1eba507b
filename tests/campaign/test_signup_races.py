"""Two at one activity at once, on PostgreSQL: they take turns, and both are told the truth."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from infra import clock
from infra.database import Database
from services.campaign import activities, people, signups
from services.campaign.activities import Activity
from services.campaign.attendances import Attendance
from services.campaign.signups import Signup
from tests.campaign.gatherings import ANNA, BO, NOW, came, made, names, past, plan, sign_up
from tests.membership.test_races import during
from tests.servers import PostgresServer

NAME = "campaign_signups"


@pytest.fixture(scope="module")
def shared(databases: PostgresServer) -> Iterator[Database]:
    """A database of campaign on a real server."""
    databases.create_databases([NAME])
    found = made(databases.url(NAME).replace("postgresql://", "postgresql+psycopg2://"))
    yield found
    found.close()


@pytest.fixture
def database(shared: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """The same without activities, on a day in summer."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with shared.writing() as session:
        session.execute(text("TRUNCATE activity, signup, attendance, former_member, outbox"))
    return shared


def planned(database: Database, **changes: Any) -> UUID:
    """An activity."""
    with database.writing() as session:
        return plan(session, **changes).id


def signing_up(activity_id: UUID, **changes: Any) -> Callable[[Session], str]:
    """The work of signing up, as the route does it; answers what becomes of it."""

    def work(session: Session) -> str:
        activity = activities.get(session, activity_id, lock=True)
        return sign_up(session, activity, **changes).status

    return work


def coming(activity_id: UUID, *members: UUID) -> Callable[[Session], None]:
    """The work of saying who came, as the route does it."""

    def work(session: Session) -> None:
        came(session, activities.get(session, activity_id, lock=True), *members)

    return work


def test_of_two_who_want_the_last_place_one_waits(database: Database) -> None:
    activity_id = planned(database, limit=1)

    second = during(database, signing_up(activity_id), signing_up(activity_id))

    assert second.result() == "waiting"


def test_of_many_at_once_as_many_get_a_place_as_there_are(database: Database) -> None:
    activity_id = planned(database, limit=5)

    def sign_one_up(_: int) -> str:
        with database.writing() as session:
            return signing_up(activity_id)(session)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(sign_one_up, range(24)))

    assert (found.count("signed_up"), found.count("waiting")) == (5, 19)
    with database.reading() as session:
        numbers = session.scalars(select(Signup.number).order_by(Signup.number)).all()
    assert numbers == list(range(1, 25))


def test_two_with_one_id_are_one_sign_up(database: Database) -> None:
    activity_id = planned(database)
    same = signing_up(activity_id, id=uuid4(), member_id=ANNA)

    during(database, same, same).result()

    with database.reading() as session:
        assert len(session.scalars(select(Signup)).all()) == 1


def test_the_place_that_is_just_given_up_is_had_by_one(database: Database) -> None:
    activity_id = planned(database, limit=1)
    with database.writing() as session:
        activity = activities.get(session, activity_id, lock=True)
        holder, waiting = (sign_up(session, activity).id for _ in range(2))

    def give_up(session: Session) -> None:
        signups.cancel(session, activities.get(session, activity_id, lock=True), holder)

    assert during(database, give_up, signing_up(activity_id)).result() == "waiting"
    with database.reading() as session:
        assert session.get_one(Signup, waiting).status == "signed_up"


def test_two_lists_at_once_are_both_counted(database: Database) -> None:
    activity_id = planned(database, **past())
    first, second = coming(activity_id, ANNA, BO), coming(activity_id, BO, uuid4())

    during(database, first, second).result()

    with database.reading() as session:
        activity = session.get_one(Activity, activity_id)
        assert (activity.members, activity.version) == (3, 3)
        assert names(session).count("activity_attended") == 3


def test_who_turns_out_to_be_another_while_a_list_comes_in_is_counted_once(
    database: Database,
) -> None:
    activity_id = planned(database, **past())
    with database.writing() as session:
        coming(activity_id, ANNA, BO)(session)

    def merge(session: Session) -> None:
        people.merge(session, ANNA, BO)

    during(database, merge, coming(activity_id, ANNA)).result()

    with database.reading() as session:
        assert session.get_one(Activity, activity_id).members == 1
        assert session.scalars(select(Attendance.member_id)).all() == [BO]
