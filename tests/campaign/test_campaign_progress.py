"""How far a campaign is: conversations against goals, volunteers, workplaces."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest
from alembic import command
from sqlalchemy import text
from sqlalchemy.orm import Session

from infra import clock, migrate
from infra.database import Database
from infra.errors import Invalid
from infra.units import load
from services.campaign import campaign_progress, campaigns, conversations, goals
from tests.campaign.campaigning import TODAY, campaign, log, made_in, report, workplace


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """One transaction on a database of campaign, on a day that stands still."""
    monkeypatch.setattr(clock, "today", lambda: TODAY)
    database = made_in(tmp_path)
    with database.writing() as session:
        yield session
    database.close()


def progress(session: Session, key: UUID, unit: str = "SE") -> dict[str, Any]:
    """What is answered."""
    found = campaigns.get(session, key)
    return campaign_progress.of_unit(session, load(session), found, unit)


def aim(session: Session, key: UUID, unit: str, target: int) -> None:
    """Set a goal."""
    goals.put(session, load(session), campaigns.get(session, key), unit, target)


def test_a_unit_counts_all_below_it_against_its_own_goal(session: Session) -> None:
    key = campaign(session)
    log(session, campaign_id=key, unit="1280-rosengard", count=30)
    log(session, campaign_id=key, unit="1280", count=10)
    log(session, campaign_id=key, unit="skane", count=5)
    log(session, campaign_id=campaign(session), unit="1280", count=7)
    log(session, unit="1280", count=9)
    aim(session, key, "skane", 90)
    aim(session, key, "1280", 1000)
    aim(session, key, "1280", 20)

    found = progress(session, key, "skane")

    assert (found["target"], found["conversations"], found["share"]) == (90, 45, 0.5)
    assert found["children"] == [
        {"unit": "1280", "name": "1280", "target": 20, "conversations": 40, "share": 2.0},
        {"unit": "1281", "name": "1281", "target": None, "conversations": 0, "share": None},
    ]


def test_the_party_counts_its_districts_and_no_side_organisation(session: Session) -> None:
    key = campaign(session)
    log(session, campaign_id=key, unit="0180", count=2)
    log(session, campaign_id=key, unit="SE", count=3)

    found = progress(session, key)

    assert (found["conversations"], found["target"], found["share"]) == (5, None, None)
    counts = {child["unit"]: child["conversations"] for child in found["children"]}
    assert counts == {"skane": 0, "stockholms-lan": 2}


def test_a_unit_above_the_campaign_shows_only_the_way_to_it(session: Session) -> None:
    key = campaign(session, unit="1280")
    log(session, campaign_id=key, unit="1280-rosengard", count=4)

    for unit, child in (("SE", "skane"), ("skane", "1280"), ("1280", "1280-rosengard")):
        (below,) = progress(session, key, unit)["children"]
        assert (below["unit"], below["conversations"]) == (child, 4)
    for unit in ("1281", "nowhere"):
        with pytest.raises(Invalid) as refused:
            progress(session, key, unit)
        assert set(refused.value.errors) == {"unit"}


def test_volunteers_are_different_people_however_much_and_wherever_they_log(
    session: Session,
) -> None:
    key = campaign(session)
    for unit, volunteer in (("1280", "a"), ("1281", "a"), ("1281", "b"), ("0180", "c")):
        log(session, campaign_id=key, unit=unit, logged_by=volunteer)
        log(session, campaign_id=key, unit=unit, logged_by=volunteer)
    log(session, campaign_id=key, logged_by=None)
    log(session, logged_by="d")

    found = {unit: progress(session, key, unit)["volunteers"] for unit in ("SE", "skane", "1281")}

    assert found == {"SE": 3, "skane": 2, "1281": 2}


def test_workplaces_are_counted_once_each(session: Session) -> None:
    key = campaign(session)
    for name in ("Hamnen", "Sjukhuset", "Skolan"):
        workplace(session, name)
    for unit, name in (("1280", "Hamnen"), ("1280", "Hamnen"), ("0180", "Sjukhuset")):
        log(session, campaign_id=key, unit=unit, workplace=name)
    log(session, workplace="Skolan")

    assert progress(session, key)["workplaces"] == 2
    assert progress(session, key, "skane")["workplaces"] == 1


def test_what_is_taken_back_is_counted_no_more_and_only_once(session: Session) -> None:
    key = campaign(session)
    workplace(session, "Hamnen")
    kept = {"campaign_id": key, "logged_by": "a", "count": 3}
    log(session, **kept)
    mistake = log(session, **{**kept, "logged_by": "b", "workplace": "Hamnen"})
    for _ in range(2):
        conversations.void(session, mistake, "mistake")

    found = progress(session, key)

    assert (found["conversations"], found["volunteers"], found["workplaces"]) == (3, 1, 0)


def test_the_sums_are_those_of_the_reports_whatever_was_sent_and_taken_back(
    session: Session,
) -> None:
    chance = Random(5)
    keys = [campaign(session) for _ in range(2)]
    sent = [
        report(
            campaign_id=chance.choice(keys),
            unit=chance.choice(("1280", "1280-rosengard", "1281", "0180")),
            logged_by=chance.choice(("a", "b", None)),
            count=chance.randint(1, 500),
        )
        for _ in range(60)
    ]
    for _ in range(40):
        conversations.log_all(session, load(session), chance.choices(sent, k=5))
    known = conversations.log_all(session, load(session), sent)
    gone = {outcome.id for outcome in known if chance.random() < 0.3}
    for each in gone:
        conversations.void(session, each, None)

    left: Counter[UUID] = Counter()
    for each in sent:
        if each["id"] not in gone:
            left[each["campaign_id"]] += each["count"]
    assert {key: progress(session, key)["conversations"] for key in keys} == dict(left)


@pytest.mark.parametrize("unit", ["SE", "1281", "ssu", "nowhere"])
def test_a_goal_is_of_a_unit_of_the_campaign(session: Session, unit: str) -> None:
    key = campaign(session, unit="1280")

    with pytest.raises(Invalid) as refused:
        aim(session, key, unit, 5)

    assert set(refused.value.errors) == {"unit"}


def test_what_was_reported_before_there_were_campaigns_is_counted(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/campaign.db", "campaign")
    key = uuid4()
    row = (
        "INSERT INTO conversation (id, unit, arena, held_on, count, campaign_id, topics,"
        " logged_by, logged_at, voided_at) VALUES (:id, '1280', 'door', '2026-09-02', 4,"
        " :campaign, '[]', :by, '2026-09-02 10:00:00', :voided)"
    )
    with database.writing() as session:
        config = migrate._config("service", "campaign")
        config.attributes["connection"] = session.connection()
        config.attributes["version_table"] = migrate._version_table("service")
        command.upgrade(config, "0001")
        for by, voided in (("a", None), ("a", None), (None, None), ("b", "2026-09-03 10:00:00")):
            values = {"id": uuid4().hex, "campaign": key.hex, "by": by, "voided": voided}
            session.execute(text(row), values)
    database.close()

    with made_in(tmp_path).writing() as session:
        campaign(session, id=key, starts_on=date(2026, 1, 1))
        found = progress(session, key)
        assert (found["conversations"], found["volunteers"]) == (12, 1)
