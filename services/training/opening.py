"""Opening obligations: with a join, with the first elected post, or on request."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from infra import clock, outbox
from infra.database import insert_new, locked
from infra.errors import Invalid
from infra.event import Event, Fact
from infra.units import ROOT, Tree
from services.training import posts, standing
from services.training.deadlines import (
    EDUCATION,
    INTRODUCTION,
    INTRODUCTION_MONTHS,
    LEADERS,
    deadlines,
)
from services.training.events import ObligationOpened
from services.training.obligations import LOCK_ORDER, Obligation, settle_all
from services.training.trainees import take_turns

IMPORT = "import"
NAMES = UUID("6f1c1f6e-3d0b-5c0e-9d55-2f5a3c1c7b10")
"""The namespace of the obligations' ids; another one would open every obligation anew."""

Drafts = dict[UUID, tuple[Obligation, Event | None]]
"""Obligations that may be new, by id, each with the event that led to it."""


def open_all(session: Session, joins: Sequence[Event]) -> None:
    """Open what the joins entitle to, each once; cancel at once what a known leave had ended.

    `joins` are member_joined events. Whatever the order of joins, leaves, transfers and merges,
    and however often each comes, the obligations come out the same.
    """
    take_turns(session, {join.data["member_id"] for join in joins})
    drafts: Drafts = {}
    for join in joins:
        for obligation in _opened_by(join):
            drafts.setdefault(obligation.id, (obligation, join))
    _insert(session, drafts)


def take_posts(session: Session, events: Iterable[Event]) -> None:
    """Leader education is owed to whoever holds an elected post: once, however many posts.

    `events` are assignment_started and assignment_ended, in any order.
    """
    settle_leaders(session, posts.keep(session, events))


def settle_leaders(session: Session, causes: Mapping[UUID, Event]) -> None:
    """Open what these members' posts entitle to, and settle what is open; their turns are taken."""
    trusts = posts.trusts(session, causes)
    drafts = [_opened_by_trust(member_id, trust) for member_id, trust in trusts.items()]
    _insert(session, {draft.id: (draft, causes[draft.member_id]) for draft in drafts})
    settle_all(session, causes)


def open_introductions(
    session: Session, tree: Tree, given: dict[str, Any], limit: int = 500
) -> int:
    """Open the introduction for up to `limit` of those who joined before a day without one.

    `given` is `{unit, joined_before}`; below the unit too. It is due a month from today. Answers
    how many; fewer than `limit` when none is left. Raises Invalid for a unit that can have
    none, and for a day in the future.
    """
    today = clock.today()
    tree.check_fact(given["unit"], today)
    if given["joined_before"] > today:
        raise Invalid("Not yet", {"joined_before": ["The day is in the future."]})
    has_one = aliased(Obligation)
    query = select(Obligation).where(
        Obligation.kind == EDUCATION,
        Obligation.status != "cancelled",
        Obligation.opened_on < given["joined_before"],
        ~exists().where(
            has_one.member_id == Obligation.member_id,
            has_one.kind == INTRODUCTION,
            has_one.opened_on == Obligation.opened_on,
            has_one.previous_left_on.is_not_distinct_from(Obligation.previous_left_on),
        ),
    )
    if given["unit"] != ROOT:
        query = query.where(Obligation.unit.in_(tree.subtree(given["unit"])))
    found = session.scalars(locked(session, query.order_by(*LOCK_ORDER).limit(limit))).all()
    take_turns(session, {each.member_id for each in found})
    due_on = clock.add_months(today, INTRODUCTION_MONTHS)
    drafts = [_introduction_beside(education, due_on) for education in found]
    _insert(session, {draft.id: (draft, None) for draft in drafts})
    return len(drafts)


def _insert(session: Session, drafts: Drafts) -> None:
    known = standing.of(session, {draft.member_id for draft, _ in drafts.values()})
    facts: dict[UUID, list[tuple[Fact, Event | None]]] = {}
    for key, (draft, cause) in drafts.items():
        facts[key] = [(ObligationOpened(**draft.facts()), cause)]
        happened = draft.settle(known[draft.member_id])
        if happened is not None:
            facts[key].append((happened(**draft.facts()), cause))
    new = insert_new(session, Obligation, [draft.row() for draft, _ in drafts.values()])
    outbox.append_all(session, [fact for key in facts if key in new for fact in facts[key]])


def _opened_by(join: Event) -> Iterable[Obligation]:
    data = join.data
    joined_on, imported = data["joined_on"], data["source"] == IMPORT
    known_on = clock.day_of(datetime.fromisoformat(join.time))
    for kind, due_on in deadlines(joined_on, imported=imported, known_on=known_on).items():
        previous_left_on = data["previous_left_on"]
        yield _draft(data["member_id"], data["unit"], kind, joined_on, previous_left_on, due_on)


def _opened_by_trust(member_id: UUID, trust: posts.Trust) -> Obligation:
    draft = _draft(member_id, trust.unit, LEADERS, trust.since, None, None)
    # One for each person: the day of the first post may yet turn out to be an earlier one.
    draft.id = uuid5(NAMES, f"{member_id}/{LEADERS}")
    return draft


def _introduction_beside(education: Obligation, due_on: date) -> Obligation:
    return _draft(
        education.member_id,
        education.opened_in or education.unit,
        INTRODUCTION,
        education.opened_on,
        education.previous_left_on,
        due_on,
    )


def _draft(
    member_id: UUID,
    unit: str,
    kind: str,
    opened_on: date,
    previous_left_on: date | None,
    due_on: date | None,
) -> Obligation:
    draft = Obligation(
        # The same for the same join; one who left and came back on one day joined twice.
        id=uuid5(NAMES, f"{member_id}/{kind}/{opened_on}/{previous_left_on}"),
        member_id=member_id,
        unit=unit,
        opened_in=unit,
        kind=kind,
        opened_on=opened_on,
        previous_left_on=previous_left_on,
        due_on=due_on,
        status="open",
        version=1,
    )
    draft.plan_reminders()
    return draft
