"""What is asked and answered about policy inputs."""

from infra.fields import Code, Day, Id, Moment, Paging, Request, Text, Word
from services.campaign.conversations import FIRST_DAY
from services.campaign.events.conversations import LONGEST_TOPIC
from services.campaign.events.policy_inputs import ORIGINS
from services.campaign.policy_inputs import STATUSES
from services.campaign.schemas.kinds import Impersonal

LONGEST = 2000


class PolicyInputRequest(Request):
    """What was heard or decided in a unit, about a topic of the party's list."""

    id = Id(load_default=None)
    unit = Code(required=True)
    topic = Text(high=LONGEST_TOPIC, required=True)
    text = Impersonal(high=LONGEST, required=True)
    origin = Word(*ORIGINS, data_key="from", required=True)


class PolicyInputReply(PolicyInputRequest):
    """A stored input, with its answer once it has one."""

    status = Word(*STATUSES)
    received_at = Moment()
    taken_up_at = Moment(allow_none=True)
    answer = Impersonal(high=LONGEST, allow_none=True)
    answered_on = Day(allow_none=True)


class TakeUpRequest(Request):
    """Nothing more is to be said."""


class PolicyAnswerRequest(Request):
    """What became of it."""

    text = Impersonal(high=LONGEST, required=True)
    answered_on = Day(FIRST_DAY, required=True)


class PolicyInputsQuery(Paging):
    """Which inputs to list: of a unit and all below it."""

    unit = Code(load_default="SE")
    status = Word(*STATUSES, load_default=None)
    topic = Text(high=LONGEST_TOPIC, load_default=None)
