"""The facts that campaign publishes."""

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from infra.event import Fact


class CampaignFact(Fact, source="campaign"):
    """Anything that happened in campaign."""


@dataclass(frozen=True)
class ConversationLogged(CampaignFact, subject="conversation/{conversation_id}"):
    """A volunteer reported `count` conversations of one day in one unit."""

    conversation_id: UUID
    unit: str
    arena: str
    online: bool
    held_on: date
    count: int
    campaign_id: UUID | None = None
    topics: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class ConversationVoided(CampaignFact, subject="conversation/{conversation_id}"):
    """A report was taken back; the fields say what it had reported."""

    conversation_id: UUID
    unit: str
    arena: str
    online: bool
    held_on: date
    count: int
    campaign_id: UUID | None = None
    topics: list[str] = field(default_factory=list)
