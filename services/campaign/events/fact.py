"""What every fact of campaign is."""

from infra.event import Fact


class CampaignFact(Fact, source="campaign"):
    """Anything that happened in campaign."""
