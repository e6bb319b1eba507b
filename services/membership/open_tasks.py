"""Open tasks: those without a holder, beside whom they may be something for; reads only."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from infra.paging import Page, page
from infra.units import ROOT, Tree
from services.membership import willingness
from services.membership.assignments import Assignment
from services.membership.tasks import LocalTask
from services.membership.willingness import Willing

MOST = 50
"""Members shown beside one task."""


def open_tasks(session: Session, tree: Tree, query: dict[str, Any]) -> Page[dict[str, Any]]:
    """The tasks of a unit and all below it that nobody has, each with `member_ids`.

    Those are of members of the task's unit, or below, who are willing to have a task and share
    an interest with it; at most MOST, the last to join first.
    """
    has_it = exists().where(Assignment.task_id == LocalTask.id, Assignment.ended_on.is_(None))
    found = select(LocalTask).where(~has_it)
    if query["unit"] != ROOT:
        found = found.where(LocalTask.unit.in_(tree.subtree(query["unit"])))
    tasks = page(session, found, (LocalTask.id,), query, ascending=True)
    matching = _matching(session, tree, tasks.items)
    items = [
        {
            "id": task.id,
            "unit": task.unit,
            "title": task.title,
            "interests": task.interests,
            "member_ids": matching[task.id],
        }
        for task in tasks.items
    ]
    return Page(items, tasks.next)


def _matching(session: Session, tree: Tree, tasks: Sequence[LocalTask]) -> dict[UUID, list[UUID]]:
    if not tasks:
        return {}
    units = sorted({task.unit for task in tasks})
    by_interest: defaultdict[str, list[tuple[int, Willing]]] = defaultdict(list)
    for place, member in enumerate(willingness.for_tasks(session, tree, units)):
        for interest in member.interests:
            by_interest[interest].append((place, member))
    return {task.id: _of_task(tree, task, by_interest) for task in tasks}


def _of_task(
    tree: Tree, task: LocalTask, by_interest: dict[str, list[tuple[int, Willing]]]
) -> list[UUID]:
    places: dict[int, UUID] = {}
    for interest in task.interests:
        within: Iterable[tuple[int, Willing]] = (
            found
            for found in by_interest.get(interest, ())
            if tree.within(found[1].unit, task.unit)
        )
        places.update((place, member.id) for place, member in islice(within, MOST))
    return [places[place] for place in sorted(places)[:MOST]]
