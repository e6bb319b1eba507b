"""Lists of reports hold what was asked for, in order."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from infra import clock, units
from services.campaign import queries
from services.campaign.conversations import Conversation
from tests.campaign.reporting import made, report

OURS, THEIRS = uuid4(), uuid4()
ALL: dict[str, Any] = {
    "unit": "SE",
    "arena": None,
    "campaign_id": None,
    "held_from": None,
    "held_to": None,
    "limit": 100,
    "cursor": None,
}


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """One transaction on a database with a few reports, numbered by their counts."""
    database = made(f"sqlite:///{tmp_path}/campaign.db")
    reports = [
        {"held_on": date(2023, 3, 1), "arena": "online", "campaign_id": OURS},
        {"held_on": date(2023, 3, 2), "arena": "online", "campaign_id": THEIRS},
        {"held_on": date(2023, 3, 2), "campaign_id": OURS, "id": UUID(int=1)},
        {"held_on": date(2023, 3, 3), "unit": "1281"},
        {"held_on": date(2024, 1, 1), "unit": "0180"},
    ]
    with database.writing() as session:
        for number, changes in enumerate(reports):
            row = report(count=number, **changes)
            session.add(Conversation(**row, logged_at=clock.now()))
        session.flush()
        yield session
    database.close()


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, [4, 3, 1, 2, 0]),
        ({"unit": "skane"}, [3, 1, 2, 0]),
        ({"unit": "1281"}, [3]),
        ({"arena": "online"}, [1, 0]),
        ({"campaign_id": OURS}, [2, 0]),
        ({"campaign_id": OURS, "arena": "online"}, [0]),
        ({"held_from": date(2023, 3, 2), "held_to": date(2023, 3, 3)}, [3, 1, 2]),
        ({"held_from": date(2023, 3, 3), "unit": "1280"}, []),
    ],
    ids=["all", "district", "branch", "arena", "campaign", "both", "days", "none"],
)
def test_a_list_and_its_export_are_of_what_was_asked_for(
    session: Session, asked: dict[str, Any], expected: list[int]
) -> None:
    tree, query = units.load(session), {**ALL, **asked}

    assert [row.count for row in queries.conversations(session, tree, query).items] == expected
    rows = queries.exported(session, tree, query).items
    assert [row._mapping["count"] for row in rows] == expected
    assert [tuple(row._mapping) for row in rows] == [queries.COLUMNS] * len(rows)
