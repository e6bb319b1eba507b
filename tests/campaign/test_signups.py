"""Sign-ups: one a person, by turn, with a waiting list behind the last place."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from infra import clock
from infra.database import Database
from infra.errors import Conflict, Invalid, NotFound
from services.campaign import activities, signups
from services.campaign.activities import Activity
from tests.campaign.gatherings import ANNA, NOW, came, embedded, past, plan, sign_up

LINK = "https://mote.example.se"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database that all tests here share, and leave as it was."""
    database = embedded(tmp_path_factory.mktemp("campaign"))
    yield database
    database.close()


@pytest.fixture
def session(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """A transaction that comes to nothing, on a day in summer."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with database.writing() as session:
        yield session
        session.rollback()


def statuses(session: Session, activity: Activity, **query: Any) -> list[str]:
    """What became of the sign-ups, in turn."""
    asked = {"status": None, "limit": 100, "cursor": None, **query}
    return [signup.status for signup in signups.listed(session, activity, asked).items]


def test_a_sign_up_sent_again_is_the_stored_one(session: Session) -> None:
    activity, signup_id = plan(session), uuid4()
    request = {"id": signup_id, "member_id": ANNA, "prospect_id": None, "remote": None}

    first, new = signups.sign_up(session, activity, request)
    again, once_more = signups.sign_up(session, activity, request)

    assert (new, once_more, again.id, first.number) == (True, False, signup_id, 1)
    with pytest.raises(Conflict):
        signups.sign_up(session, activity, {**request, "member_id": uuid4()})
    with pytest.raises(Conflict):
        signups.sign_up(session, plan(session), request)


def test_nobody_signs_up_twice_to_one_activity(session: Session) -> None:
    activity = plan(session)
    signup = sign_up(session, activity, member_id=ANNA)
    sign_up(session, plan(session), member_id=ANNA)

    with pytest.raises(Conflict):
        sign_up(session, activity, member_id=ANNA)

    signups.cancel(session, activity, signup.id)
    assert sign_up(session, activity, member_id=ANNA).status == "signed_up"


def test_over_the_limit_one_waits_and_moves_up_by_turn(session: Session) -> None:
    activity = plan(session, limit=2)
    first, second, third, _ = (sign_up(session, activity) for _ in range(4))
    assert statuses(session, activity) == ["signed_up", "signed_up", "waiting", "waiting"]

    signups.cancel(session, activity, first.id)
    signups.cancel(session, activity, first.id)

    assert third.status == "signed_up"
    assert statuses(session, activity) == ["cancelled", "signed_up", "signed_up", "waiting"]
    assert statuses(session, activity, status="waiting") == ["waiting"]
    signups.cancel(session, activity, second.id)
    assert statuses(session, activity)[3] == "signed_up"


def test_who_waits_and_cancels_leaves_the_others_where_they_are(session: Session) -> None:
    activity = plan(session, limit=1)
    _, waiting, _ = (sign_up(session, activity) for _ in range(3))

    signups.cancel(session, activity, waiting.id)

    assert statuses(session, activity) == ["signed_up", "cancelled", "waiting"]


def test_in_a_hybrid_activity_who_is_remote_takes_no_place(session: Session) -> None:
    activity = plan(session, mode="hybrid", link=LINK, limit=1)

    at_home = [sign_up(session, activity, remote=True) for _ in range(2)]
    there, waiting = (sign_up(session, activity) for _ in range(2))

    assert {signup.status for signup in at_home} == {"signed_up"}
    assert (there.status, there.remote, waiting.status) == ("signed_up", False, "waiting")
    signups.cancel(session, activity, at_home[0].id)
    assert waiting.status == "waiting"


def test_where_there_is_no_choice_none_is_taken(session: Session) -> None:
    remote = plan(session, mode="remote", link=LINK, limit=1)

    assert sign_up(session, remote).remote
    assert sign_up(session, remote).status == "waiting"
    for activity in (remote, plan(session)):
        with pytest.raises(Invalid) as caught:
            sign_up(session, activity, remote=True)
        assert set(caught.value.errors) == {"remote"}


def test_a_prospect_comes_to_what_is_open(session: Session) -> None:
    curious, closed = uuid4(), plan(session, kind="decision_meeting")

    assert sign_up(session, plan(session), prospect_id=curious).prospect_id == curious
    with pytest.raises(Invalid) as caught:
        sign_up(session, closed, prospect_id=curious)
    assert set(caught.value.errors) == {"prospect_id"}
    assert sign_up(session, closed, member_id=ANNA).status == "signed_up"


def test_nobody_signs_up_to_what_is_over(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    activity, cancelled, held = plan(session), plan(session), plan(session, **past())
    activities.cancel(session, cancelled, "weather")
    came(session, held)
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=2))

    for over in (activity, cancelled, held):
        with pytest.raises(Conflict):
            sign_up(session, over)


def test_a_sign_up_is_found_at_its_own_activity_alone(session: Session) -> None:
    activity = plan(session)
    elsewhere = sign_up(session, plan(session))

    for signup_id in (uuid4(), elsewhere.id):
        with pytest.raises(NotFound):
            signups.cancel(session, activity, signup_id)


def test_a_sign_up_to_what_was_cancelled_stays(session: Session) -> None:
    activity = plan(session)
    signup = sign_up(session, activity)
    activities.cancel(session, activity, "weather")

    with pytest.raises(Conflict):
        signups.cancel(session, activity, signup.id)
