"""Branches that have gone silent in a campaign: since when, or always."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from infra import clock
from infra.errors import Invalid
from infra.units import load
from services.campaign import campaigns, conversations, silence
from tests.campaign.campaigning import START, TODAY, campaign, log, made_in

DAY = timedelta(days=1)
ALWAYS = (TODAY - START).days


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """One transaction on a database of campaign, on a day that stands still."""
    monkeypatch.setattr(clock, "today", lambda: TODAY)
    database = made_in(tmp_path)
    with database.writing() as session:
        yield session
    database.close()


def silent(session: Session, key: UUID, unit: str = "SE", days: int = 14) -> list[tuple[str, int]]:
    """The branches and for how many days."""
    found = silence.silent(session, load(session), campaigns.get(session, key), unit, days)
    return [(row["unit"], row["days"]) for row in found]


def test_a_branch_is_silent_from_the_day_on_that_is_asked_for(session: Session) -> None:
    key = campaign(session)
    log(session, campaign_id=key, unit="1280", held_on=TODAY - 13 * DAY)
    log(session, campaign_id=key, unit="1281", held_on=TODAY - 14 * DAY)
    log(session, campaign_id=key, unit="1281", held_on=TODAY - 20 * DAY)

    assert silent(session, key) == [("0180", ALWAYS), ("1281", 14)]
    assert silent(session, key, days=13) == [("0180", ALWAYS), ("1281", 14), ("1280", 13)]
    assert silent(session, key, "skane") == [("1281", 14)]


def test_one_that_never_said_anything_has_no_day_and_comes_first(session: Session) -> None:
    key = campaign(session)
    log(session, campaign_id=key, unit="0180", held_on=START)

    found = silence.silent(session, load(session), campaigns.get(session, key), "SE", 14)

    assert [(row["unit"], row["since"]) for row in found] == [
        ("1280", None),
        ("1281", None),
        ("0180", START),
    ]


def test_an_association_speaks_for_its_branch_but_a_district_does_not(session: Session) -> None:
    key = campaign(session)
    log(session, campaign_id=key, unit="1280-rosengard")
    log(session, campaign_id=key, unit="skane")
    log(session, unit="1281")

    assert silent(session, key, "skane") == [("1281", ALWAYS)]


def test_what_is_taken_back_was_not_said(session: Session) -> None:
    key = campaign(session, unit="1280")
    log(session, campaign_id=key, held_on=TODAY - 30 * DAY)
    conversations.void(session, log(session, campaign_id=key), "mistake")

    assert silent(session, key) == [("1280", 30)]


def test_nobody_is_silent_longer_than_the_campaign_lasts(session: Session) -> None:
    begun = campaign(session, starts_on=TODAY - 13 * DAY)
    coming = campaign(session, starts_on=TODAY + DAY)
    over = campaign(session, unit="1280", ends_on=START + 20 * DAY)
    log(session, campaign_id=over, held_on=START)

    assert silent(session, begun) == silent(session, coming) == []
    assert silent(session, over) == [("1280", 20)]


def test_a_unit_that_the_campaign_is_none_of_is_refused(session: Session) -> None:
    with pytest.raises(Invalid) as refused:
        silent(session, campaign(session, unit="1280"), "1281")

    assert set(refused.value.errors) == {"unit"}
