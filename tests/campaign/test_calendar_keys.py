"""Keys to calendars."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from infra.errors import Conflict, Invalid, NotFound, Unauthorized
from services.campaign import calendar_keys
from tests.campaign.planned import opened, tree


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """One transaction."""
    with opened(tmp_path) as session:
        yield session


def test_a_key_is_told_once_and_opens_one_calendar(session: Session) -> None:
    key_id = uuid4()
    made, key = calendar_keys.make(session, tree(session), "1280", key_id)
    again, told = calendar_keys.make(session, tree(session), "1280", key_id)

    assert key is not None
    assert (again.id, told) == (made.id, None)
    assert key.encode() not in made.digest
    calendar_keys.check(session, key, "1280")
    for unit in ("1281", "1280-by", "skane", "SE", ""):
        with pytest.raises(Unauthorized):
            calendar_keys.check(session, key, unit)
    with pytest.raises(Unauthorized):
        calendar_keys.check(session, key[:-1], "1280")
    with pytest.raises(Conflict):
        calendar_keys.make(session, tree(session), "1281", key_id)


def test_a_revoked_key_opens_nothing_and_another_goes_on(session: Session) -> None:
    made, key = calendar_keys.make(session, tree(session), "1280", None)
    _, other = calendar_keys.make(session, tree(session), "1280", None)
    assert key is not None
    assert other is not None
    assert key != other

    revoked = calendar_keys.revoke(session, made.id).revoked_at
    session.flush()

    assert calendar_keys.revoke(session, made.id).revoked_at == revoked is not None
    calendar_keys.check(session, other, "1280")
    with pytest.raises(Unauthorized):
        calendar_keys.check(session, key, "1280")


def test_keys_are_listed_with_their_units(session: Session) -> None:
    for unit in ("1280", "0180", "SE"):
        calendar_keys.make(session, tree(session), unit, None)

    def seen(unit: str) -> list[str]:
        query = {"unit": unit, "limit": 100, "cursor": None}
        return [key.unit for key in calendar_keys.listed(session, tree(session), query).items]

    assert seen("SE") == ["SE", "0180", "1280"]
    assert seen("skane") == ["1280"]


def test_there_is_no_calendar_of_nowhere_and_no_key_that_was_not_made(session: Session) -> None:
    with pytest.raises(Invalid):
        calendar_keys.make(session, tree(session), "nowhere", None)
    with pytest.raises(NotFound):
        calendar_keys.revoke(session, uuid4())
