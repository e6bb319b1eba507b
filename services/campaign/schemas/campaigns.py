"""Campaigns, their goals and what they reach, as they are asked and answered."""

from marshmallow import fields, validate

from infra.fields import Code, Count, Day, Id, Paging, QueryCount, Request, Text, Word
from services.campaign.campaigns import METHODS
from services.campaign.conversations import FIRST_DAY
from services.campaign.events.conversations import MOST_TOPICS
from services.campaign.goals import MOST
from services.campaign.schemas.kinds import Impersonal
from services.campaign.schemas.topics import TopicWord

LONGEST_SILENCE = 3660
"""Days that may be asked for."""


class CampaignRequest(Request):
    """A campaign; without `topics` a conversation in it may have any."""

    id = Id(load_default=None)
    unit = Code(required=True)
    name = Impersonal(required=True)
    method = Word(*METHODS, required=True)
    starts_on = Day(FIRST_DAY, required=True)
    ends_on = Day(FIRST_DAY, load_default=None, allow_none=True)
    topics = fields.List(TopicWord(), load_default=list, validate=validate.Length(max=MOST_TOPICS))


class CampaignAnswer(CampaignRequest):
    """A stored campaign; `ended_on` once somebody has ended it."""

    ended_on = Day(allow_none=True)


class CampaignsQuery(Paging):
    """Which campaigns to list: of a unit, of those above it and of all below it."""

    unit = Code(load_default="SE")
    method = Word(*METHODS, load_default=None)


class CampaignEndRequest(Request):
    """The last day of a campaign."""

    ended_on = Day(FIRST_DAY, required=True)


class CampaignGoalRequest(Request):
    """How many conversations a unit sets out to have in a campaign."""

    target = Count(1, MOST, required=True)


class CampaignGoalAnswer(CampaignGoalRequest):
    """A unit's goal in a campaign."""

    campaign_id = Id()
    unit = Code()


class CampaignUnitQuery(Request):
    """Of which unit with all below it."""

    unit = Code(load_default="SE")


class CampaignChildAnswer(Request):
    """How far a unit with all below it is; the share is above 1 once the target is passed."""

    unit = Code()
    name = Text()
    target = Count(1, allow_none=True)
    conversations = Count()
    share = fields.Float(allow_none=True)


class CampaignProgressAnswer(CampaignChildAnswer):
    """The same with how many different volunteers and workplaces there were, and the next level."""

    campaign_id = Id()
    volunteers = Count()
    workplaces = Count()
    children = fields.List(fields.Nested(CampaignChildAnswer))


class SilentQuery(CampaignUnitQuery):
    """Which branches, silent for how many days."""

    days = QueryCount(1, LONGEST_SILENCE, load_default=14)


class SilentAnswer(Request):
    """A branch gone silent: since its last conversation, or (null) it has had none at all."""

    unit = Code()
    name = Text()
    since = Day(allow_none=True)
    days = Count()
