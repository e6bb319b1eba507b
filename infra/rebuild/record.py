"""The record of rebuilds: one row each, of which at most one runs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, String, Text, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import clock
from infra.database import Base, BigKey, Instant, locked

DIED = "The process that ran it is gone; nothing was changed."

Sources = Sequence[dict[str, Any]]


class Rebuild(Base):
    """One rebuild: running, done or failed; `sources` says how far each feed was read."""

    __tablename__ = "rebuild"

    number: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    id: Mapped[UUID] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(String(10))
    sources: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    started_at: Mapped[datetime] = mapped_column(Instant)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)
    error: Mapped[str | None] = mapped_column(Text)

    def status(self) -> dict[str, Any]:
        """As `GET /rebuild` answers it."""
        return {
            "id": self.id,
            "state": self.state,
            "sources": self.sources,
            "started_at": self.started_at,
            "finished_at": self.finished_at,
            "error": self.error,
        }


def begin(session: Session, rebuild_id: UUID) -> Rebuild:
    """A new row, running; whichever ran before is over, since this one has the turn."""
    session.execute(
        update(Rebuild)
        .where(Rebuild.state == "running")
        .values(state="failed", finished_at=clock.now(), error=DIED)
    )
    made = Rebuild(id=rebuild_id, state="running", sources=[], started_at=clock.now())
    session.add(made)
    session.flush()
    return made


def find(session: Session, rebuild_id: UUID) -> Rebuild | None:
    """The rebuild of that id, if there was one."""
    return session.scalars(select(Rebuild).where(Rebuild.id == rebuild_id)).one_or_none()


def latest(session: Session) -> Rebuild | None:
    """The last rebuild that was begun, if any was."""
    return session.scalars(select(Rebuild).order_by(Rebuild.number.desc()).limit(1)).one_or_none()


def running(session: Session, rebuild_id: UUID) -> Rebuild | None:
    """The rebuild, locked until the commit, unless it is over."""
    query = select(Rebuild).where(Rebuild.id == rebuild_id, Rebuild.state == "running")
    return session.scalars(locked(session, query)).one_or_none()


def note(session: Session, rebuild_id: UUID, sources: Sources) -> None:
    """Note how far a running rebuild is."""
    session.execute(
        update(Rebuild)
        .where(Rebuild.id == rebuild_id, Rebuild.state == "running")
        .values(sources=list(sources))
    )


def finish(rebuild: Rebuild, state: str, error: str | None = None) -> None:
    """It is done, or it has failed."""
    rebuild.state = state
    rebuild.error = error
    rebuild.finished_at = clock.now()
