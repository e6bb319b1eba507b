"""The daily run over deadlines: what comes near, once at 30 days and at 7, and what went by.

Set by set inside the database, a piece a transaction, so that nothing else waits long. Several
replicas may run it at once: none waits for another, and each obligation is one replica's.
"""

from datetime import date
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, bindparam, select, update
from sqlalchemy.orm import Session

from infra import outbox
from infra.event import Fact
from services.training.events import ObligationDueSoon, ObligationOverdue
from services.training.obligations import SOON, VERY_SOON, Obligation

# On the table: through the class the same statement costs twice the time.
TABLE = cast("Table", Obligation.__table__)
TOLD = ("member_id", "unit", "kind", "opened_on", "due_on", "status", "version")


def mark_overdue(session: Session, today: date, limit: int) -> int:
    """Mark up to `limit` open obligations whose last day was before `today`; answer how many.

    Each is marked once, however late the run.
    """
    late = (TABLE.c.status == "open") & (TABLE.c.due_order < today)
    changes = {"status": "overdue", "version": TABLE.c.version + 1, **_reminded()}
    marked = _change(session, late, TABLE.c.due_order, changes, limit)
    outbox.append(session, *(ObligationOverdue(**facts) for facts in marked))
    return len(marked)


def remind(session: Session, today: date, limit: int) -> int:
    """Tell of up to `limit` obligations that are due within 7 days, or within 30, each once.

    Answers how many. What could not be told at 30 days is told at 7 alone.
    """
    very_soon = TABLE.c.remind_last_on <= today
    told = _change(session, very_soon, TABLE.c.remind_last_on, _reminded(), limit)
    facts: list[Fact] = [ObligationDueSoon(**row, days=VERY_SOON.days) for row in told]
    if len(told) < limit:
        soon = TABLE.c.remind_on <= today
        told = _change(session, soon, TABLE.c.remind_on, {"remind_on": None}, limit - len(told))
        facts.extend(ObligationDueSoon(**row, days=SOON.days) for row in told)
    outbox.append(session, *facts)
    return len(facts)


def _reminded() -> dict[str, Any]:
    return {"remind_on": None, "remind_last_on": None}


def _change(
    session: Session,
    which: ColumnElement[bool],
    order: ColumnElement[Any],
    changes: dict[str, Any],
    limit: int,
) -> list[dict[str, Any]]:
    chosen = (
        select(TABLE.c.id)
        .where(which)
        .order_by(order, TABLE.c.id)
        .limit(bindparam("limit", limit))
        .with_for_update(skip_locked=True)
        .cte("chosen")
    )
    change = (
        update(TABLE)
        .where(TABLE.c.id.in_(select(chosen.c.id)))
        .values(changes)
        .returning(TABLE.c.id.label("obligation_id"), *(TABLE.c[name] for name in TOLD))
    )
    session.flush()
    changed = [dict(row) for row in session.connection().execute(change).mappings()]
    # What the session has read before, it would otherwise go on believing.
    session.expire_all()
    return changed
