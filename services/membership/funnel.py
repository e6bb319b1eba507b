"""The way from prospect to member, by source, and who asks in which unit; reads only."""

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from infra.database import days_between
from infra.units import Tree
from services.membership import recruiting
from services.membership.asks import Ask
from services.membership.prospects import Prospect
from services.membership.recruiting import within

STEPS = ("prospects", "asked", "joined", "declined")
TOLD = (*STEPS, "not_yet_asked", "askers")


def funnel(
    session: Session,
    tree: Tree,
    unit: str,
    first: date | None = None,
    last: date | None = None,
) -> dict[str, Any]:
    """How far the prospects of a unit, and all below it, have come; those deleted since count too.

    Of those who were registered from the day `first` to the day `last`, or of all.

    `{"unit", "sources": [{"source", …, "days_to_ask", "days_to_join"}], "children": [{"unit",
    "name", …}], "remainder": {…}}`: days are medians, from the consent to the first ask and from
    there to the join. The remainder is what is in none of the children.
    """
    of_them = and_(within(tree, unit), _registered(first, last))
    rows = _steps(session, of_them)
    return {
        "unit": unit,
        "sources": _by_source(session, of_them, rows),
        **_by_child(session, tree, unit, rows, _registered(first, last)),
    }


def _registered(first: date | None, last: date | None) -> ColumnElement[bool]:
    days = [Prospect.registered_on >= first] if first else []
    days += [Prospect.registered_on <= last] if last else []
    return and_(true(), *days)


def _steps(session: Session, of_them: ColumnElement[bool]) -> list[Row[Any]]:
    query = select(
        Prospect.source,
        Prospect.unit,
        func.count().label("prospects"),
        func.count(Prospect.asked_on).label("asked"),
        func.count(Prospect.joined_on).label("joined"),
        func.count(Prospect.declined_on).label("declined"),
    )
    found = query.where(of_them).group_by(Prospect.source, Prospect.unit)
    return list(session.execute(found))


def _by_source(
    session: Session, of_them: ColumnElement[bool], rows: Iterable[Row[Any]]
) -> list[dict[str, Any]]:
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        counts[row.source].update({step: getattr(row, step) for step in STEPS})
    to_ask = _median_days(session, of_them, Prospect.registered_on, Prospect.asked_on)
    to_join = _median_days(session, of_them, Prospect.asked_on, Prospect.joined_on)
    return [
        {
            "source": source,
            **{step: counts[source][step] for step in STEPS},
            "days_to_ask": to_ask.get(source),
            "days_to_join": to_join.get(source),
        }
        for source in sorted(counts)
    ]


def _median_days(
    session: Session,
    of_them: ColumnElement[bool],
    first: InstrumentedAttribute[Any],
    second: InstrumentedAttribute[Any],
) -> dict[str, float]:
    days = days_between(first, second).label("days")
    rows = session.execute(
        select(Prospect.source, days, func.count())
        .where(of_them, first.is_not(None), second.is_not(None))
        .group_by(Prospect.source, days)
    )
    seen: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for source, between, count in rows:
        # Who says to have joined on a day before being asked took no days to.
        seen[source][max(0, between)] += count
    return {source: statistics.median(found.elements()) for source, found in seen.items()}


def _by_child(
    session: Session,
    tree: Tree,
    unit: str,
    rows: Iterable[Row[Any]],
    registered: ColumnElement[bool],
) -> dict[str, Any]:
    below = {code: child for child in tree.children(unit) for code in tree.subtree(child)}
    counts: defaultdict[str | None, Counter[str]] = defaultdict(Counter)
    for row in rows:
        counts[below.get(row.unit)].update({step: getattr(row, step) for step in STEPS})
    for code, count in recruiting.not_yet_asked(session, tree, unit, registered).items():
        counts[below.get(code)]["not_yet_asked"] += count
    # Each asker counts once a child, in however many units below it they asked.
    of_prospects = Ask.prospect_id.in_(select(Prospect.id).where(registered))
    asked = select(Ask.unit, Ask.by).where(Ask.unit.in_(tree.subtree(unit)), of_prospects)
    pairs = {(below.get(code), by) for code, by in session.execute(asked.distinct())}
    for child, _ in pairs:
        counts[child]["askers"] += 1
    nodes = [node for node in map(tree.get, tree.children(unit)) if node is not None]
    return {
        "children": [{"unit": n.code, "name": n.name, **_told(counts[n.code])} for n in nodes],
        "remainder": _told(counts[None]),
    }


def _told(count: Counter[str]) -> dict[str, int]:
    return {name: count[name] for name in TOLD}
