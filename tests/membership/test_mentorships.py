"""Mentorships: somebody who is a mentor, somebody else who has one mentor at a time."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from infra import clock
from infra.database import Database
from infra.errors import Conflict, Invalid, NotFound
from infra.units import load
from services.membership import mentorships
from services.membership.mentorships import Mentorship
from services.membership.vault import Vault
from tests.membership.carried import (
    JOINED,
    STARTED,
    assigning,
    begin,
    forget,
    leave,
    member,
    mentor,
    mentoring,
    start,
)
from tests.membership.given import published

TOMORROW = clock.today() + timedelta(days=1)
LATER = date(2024, 9, 1)


def end(database: Database, mentorship: Mentorship, on: date) -> tuple[Mentorship, bool]:
    """End a mentorship."""
    with database.writing() as session:
        return mentorships.end(session, mentorship.id, on)


def wrong(database: Database, request: dict[str, Any]) -> set[str]:
    """The fields that are named when the request is refused, and nothing is published."""
    with pytest.raises(Invalid) as refused:
        begin(database, request)
    assert published(database) == []
    return set(refused.value.errors)


def test_a_mentorship_begins_and_ends_without_telling_who(database: Database, vault: Vault) -> None:
    request = mentoring(mentor(database, vault), member(database, vault))

    mentorship, new = begin(database, request)
    ended, over = end(database, mentorship, LATER)

    assert (new, over, ended.ended_on) == (True, True, LATER)
    told = {"mentorship_id": str(request["id"]), "unit": "1280"}
    assert published(database) == [
        ("mentorship_started", {**told, "started_on": "2024-06-01"}),
        ("mentorship_ended", {**told, "ended_on": "2024-09-01"}),
    ]


def test_the_same_request_again_changes_nothing(database: Database, vault: Vault) -> None:
    request = mentoring(mentor(database, vault), member(database, vault))
    mentorship, _ = begin(database, request)
    end(database, mentorship, LATER)

    assert begin(database, request)[1] is False
    assert end(database, mentorship, LATER)[1] is False
    with pytest.raises(Conflict):
        begin(database, {**request, "started_on": LATER})
    with pytest.raises(Conflict):
        end(database, mentorship, TOMORROW - timedelta(days=1))
    assert len(published(database)) == 2


def test_nobody_is_their_own_mentor(database: Database, vault: Vault) -> None:
    alone = mentor(database, vault)

    assert wrong(database, mentoring(alone, alone)) == {"mentor_id"}


def test_who_has_left_neither_has_nor_is_a_mentor(database: Database, vault: Vault) -> None:
    one, other = mentor(database, vault), mentor(database, vault)
    leave(database, other, LATER)
    forget(database)

    assert wrong(database, mentoring(one, other)) == {"mentee_id"}
    assert wrong(database, mentoring(other, one)) == {"mentor_id"}
    assert wrong(database, mentoring(one, uuid4())) == {"mentee_id"}


def test_a_mentor_holds_that_role_there_or_above_by_that_day(
    database: Database, vault: Vault
) -> None:
    mentee, plain = member(database, vault), member(database, vault)
    start(database, assigning(plain, role="activity_leader"))
    late, above = mentor(database, vault, started_on=LATER), mentor(database, vault, unit="skane")
    elsewhere = member(database, vault, unit="1281")
    start(database, assigning(elsewhere, role="mentor", unit="1281"))
    forget(database)

    for candidate in (plain, late, elsewhere):
        assert wrong(database, mentoring(candidate, mentee)) == {"mentor_id"}
    assert begin(database, mentoring(above, mentee))[1]


def test_a_mentee_belongs_to_the_unit(database: Database, vault: Vault) -> None:
    request = mentoring(mentor(database, vault), member(database, vault, unit="1281"))

    assert wrong(database, request) == {"mentee_id"}
    assert wrong(database, {**request, "unit": "nowhere"}) == {"unit"}


@pytest.mark.parametrize("day", [JOINED - timedelta(days=1), TOMORROW])
def test_a_start_before_joining_or_in_the_future_is_refused(
    database: Database, vault: Vault, day: date
) -> None:
    request = mentoring(mentor(database, vault), member(database, vault), started_on=day)

    assert wrong(database, request) == {"started_on"}


@pytest.mark.parametrize("on", [STARTED - timedelta(days=1), TOMORROW])
def test_an_end_before_the_start_or_in_the_future_is_refused(
    database: Database, vault: Vault, on: date
) -> None:
    mentorship, _ = begin(database, mentoring(mentor(database, vault), member(database, vault)))

    with pytest.raises(Invalid) as refused:
        end(database, mentorship, on)

    assert set(refused.value.errors) == {"ended_on"}


def test_what_is_not_there_does_not_end(database: Database) -> None:
    with pytest.raises(NotFound), database.writing() as session:
        mentorships.end(session, uuid4(), LATER)


def test_a_mentee_has_one_mentor_at_a_time_and_a_mentor_many_mentees(
    database: Database, vault: Vault
) -> None:
    one, other = mentor(database, vault), mentor(database, vault)
    mentee = member(database, vault)
    mentorship, _ = begin(database, mentoring(one, mentee))

    with pytest.raises(Conflict):
        begin(database, mentoring(other, mentee))
    assert begin(database, mentoring(one, member(database, vault)))[1]
    end(database, mentorship, LATER)
    with pytest.raises(Conflict):
        begin(database, mentoring(other, mentee, started_on=LATER - timedelta(days=1)))
    assert begin(database, mentoring(other, mentee, started_on=LATER))[1]


def listed(database: Database, **query: Any) -> list[UUID]:
    """The ids of a list."""
    asked = {"unit": "SE", "member_id": None, "open": None, "limit": 100, "cursor": None}
    with database.reading() as session:
        page = mentorships.listed(session, load(session), {**asked, **query})
        return [each.id for each in page.items]


def test_mentorships_are_listed_by_unit_member_and_state(database: Database, vault: Vault) -> None:
    one, mentee = mentor(database, vault), member(database, vault)
    first, _ = begin(database, mentoring(one, member(database, vault)))
    second, _ = begin(database, mentoring(one, mentee, started_on=LATER))
    end(database, first, LATER)

    assert listed(database) == [second.id, first.id]
    assert listed(database, unit="1281") == []
    assert listed(database, member_id=one) == [second.id, first.id]
    assert listed(database, member_id=mentee, open=True) == [second.id]
    assert listed(database, open=False) == [first.id]


def test_what_is_held_of_a_member_is_told_without_the_other_and_forgotten(
    database: Database, vault: Vault
) -> None:
    one, other = mentor(database, vault), member(database, vault)
    begin(database, mentoring(one, other))

    with database.writing() as session:
        (told,) = mentorships.held(session, vault, one)
        (seen,) = mentorships.held(session, vault, other)
        mentorships.forget(session, one)
        assert mentorships.held(session, vault, other) == []
    assert (told["as"], seen["as"]) == ("mentor", "mentee")
    assert not {str(one), str(other)} & {str(value) for value in told.values()}


def open_with(database: Database, member_id: UUID) -> list[tuple[UUID, UUID]]:
    """The two of each open mentorship that the member has."""
    with database.writing() as session:
        found = mentorships.open_of(session, member_id)
        return [(each.mentor_id, each.mentee_id) for each in found]


def test_a_merge_moves_mentorships(database: Database, vault: Vault) -> None:
    one, gone, kept = mentor(database, vault), member(database, vault), member(database, vault)
    begin(database, mentoring(one, gone))

    with database.writing() as session:
        mentorships.absorb(session, gone, kept)

    assert open_with(database, kept) == [(one, kept)]


def test_a_merge_ends_what_would_be_double_or_with_oneself(
    database: Database, vault: Vault
) -> None:
    one, other = mentor(database, vault), mentor(database, vault)
    gone, kept = mentor(database, vault), member(database, vault)
    begin(database, mentoring(one, gone))
    begin(database, mentoring(other, kept))
    mentored = member(database, vault)
    begin(database, mentoring(gone, mentored))
    forget(database)

    with database.writing() as session:
        mentorships.absorb(session, gone, kept)

    assert set(open_with(database, kept)) == {(other, kept), (kept, mentored)}
    assert [name for name, _ in published(database)] == ["mentorship_ended"]


def test_a_merge_of_mentor_and_mentee_ends_their_mentorship(
    database: Database, vault: Vault
) -> None:
    gone, kept = mentor(database, vault), member(database, vault)
    begin(database, mentoring(gone, kept))

    with database.writing() as session:
        mentorships.absorb(session, gone, kept)

    assert open_with(database, kept) == []
