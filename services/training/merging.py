"""Merges: who turned out to be another member is owed nothing, and never was."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from infra import outbox
from infra.event import Event
from services.training.events import ObligationCancelled
from services.training.obligations import of_members
from services.training.trainees import keep_doubles, take_turns


def annul_all(session: Session, merges: Sequence[Event]) -> None:
    """Cancel all obligations of those who were others, the met ones too; keep who they are.

    `merges` are member_merged events, whose joins may come later. What was offered to them, the
    other member has yet to be said to have been offered.
    """
    causes = {merge.data["member_id"]: merge for merge in merges}
    take_turns(session, causes)
    keep_doubles(session, causes)
    found = of_members(session, causes)
    facts = [
        (ObligationCancelled(**obligation.facts()), merge)
        for member_id, merge in causes.items()
        for obligation in found[member_id]
        if obligation.annul()
    ]
    outbox.append_all(session, facts)
