"""The next edition of a wheel."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from infra import clock
from infra.errors import Conflict, Invalid
from services.campaign import next_wheels, templates, wheel_entries
from tests.campaign.planned import activity, entry, opened, template, tree, wheel


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """One transaction, in November 2026."""
    monkeypatch.setattr(clock, "today", lambda: date(2026, 11, 23))
    with opened(tmp_path) as session:
        yield session


def following(**changes: Any) -> dict[str, Any]:
    """A request for the next edition, as its schema loads it."""
    request = {"id": uuid4(), "title": "Nästa", "years": 4, "conference_id": None}
    return {**request, **changes}


def test_the_next_term_has_what_this_one_has_by_the_latest_versions(session: Session) -> None:
    plan, written = wheel(session), template(session)
    kept = entry(session, plan.id, template_id=written.id, unit_kind="branch")
    gone = entry(session, plan.id)
    wheel_entries.withdraw(session, plan.id, gone.id)
    better = {"id": None, "title": "Bättre", "material": "Text", "links": []}
    templates.improve(session, written.id, better)
    session.flush()
    request = following()

    made, new = next_wheels.plan_next(session, tree(session), plan.id, request)
    again, newer = next_wheels.plan_next(session, tree(session), plan.id, request)

    assert (new, newer, again) == (True, False, made)
    assert (made.starts_on, made.ends_on) == (date(2031, 1, 1), date(2034, 12, 31))
    assert (made.previous_id, made.published_at, made.title) == (plan.id, None, "Nästa")
    assert made.phases[1] == {
        "name": "Valrörelse",
        "from_on": "2034-01-01",
        "to_on": "2034-09-08",
    }
    (copied,) = wheel_entries.of(session, made.id)
    assert (copied.from_on, copied.to_on) == (date(2031, 3, 1), date(2031, 3, 31))
    assert (copied.template_id, copied.version, kept.version) == (written.id, 2, 1)
    assert (copied.units, copied.unit_kind, copied.phase) == (["SE"], "branch", "Lyssna")


def test_it_may_be_moved_by_a_year_and_hang_on_the_conference(session: Session) -> None:
    conference = activity(session, unit="SE", kind="conference", open=False, closed_reason="Ombud")
    plan = wheel(session, starts_on=date(2028, 2, 29), ends_on=date(2028, 12, 31), phases=[])

    made, _ = next_wheels.plan_next(
        session, tree(session), plan.id, following(years=1, conference_id=conference.id)
    )

    assert (made.starts_on, made.conference_id) == (date(2029, 2, 28), conference.id)
    with pytest.raises(Invalid):
        next_wheels.plan_next(
            session, tree(session), plan.id, following(conference_id=activity(session).id)
        )


def test_another_edition_under_the_same_id_is_a_conflict(session: Session) -> None:
    plan = wheel(session)
    request = following()
    next_wheels.plan_next(session, tree(session), plan.id, request)
    with pytest.raises(Conflict):
        next_wheels.plan_next(session, tree(session), plan.id, {**request, "years": 3})
