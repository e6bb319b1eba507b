"""The routes of campaigns."""

from typing import Any
from uuid import UUID

from infra.http import Created, route
from infra.service import Service
from services.campaign import campaign_progress, campaigns, goals, silence
from services.campaign.schemas.campaigns import (
    CampaignAnswer,
    CampaignEndRequest,
    CampaignGoalAnswer,
    CampaignGoalRequest,
    CampaignProgressAnswer,
    CampaignRequest,
    CampaignsQuery,
    CampaignUnitQuery,
    SilentAnswer,
    SilentQuery,
)

CAMPAIGN = CampaignAnswer()
GOAL = CampaignGoalAnswer()
PROGRESS = CampaignProgressAnswer()
SILENT = SilentAnswer()


class CampaignRoutes(Service):
    """Campaigns: begun, ended, and kept alive by what they have reached."""

    @route(
        "POST",
        "/campaigns",
        scope="campaign:write",
        body=CampaignRequest,
        answer=CampaignAnswer,
        creates=True,
    )
    def create_campaign(self, body: dict[str, Any]) -> Created:
        """Create a campaign of a unit and all below it."""
        with self.database.writing() as session:
            tree = self.units.tree(session)
            self.caller.must_reach(tree, body["unit"])
            campaign, new = campaigns.create(session, tree, body)
        return Created(CAMPAIGN.dump(campaign), new)

    @route(
        "GET",
        "/campaigns",
        scope="campaign:read",
        query=CampaignsQuery,
        answer=CampaignAnswer,
        many=True,
    )
    def list_campaigns(self, query: dict[str, Any]) -> dict[str, Any]:
        """The campaigns that hold in a unit or somewhere below it, the last to start first."""
        with self.database.reading() as session:
            tree = self.units.tree(session)
            self.caller.must_reach(tree, query["unit"])
            tree.check_known(query["unit"])
            page = campaigns.listed(session, tree, query)
        return {"items": CAMPAIGN.dump(page.items, many=True), "next": page.next}

    @route("GET", "/campaigns/<uuid:campaign_id>", scope="campaign:read", answer=CampaignAnswer)
    def show_campaign(self, campaign_id: UUID) -> dict[str, Any]:
        """One campaign, of the caller's part of the organisation or of a unit above it."""
        with self.database.reading() as session:
            campaign = campaigns.get(session, campaign_id)
            tree = self.units.tree(session)
            if not campaign.holds_in(tree, self.caller.unit):
                self.caller.must_reach(tree, campaign.unit)
        return CAMPAIGN.dump(campaign)  # type: ignore[no-any-return]

    @route(
        "POST",
        "/campaigns/<uuid:campaign_id>/end",
        scope="campaign:write",
        body=CampaignEndRequest,
        answer=CampaignAnswer,
    )
    def end_campaign(self, campaign_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
        """End a campaign: no conversation of a later day is in it."""
        with self.database.writing() as session:
            campaign = campaigns.get(session, campaign_id, lock=True)
            self.caller.must_reach(self.units.tree(session), campaign.unit)
            campaign.end(body["ended_on"])
        return CAMPAIGN.dump(campaign)  # type: ignore[no-any-return]

    @route(
        "PUT",
        "/campaigns/<uuid:campaign_id>/goals/<unit>",
        scope="campaign:write",
        body=CampaignGoalRequest,
        answer=CampaignGoalAnswer,
    )
    def put_campaign_goal(
        self, campaign_id: UUID, unit: str, body: dict[str, Any]
    ) -> dict[str, Any]:
        """Set how many conversations a unit is to have in a campaign."""
        with self.database.writing() as session:
            tree = self.units.tree(session)
            self.caller.must_reach(tree, unit)
            campaign = campaigns.get(session, campaign_id)
            goal = goals.put(session, tree, campaign, unit, body["target"])
        return GOAL.dump(goal)  # type: ignore[no-any-return]

    @route(
        "GET",
        "/campaigns/<uuid:campaign_id>/progress",
        scope="campaign:read",
        query=CampaignUnitQuery,
        answer=CampaignProgressAnswer,
    )
    def show_campaign_progress(self, campaign_id: UUID, query: dict[str, Any]) -> dict[str, Any]:
        """How far a unit, and those one level below it, are with their goals in a campaign."""
        with self.database.reading() as session:
            tree = self.units.tree(session)
            self.caller.must_reach(tree, query["unit"])
            campaign = campaigns.get(session, campaign_id)
            progress = campaign_progress.of_unit(session, tree, campaign, query["unit"])
        return PROGRESS.dump(progress)  # type: ignore[no-any-return]

    @route(
        "GET",
        "/campaigns/<uuid:campaign_id>/silent",
        scope="campaign:read",
        query=SilentQuery,
        answer=SilentAnswer,
        many=True,
    )
    def list_silent(self, campaign_id: UUID, query: dict[str, Any]) -> dict[str, Any]:
        """The branches of a unit that have had no conversation in a campaign for some days."""
        with self.database.reading() as session:
            tree = self.units.tree(session)
            self.caller.must_reach(tree, query["unit"])
            campaign = campaigns.get(session, campaign_id)
            found = silence.silent(session, tree, campaign, query["unit"], query["days"])
        return {"items": SILENT.dump(found, many=True), "next": None}
