"""Campaigns: whose they are, when they are open, and which conversations may be in them."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from infra import clock
from infra.errors import Conflict, Invalid, NotFound
from infra.units import load
from services.campaign import campaigns, conversations
from tests.campaign.campaigning import START, TODAY, campaign, created, log, made_in, report

DAY = timedelta(days=1)


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """One transaction on a database of campaign, on a day that stands still."""
    monkeypatch.setattr(clock, "today", lambda: TODAY)
    database = made_in(tmp_path)
    with database.writing() as session:
        yield session
    database.close()


def wrong(session: Session, **changes: Any) -> set[str]:
    """The fields that are named when a report is refused."""
    with pytest.raises(Invalid) as refused:
        log(session, **changes)
    return set(refused.value.errors)


def test_a_campaign_sent_again_is_the_stored_one_and_another_is_refused(session: Session) -> None:
    key = uuid4()
    first, new = created(session, id=key)
    again, second = created(session, id=key)

    assert (new, second, again.id) == (True, False, first.id)
    with pytest.raises(Conflict):
        created(session, id=key, method="petition")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"unit": "nowhere"}, "unit"),
        ({"unit": "ssu"}, "unit"),
        ({"unit": "0181", "starts_on": date(2026, 10, 1)}, "unit"),
        ({"ends_on": START - DAY}, "ends_on"),
    ],
)
def test_a_campaign_that_cannot_be_is_refused(
    session: Session, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        created(session, **changes)

    assert set(refused.value.errors) == {field}


def test_a_campaign_is_ended_once(session: Session) -> None:
    made, _ = created(session)

    assert made.end(TODAY - DAY) is True
    assert made.end(TODAY - DAY) is False
    with pytest.raises(Conflict):
        made.end(TODAY)


@pytest.mark.parametrize("on", [START - DAY, TODAY - DAY, TODAY + DAY])
def test_a_campaign_ends_with_a_day_that_it_had(session: Session, on: date) -> None:
    made, _ = created(session, ends_on=TODAY - 2 * DAY)

    with pytest.raises(Invalid) as refused:
        made.end(on)

    assert set(refused.value.errors) == {"ended_on"}


def test_a_campaign_that_is_not_there_is_not_found(session: Session) -> None:
    with pytest.raises(NotFound):
        campaigns.get(session, uuid4())


def test_a_conversation_is_in_a_campaign_of_its_unit_or_of_one_above(session: Session) -> None:
    of_party, of_district = campaign(session), campaign(session, unit="skane")

    for unit in ("1280", "1280-rosengard", "skane"):
        log(session, unit=unit, campaign_id=of_party)
        log(session, unit=unit, campaign_id=of_district)
    assert wrong(session, unit="0180", campaign_id=of_district) == {"campaign_id"}
    assert wrong(session, unit="SE", campaign_id=of_district) == {"campaign_id"}
    assert wrong(session, campaign_id=uuid4()) == {"campaign_id"}


def test_a_conversation_is_of_a_day_of_its_campaign(session: Session) -> None:
    made, _ = created(session, ends_on=TODAY - DAY)

    log(session, campaign_id=made.id, held_on=START)
    log(session, campaign_id=made.id, held_on=TODAY - DAY)
    for day in (START - DAY, TODAY):
        assert wrong(session, campaign_id=made.id, held_on=day) == {"campaign_id"}
    made.end(TODAY - 2 * DAY)
    assert wrong(session, campaign_id=made.id, held_on=TODAY - DAY) == {"campaign_id"}


def test_a_report_sent_again_after_the_end_is_the_stored_one(session: Session) -> None:
    made, _ = created(session)
    sent = report(campaign_id=made.id)
    conversations.log(session, load(session), sent)
    made.end(TODAY - DAY)

    assert conversations.log(session, load(session), sent)[1] is False


def test_a_campaign_with_topics_of_its_own_has_no_others(session: Session) -> None:
    own, free = campaign(session, topics=["skola", "vård"]), campaign(session)

    log(session, campaign_id=own, topics=["vård", "skola"])
    log(session, campaign_id=own)
    log(session, campaign_id=free, topics=["hyra"])
    refused = wrong(session, campaign_id=own, topics=["skola", "hyra", "fred"])
    assert refused == {"topics.1", "topics.2"}


def test_one_bad_campaign_spoils_no_other_report_of_a_batch(session: Session) -> None:
    reports = [report(campaign_id=key) for key in (campaign(session), uuid4(), None)]

    outcomes = conversations.log_all(session, load(session), reports)

    assert [outcome.created for outcome in outcomes] == [True, False, True]


def test_a_report_asks_for_campaigns_and_workplaces_only_when_it_names_them(
    session: Session,
) -> None:
    asked: list[str] = []
    event.listen(session.get_bind(), "before_cursor_execute", lambda *each: asked.append(each[2]))
    conversations.log_all(session, load(session), [report(logged_by="v-1") for _ in range(3)])

    tables = ("campaign ", "workplace ", "participation ", "late_report ")
    assert asked
    assert not [text for text in asked for table in tables if f"FROM {table}" in text]
    assert not [text for text in asked for table in tables if f"INTO {table}" in text]


def listed(session: Session, unit: str, method: str | None = None) -> list[UUID]:
    """The ids of a list."""
    query = {"unit": unit, "method": method, "limit": 100, "cursor": None}
    return [each.id for each in campaigns.listed(session, load(session), query).items]


def test_campaigns_are_listed_where_they_hold_and_where_something_below_has_them(
    session: Session,
) -> None:
    party = campaign(session)
    skane = campaign(session, unit="skane", starts_on=START + DAY)
    malmo = campaign(session, unit="1280", starts_on=START + 2 * DAY, method="petition")

    assert listed(session, "SE") == [malmo, skane, party]
    assert listed(session, "1280") == [malmo, skane, party]
    assert listed(session, "1280-rosengard") == [malmo, skane, party]
    assert listed(session, "1281") == [skane, party]
    assert listed(session, "stockholms-lan") == [party]
    assert listed(session, "skane", "petition") == [malmo]
