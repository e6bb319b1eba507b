"""After a restore from a backup: what a service's database must be told before it is used."""

from uuid import uuid4

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from infra.bus.pump import Cursor
from infra.database import locked, replace_all
from infra.outbox import FeedEpoch, FeedHead


def restored(session: Session) -> str:
    """Begin a new epoch of the feed, and let the subscription read its sources again; the epoch.

    The positions after the restored ones were given before, to events that are lost: under
    another epoch nobody takes the new ones for those. The restored ones keep their own, so what
    was handled of them stays handled. What the subscription had handled and forgotten will not
    be delivered again, so it must be read.
    """
    head = session.scalars(locked(session, select(FeedHead.head))).one()
    epoch = str(uuid4())
    replace_all(session, FeedEpoch, [{"since": head + 1, "epoch": epoch}], "epoch")
    session.execute(update(FeedHead).values(epoch=epoch))
    session.execute(update(Cursor).values(behind=True))
    return epoch
