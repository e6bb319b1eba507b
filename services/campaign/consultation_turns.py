"""Consultations whose time has come: opened and closed, each told once, one in a transaction."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from infra import clock, outbox
from infra.units import ROOT, Tree
from services.campaign import consultation_results, consultations, small_cells
from services.campaign.consultations import Consultation
from services.campaign.events.consultations import ConsultationClosed, OptionCount

OPENED = Consultation.opened_at.is_not(None)


def turn_one(session: Session, tree: Tree) -> bool:
    """Open or close one whose time has come; whether there was one.

    Of several replicas at work none waits for another. What should have been opened and closed
    while nobody looked is both, in that order.
    """
    now = clock.now()
    return _open_one(session, now) or _close_one(session, tree, now)


def _open_one(session: Session, now: datetime) -> bool:
    due = select(Consultation).where(~OPENED, Consultation.opens_at <= now)
    found = _free(session, due.order_by(Consultation.opens_at))
    if found is not None:
        consultations.open_locked(session, found)
    return found is not None


def _close_one(session: Session, tree: Tree, now: datetime) -> bool:
    due = select(Consultation).where(
        Consultation.closed_at.is_(None), OPENED, Consultation.closes_at <= now
    )
    found = _free(session, due.order_by(Consultation.closes_at))
    if found is not None:
        found.closed_at = now
        outbox.append(session, _closed(session, tree, found))
    return found is not None


def _free(session: Session, due: Select[Any]) -> Consultation | None:
    """The first that no other transaction has, locked."""
    return session.scalars(due.limit(1).with_for_update(skip_locked=True)).one_or_none()


def _closed(session: Session, tree: Tree, consultation: Consultation) -> ConsultationClosed:
    counts = consultation_results.counted(session, tree, consultation)
    shown = small_cells.shown(tree, counts)
    units = [ROOT, *(node.code for node in tree if node.kind == "district")]
    results = [
        OptionCount(unit, option, count)
        for unit in units
        for option, count in enumerate(shown.get(unit, ()))
        if count is not None
    ]
    return ConsultationClosed(consultation.id, consultation.unit, sum(counts[ROOT]), results)
