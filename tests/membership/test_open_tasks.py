"""Tasks of a unit's own: had by one at a time, and until then shown beside whom they may suit."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from infra import clock
from infra.database import Database
from infra.errors import Conflict, Invalid, NotFound
from infra.units import load
from services.membership import assignments, open_tasks, tasks, units, willingness
from services.membership.tasks import LocalTask
from services.membership.vault import Vault
from tests.membership.carried import assigning, leave, member, start
from tests.membership.given import Row, published

CONSENT = datetime(2024, 6, 1, 12, tzinfo=UTC)


def add(database: Database, **changes: Any) -> tuple[LocalTask, bool]:
    """Add a task."""
    request = {"id": uuid4(), "unit": "1280", "title": "Språkkafé", "interests": ["skola"]}
    with database.writing() as session:
        return tasks.add(session, units.take_turn(session), {**request, **changes})


def willing(database: Database, vault: Vault, *interests: str, **changes: Any) -> UUID:
    """A new member who would have a task."""
    found = member(database, vault, interests=list(interests), **changes)
    agree(database, found, tasks=True)
    return found


def agree(database: Database, member_id: UUID, **changes: Any) -> Row:
    """Keep what a member agrees to."""
    told = {"tasks": False, "posts": False, "consent_at": CONSENT, **changes}
    with database.writing() as session:
        return willingness.tell(session, member_id, told)


def shown(database: Database, unit: str = "SE") -> dict[UUID, list[UUID]]:
    """The members beside each open task of a unit and all below it."""
    asked: Row = {"unit": unit, "limit": 1, "cursor": None}
    found: dict[UUID, list[UUID]] = {}
    with database.reading() as session:
        while True:
            page = open_tasks.open_tasks(session, load(session), asked)
            found |= {item["id"]: item["member_ids"] for item in page.items}
            if page.next is None:
                return found
            asked["cursor"] = page.next


def test_a_task_is_added_once(database: Database) -> None:
    task, new = add(database)

    assert new
    assert add(database, id=task.id)[1] is False
    with pytest.raises(Conflict):
        add(database, id=task.id, title="Läxhjälp")
    assert list(shown(database)) == [task.id]


def test_a_task_is_of_a_unit_that_is_there(database: Database) -> None:
    with pytest.raises(Invalid) as refused:
        add(database, unit="nowhere")

    assert set(refused.value.errors) == {"unit"}


def test_open_tasks_are_those_of_the_unit_that_nobody_has(database: Database, vault: Vault) -> None:
    task, other = add(database)[0], add(database, unit="1281")[0]
    holder = member(database, vault)
    local = {"role": "local", "title": "Värd", "task_id": task.id}

    assert set(shown(database)) == {task.id, other.id}
    assert set(shown(database, "1281")) == {other.id}
    assignment, _ = start(database, assigning(holder, **local))
    assert set(shown(database)) == {other.id}
    with pytest.raises(Conflict):
        start(database, assigning(member(database, vault), **local))
    with database.writing() as session:
        assignments.end(session, assignment.id, date(2024, 9, 1))
    assert set(shown(database)) == {task.id, other.id}


def test_a_task_of_another_unit_is_not_had(database: Database, vault: Vault) -> None:
    task, _ = add(database, unit="skane")
    local = {"role": "local", "title": "Värd", "task_id": task.id}

    with pytest.raises(Invalid) as refused:
        start(database, assigning(member(database, vault), **local))

    assert set(refused.value.errors) == {"task_id"}


def test_beside_a_task_are_willing_members_of_the_unit_who_share_an_interest(
    database: Database, vault: Vault
) -> None:
    task, _ = add(database, interests=["skola", "vård"])
    suits = {willing(database, vault, "skola", "kultur"), willing(database, vault, "vård")}
    willing(database, vault, "kultur")
    willing(database, vault, "skola", unit="1281")
    silent = member(database, vault, interests=["skola"])
    agree(database, silent, posts=True)
    gone = willing(database, vault, "skola")
    leave(database, gone, date(2024, 9, 1))

    found = shown(database, "1280")[task.id]

    assert set(found) == suits
    assert len(found) == 2


def test_a_task_shows_so_many_members_and_the_last_to_join(
    database: Database, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_tasks, "MOST", 2)
    add(database, interests=["skola", "vård"])
    for interest in ("skola", "vård"):
        for _ in range(3):
            willing(database, vault, interest)

    with database.reading() as session:
        (one,) = open_tasks.open_tasks(
            session, load(session), {"unit": "SE", "limit": 5, "cursor": None}
        ).items
        first = [row.id for row in willingness.for_tasks(session, load(session), ["SE"])][:2]
    assert one["member_ids"] == first


def test_what_a_member_agrees_to_holds_until_told_otherwise(
    database: Database, vault: Vault
) -> None:
    one = willing(database, vault, "skola")
    task, _ = add(database)

    assert shown(database)[task.id] == [one]
    agree(database, one, tasks=False)
    assert shown(database)[task.id] == []
    assert published(database) == []


def test_a_consent_of_tomorrow_of_nobody_or_after_a_leave_is_refused(
    database: Database, vault: Vault
) -> None:
    one = member(database, vault)

    with pytest.raises(Invalid) as refused:
        agree(database, one, consent_at=clock.now() + timedelta(days=1))
    assert set(refused.value.errors) == {"consent_at"}
    with pytest.raises(NotFound):
        agree(database, uuid4())
    leave(database, one, date(2024, 9, 1))
    with pytest.raises(Conflict):
        agree(database, one)


def test_a_leave_takes_the_consent_back(database: Database, vault: Vault) -> None:
    one = willing(database, vault, "skola")

    leave(database, one, date(2024, 9, 1))

    with database.reading() as session:
        assert willingness.held(session, vault, one) == []


def test_a_merge_keeps_the_later_consent(database: Database, vault: Vault) -> None:
    gone, kept, third = (member(database, vault) for _ in range(3))
    agree(database, gone, tasks=True, consent_at=CONSENT + timedelta(days=1))
    agree(database, kept, posts=True)

    with database.writing() as session:
        willingness.absorb(session, gone, kept)
    with database.writing() as session:
        willingness.absorb(session, kept, third)
        assert willingness.held(session, vault, gone) == []
    with database.reading() as session:
        (found,) = willingness.held(session, vault, third)
    assert (found["tasks"], found["posts"]) == (True, False)
