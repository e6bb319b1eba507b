"""Two at once at templates and wheels, on PostgreSQL: one waits for the other, none is lost."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from infra.database import Database
from infra.errors import Conflict
from services.campaign import (
    adoption,
    calendar_keys,
    calendars,
    next_wheels,
    template_reviews,
    templates,
    unit_plans,
    wheel_adaptations,
    wheel_entries,
    wheels,
)
from services.campaign.wheels import Wheel
from tests.campaign.planned import (
    activity,
    adapting,
    entry,
    filling,
    on_server,
    published,
    template,
    tree,
    wheel,
)
from tests.membership.test_races import during
from tests.servers import PostgresServer

Work = Callable[[Session], Any]


@pytest.fixture(scope="module")
def database(databases: PostgresServer) -> Iterator[Database]:
    """A database of campaign on a real server that knows a few units."""
    made = on_server(databases, "campaign_wheel_races")
    yield made
    made.close()


def test_of_two_versions_at_once_one_is_the_second_and_one_the_third(database: Database) -> None:
    with database.writing() as session:
        template_id = template(session).id

    def improve(session: Session) -> int:
        request = {"id": None, "title": "Bättre", "material": "Text", "links": []}
        return templates.improve(session, template_id, request)[0].version

    assert during(database, improve, improve).result() == 3


def test_of_two_alike_at_once_one_is_new(database: Database) -> None:
    with database.writing() as session:
        wheel_id, template_id = wheel(session).id, template(session).id
    request, key_id = filling(template_id), uuid4()
    following = {"id": uuid4(), "title": "Nästa", "years": 1, "conference_id": None}
    works: list[Work] = [
        lambda session: wheel_entries.add(session, tree(session), wheel_id, request)[1],
        lambda session: next_wheels.plan_next(session, tree(session), wheel_id, following)[1],
        lambda session: calendar_keys.make(session, tree(session), "1280", key_id)[1] is not None,
    ]
    for work in works:
        assert during(database, work, work).result() is False
    with database.reading() as session:
        assert len(wheel_entries.of(session, following["id"])) == 1


def test_an_entry_withdrawn_meanwhile_leaves_nothing_to_publish(database: Database) -> None:
    with database.writing() as session:
        wheel_id = wheel(session).id
        entry_id = entry(session, wheel_id).id

    def withdraw(session: Session) -> None:
        wheels.get(session, wheel_id, lock=True)
        wheel_entries.withdraw(session, wheel_id, entry_id)

    later = during(database, withdraw, lambda session: wheel_entries.publish(session, wheel_id))

    assert isinstance(later.exception(), Conflict)


def test_two_adaptations_at_once_are_two_versions(database: Database) -> None:
    with database.writing() as session:
        wheel_id = wheel(session).id
        entry_id = entry(session, wheel_id).id
        published(session, wheel_id)

    def adapt(title: str) -> Work:
        def work(session: Session) -> int:
            plan, request = session.get_one(Wheel, wheel_id), adapting(title=title)
            known = tree(session)
            return wheel_adaptations.adapt(session, known, plan, entry_id, "1280", request).version

        return work

    assert during(database, adapt("Ett"), adapt("Två")).result() == 2


def test_what_is_read_is_read_here_as_well(database: Database) -> None:
    with database.writing() as session:
        plan, written = wheel(session), template(session)
        made = entry(session, plan.id, template_id=written.id)
        published(session, plan.id)
        activity(session, "held", entry_id=made.id)
        known = tree(session)
        said = {"unit": "1280", "version": None, "text": None, "tried_on": plan.created_at.date()}
        for grade in (2, 5):
            template_reviews.review(session, known, written, {**said, "grade": grade})

    page = {"unit": "1280", "limit": 1, "cursor": None}
    with database.reading() as session:
        assert template_reviews.grades(session, [written.id])[written.id].grade == 5.0
        assert adoption.adoption(session, known, plan.id, "skane")["activities_held"] == 1
        (shown,) = unit_plans.plan(session, known, plan, "1280")
        assert (shown["held"], shown["kind"]) == (1, "theme_meeting")
        assert {made.title, "Skolan på torget"} <= {
            found.title for found in calendars.occasions(session, known, "1280")
        }
        listed = templates.listed(session, known, {**page, "kind": None, "shared": None})
        assert listed.next is not None
        assert len(wheels.listed(session, known, page, ["1280"]).items) == 1
        calendar_keys.listed(session, known, page)
