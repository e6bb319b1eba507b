"""The facts that campaign publishes: a module a noun."""

from services.campaign.events.activities import (
    ActivityAttended,
    ActivityCancelled,
    ActivityHeld,
    ActivityPlanned,
)
from services.campaign.events.areas import (
    AreaAssigned,
    AreaExpiring,
    AreaReleased,
)
from services.campaign.events.conferences import ConferenceAttended
from services.campaign.events.consultations import (
    ConsultationAnswered,
    ConsultationClosed,
    ConsultationOpened,
)
from services.campaign.events.conversations import ConversationLogged, ConversationVoided
from services.campaign.events.policy_inputs import PolicyInputAnswered, PolicyInputReceived
from services.campaign.events.visits import VisitsLogged
from services.campaign.events.volunteers import VolunteersCounted

__all__ = [
    "ActivityAttended",
    "ActivityCancelled",
    "ActivityHeld",
    "ActivityPlanned",
    "AreaAssigned",
    "AreaExpiring",
    "AreaReleased",
    "ConferenceAttended",
    "ConsultationAnswered",
    "ConsultationClosed",
    "ConsultationOpened",
    "ConversationLogged",
    "ConversationVoided",
    "PolicyInputAnswered",
    "PolicyInputReceived",
    "VisitsLogged",
    "VolunteersCounted",
]
