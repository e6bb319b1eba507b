"""Members who are erased, or turn out to be others, in whatever order that is heard."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from infra import clock
from infra.database import Database
from infra.errors import Invalid
from services.campaign import people
from services.campaign.attendances import Attendance
from tests.campaign.gatherings import (
    ANNA,
    BO,
    CILLA,
    NOW,
    came,
    embedded,
    names,
    past,
    plan,
    sign_up,
)


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


def there(session: Session) -> set[object]:
    """Who is kept as having been anywhere."""
    return set(session.scalars(select(Attendance.member_id)))


def test_who_is_erased_goes_and_what_is_counted_stays(session: Session) -> None:
    activity = plan(session, **past())
    came(session, activity, ANNA, BO)
    told = names(session)

    people.erase(session, {ANNA})

    assert (there(session), activity.members, names(session)) == ({BO}, 2, told)


def test_who_is_erased_does_not_come_back_with_a_late_list(session: Session) -> None:
    activity = plan(session, **past())
    came(session, activity, ANNA, BO)
    people.erase(session, {ANNA})

    came(session, activity, ANNA, CILLA)

    assert (there(session), activity.members) == ({BO, CILLA}, 3)
    with pytest.raises(Invalid) as caught:
        sign_up(session, plan(session), member_id=ANNA)
    assert set(caught.value.errors) == {"member_id"}


def test_the_place_of_who_is_erased_stays_taken(session: Session) -> None:
    activity = plan(session, limit=1)
    signup = sign_up(session, activity, member_id=ANNA)

    people.erase(session, {ANNA})

    session.refresh(signup)
    assert (signup.member_id, signup.status) == (None, "signed_up")
    assert sign_up(session, activity, member_id=BO).status == "waiting"


def test_who_was_there_as_two_is_counted_as_one(session: Session) -> None:
    both, one = plan(session, **past()), plan(session, **past())
    came(session, both, ANNA, BO)
    came(session, one, ANNA)
    told = len(names(session))

    people.merge(session, ANNA, BO)
    people.merge(session, ANNA, BO)

    assert there(session) == {BO}
    assert (both.members, both.version, one.members, one.version) == (1, 3, 1, 2)
    assert names(session)[told:] == ["activity_held"]


def test_a_late_list_by_the_old_id_is_of_the_other(session: Session) -> None:
    activity = plan(session, **past())
    came(session, activity, BO)
    people.merge(session, ANNA, BO)

    came(session, activity, ANNA)

    assert (there(session), activity.members) == ({BO}, 1)
    assert sign_up(session, plan(session), member_id=ANNA).member_id == BO


def test_of_two_places_that_turn_out_to_be_of_one_the_later_goes(session: Session) -> None:
    activity = plan(session, limit=2)
    first = sign_up(session, activity, member_id=BO)
    second = sign_up(session, activity, member_id=ANNA)
    waiting = sign_up(session, activity, member_id=CILLA)

    people.merge(session, ANNA, BO)

    session.refresh(second)
    assert [each.status for each in (first, second, waiting)] == [
        "signed_up",
        "cancelled",
        "signed_up",
    ]
    assert (first.member_id, second.member_id) == (BO, BO)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_a_chain_of_others_the_last_is_meant(session: Session, order: tuple[int, int]) -> None:
    activity = plan(session, **past())
    came(session, activity, ANNA)
    merges = ((ANNA, BO), (BO, CILLA))

    for index in order:
        people.merge(session, *merges[index])
    came(session, activity, BO)

    assert (there(session), activity.members) == ({CILLA}, 1)


@pytest.mark.parametrize("erased_first", [True, False])
def test_who_was_another_who_is_erased_goes_as_well(session: Session, erased_first: bool) -> None:
    activity = plan(session, **past())
    came(session, activity, ANNA)

    if erased_first:
        people.erase(session, {BO})
    people.merge(session, ANNA, BO)
    people.erase(session, {BO})
    came(session, activity, ANNA)

    assert (there(session), activity.members) == (set(), 1)
