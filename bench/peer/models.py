"""The peer's tables: as ours, with the same indexes."""

import json
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

from sqlalchemy import JSON, BigInteger, DateTime, Index, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """What every mapped class derives from."""


class Unit(Base):
    """A unit of the organisation."""

    __tablename__ = "unit"

    code: Mapped[str] = mapped_column(String(64), primary_key=True)
    parent: Mapped[str | None] = mapped_column(String(64))


class Conversation(Base):
    """A report of conversations."""

    __tablename__ = "conversation"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit: Mapped[str] = mapped_column(String(64))
    arena: Mapped[str] = mapped_column(String(20))
    held_on: Mapped[date]
    count: Mapped[int]
    campaign_id: Mapped[UUID | None]
    topics: Mapped[list[str]] = mapped_column(JSON)
    logged_by: Mapped[str | None] = mapped_column(String(64))
    workplace: Mapped[str | None] = mapped_column(String(200))
    logged_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    voided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    void_reason: Mapped[str | None] = mapped_column(String(20))

    __table_args__ = (
        Index("conversation_by_day", "held_on", "id"),
        Index("conversation_by_unit", "unit", "held_on", "id"),
    )

    @property
    def online(self) -> bool:
        """Whether the arena is online."""
        return self.arena == "online"


class OutboxRow(Base):
    """A fact that waits to be published."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    event_id: Mapped[UUID]
    name: Mapped[str] = mapped_column(String(80))
    time: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    body: Mapped[str] = mapped_column(Text)

    @classmethod
    def logged(cls, conversation: Conversation) -> "OutboxRow":
        """The CloudEvent that tells of a report."""
        event_id, instant = uuid4(), datetime.now(UTC)
        body = {
            "specversion": "1.0",
            "id": str(event_id),
            "source": "/campaign",
            "type": "campaign.conversation_logged.v1",
            "subject": f"conversation/{conversation.id}",
            "time": instant.isoformat(),
            "datacontenttype": "application/json",
            "dataschema": "urn:samtal:campaign.conversation_logged.v1",
            "correlationid": str(event_id),
            "data": {
                "conversation_id": str(conversation.id),
                "unit": conversation.unit,
                "arena": conversation.arena,
                "online": conversation.online,
                "held_on": conversation.held_on.isoformat(),
                "count": conversation.count,
                "topics": conversation.topics,
            },
        }
        return cls(
            event_id=event_id, name="conversation_logged", time=instant, body=json.dumps(body)
        )
