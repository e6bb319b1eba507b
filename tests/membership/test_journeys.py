"""A journey comes out the same however its events come."""

from datetime import date
from itertools import permutations
from uuid import UUID, uuid4

from sqlalchemy import func, select, update

from infra.database import Database
from services.membership import journeys, members
from services.membership.journeys import Journey, Owed
from services.membership.members import Member
from services.membership.vault import Vault
from tests.membership.carried import assigning, member, start
from tests.membership.given import Row
from tests.membership.heard import complete, completed, event, follow, met, opened

OFFERED = date(2024, 5, 20)
DONE = date(2024, 7, 1)
EDUCATION = date(2024, 11, 6)


def steps(database: Database, member_id: UUID) -> Row:
    """What is known of the member's way."""
    with database.reading() as session:
        return journeys.steps(session, [member_id])[member_id]


def nearest(database: Database, member_id: UUID) -> date | None:
    """The nearest day of what is owed."""
    with database.reading() as session:
        return session.scalars(
            select(Journey.next_due_on).where(Journey.member_id == member_id)
        ).one()


def rows(database: Database) -> int:
    """How many rows there are of any journey."""
    with database.reading() as session:
        return sum(
            session.scalar(select(func.count()).select_from(model)) or 0
            for model in (Journey, Owed)
        )


def test_a_journey_has_each_step_with_its_days(database: Database, vault: Vault) -> None:
    new = member(database, vault)
    introduction = opened(new)
    follow(database, introduction, opened(new, "member_education", due_on=EDUCATION))
    follow(database, met(introduction, OFFERED))
    complete(database, completed(new, DONE))
    start(database, assigning(new))

    with database.reading() as session:
        found = journeys.told(session, members.get(session, new))

    assert found == {
        "member_id": new,
        "unit": "1280",
        "asked_on": None,
        "joined_on": date(2024, 5, 6),
        "introduction": {"due_on": date(2024, 6, 6), "offered_on": OFFERED, "completed_on": DONE},
        "education": {"due_on": EDUCATION, "offered_on": None, "completed_on": None},
        "first_activity_on": None,
        "first_task_on": date(2024, 6, 1),
    }
    assert nearest(database, new) == EDUCATION


def test_of_whom_nothing_was_heard_nothing_is_known(database: Database, vault: Vault) -> None:
    found = steps(database, member(database, vault))

    assert found == {"introduction": None, "education": None, "first_activity_on": None}


def test_events_in_any_order_or_twice_come_out_the_same(database: Database) -> None:
    for order in permutations(range(3)):
        new = uuid4()
        first = opened(new, due_on=date(2023, 6, 6), opened_on=date(2023, 5, 6))
        again = opened(new)
        events = [first, again, met(again, OFFERED)]
        for place in order:
            follow(database, events[place])
        follow(database, *events)

        found = steps(database, new)["introduction"]
        assert (found["due_on"], found["offered_on"]) == (date(2024, 6, 6), OFFERED)
        assert nearest(database, new) is None


def test_several_events_of_one_member_in_one_batch_are_one_journey(database: Database) -> None:
    new, other = uuid4(), uuid4()
    introduction = opened(new)

    follow(database, met(introduction, OFFERED), introduction, opened(other))

    assert steps(database, new)["introduction"]["offered_on"] == OFFERED
    assert nearest(database, other) == date(2024, 6, 6)


def test_the_nearest_day_is_of_what_is_still_owed(database: Database) -> None:
    new = uuid4()
    education = opened(new, "member_education", due_on=EDUCATION)
    follow(database, education)
    assert nearest(database, new) == EDUCATION

    follow(database, opened(new))
    assert nearest(database, new) == date(2024, 6, 6)


def test_only_what_is_a_step_is_followed(database: Database) -> None:
    follow(database, opened(uuid4(), "leader_education"))
    complete(database, completed(uuid4(), DONE, "academy"))

    assert rows(database) == 0


def test_the_first_completion_and_the_first_activity_count(database: Database) -> None:
    new = uuid4()
    for day in (date(2024, 8, 1), DONE, date(2024, 9, 1)):
        complete(database, completed(new, day), completed(new, day, "member_education"))
        with database.writing() as session:
            attended = event("campaign.activity_attended.v1", member_id=new, held_on=day)
            journeys.attend(session, [attended, attended])

    found = steps(database, new)
    assert found["introduction"]["completed_on"] == DONE
    assert found["education"]["completed_on"] == DONE
    assert found["first_activity_on"] == DONE


def test_nothing_is_kept_of_who_is_erased_or_merged(database: Database, vault: Vault) -> None:
    new = member(database, vault)
    follow(database, opened(new))
    complete(database, completed(new, DONE))

    with database.writing() as session:
        assert len(journeys.held(session, vault, new)) == 1
        journeys.forget(session, new)
        assert journeys.held(session, vault, new) == []
        session.execute(update(Member).where(Member.id == new).values(status="erased"))
    follow(database, opened(new))
    complete(database, completed(new, DONE))

    assert rows(database) == 0


def test_a_merge_makes_one_journey_of_two(database: Database) -> None:
    gone, kept = uuid4(), uuid4()
    follow(database, met(opened(gone, opened_on=date(2024, 5, 7)), OFFERED), opened(kept))
    complete(database, completed(gone, DONE), completed(kept, date(2024, 8, 1)))

    with database.writing() as session:
        journeys.absorb(session, gone, kept)
        journeys.absorb(session, gone, kept)

    assert steps(database, kept)["introduction"] == {
        "due_on": date(2024, 6, 6),
        "offered_on": OFFERED,
        "completed_on": DONE,
    }
    assert nearest(database, kept) is None
    assert rows(database) == 2
