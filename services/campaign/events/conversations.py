"""What happens to reports of conversations."""

from dataclasses import dataclass, field
from datetime import date
from typing import Annotated
from uuid import UUID

from infra.shape import Shape, UnitCode, between, characters, words
from services.campaign.events.fact import CampaignFact

ARENAS = ("door", "workplace", "neighbourhood", "online", "member_activity", "own_network", "phone")
MOST = 500
MOST_TOPICS = 20
LONGEST_TOPIC = 50

Arena = Annotated[str, words(ARENAS)]
Reported = Annotated[int, between(1, MOST)]
Topics = Annotated[
    list[Annotated[str, characters(1, LONGEST_TOPIC, "skola", "trygghet")]],
    Shape({"maxItems": MOST_TOPICS}),
]


@dataclass(frozen=True)
class ConversationLogged(CampaignFact, subject="conversation/{conversation_id}"):
    """A volunteer reported `count` conversations of one day in one unit."""

    conversation_id: UUID
    unit: UnitCode
    arena: Arena
    online: bool
    held_on: date
    count: Reported
    campaign_id: UUID | None = None
    topics: Topics = field(default_factory=list)


@dataclass(frozen=True)
class ConversationVoided(CampaignFact, subject="conversation/{conversation_id}"):
    """A report was taken back; the fields say what it had reported."""

    conversation_id: UUID
    unit: UnitCode
    arena: Arena
    online: bool
    held_on: date
    count: Reported
    campaign_id: UUID | None = None
    topics: Topics = field(default_factory=list)
