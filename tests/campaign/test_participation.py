"""What is left of a volunteer's part in a campaign when the member is erased or merged."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from infra import clock
from services.campaign import participation
from services.campaign.participation import Participation
from tests.campaign.campaigning import TODAY, campaign, log, made_in

ANNA = UUID("11111111-1111-4111-8111-111111111111")
BO = UUID("22222222-2222-4222-8222-222222222222")


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """One transaction on a database of campaign, in which two have logged."""
    monkeypatch.setattr(clock, "today", lambda: TODAY)
    database = made_in(tmp_path)
    with database.writing() as session:
        for key in (campaign(session), campaign(session)):
            log(session, campaign_id=key, logged_by=str(ANNA), count=2)
            log(session, campaign_id=key, unit="1281", logged_by=str(ANNA), count=3)
            log(session, campaign_id=key, logged_by=str(BO), count=4)
            log(session, campaign_id=key, count=5)
        yield session
    database.close()


def sums(session: Session) -> set[tuple[str, str, int]]:
    """The rows, which are alike for both campaigns."""
    columns = (Participation.unit, Participation.volunteer, Participation.conversations)
    rows = [tuple(row) for row in session.execute(select(*columns))]
    assert sorted(rows) == sorted([*set(rows)] * 2)
    return set(rows)


def test_what_an_erased_member_logged_is_nobodys(session: Session) -> None:
    for _ in range(2):
        participation.forget(session, {ANNA})

    assert sums(session) == {("1280", "", 7), ("1281", "", 3), ("1280", str(BO), 4)}


def test_all_may_be_forgotten_at_once(session: Session) -> None:
    participation.forget(session, [ANNA, BO])

    assert sums(session) == {("1280", "", 11), ("1281", "", 3)}


def test_what_a_merged_member_logged_is_the_others(session: Session) -> None:
    for _ in range(2):
        participation.take_over(session, ANNA, BO)

    assert sums(session) == {("1280", "", 5), ("1280", str(BO), 6), ("1281", str(BO), 3)}
