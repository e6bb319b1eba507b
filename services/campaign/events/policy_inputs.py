"""What happens to what is heard, on its way into policy."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from infra.shape import UnitCode, characters, words
from services.campaign.events.conversations import LONGEST_TOPIC
from services.campaign.events.fact import CampaignFact

ORIGINS = ("conversation", "meeting", "consultation", "member")

TopicWord = Annotated[str, characters(1, LONGEST_TOPIC, "skola", "trygghet")]
Origin = Annotated[str, words(ORIGINS)]


@dataclass(frozen=True)
class PolicyInputReceived(CampaignFact, subject="policy_input/{input_id}"):
    """Something was heard in a unit that may become policy; the text is not told."""

    input_id: UUID
    unit: UnitCode
    topic: TopicWord
    from_: Origin


@dataclass(frozen=True)
class PolicyInputAnswered(CampaignFact, subject="policy_input/{input_id}"):
    """What was heard in a unit has its answer, which the unit can read."""

    input_id: UUID
    unit: UnitCode
    topic: TopicWord
    from_: Origin
