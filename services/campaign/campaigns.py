"""Campaigns: what a unit, with all below it, does for a time to talk with people."""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Select, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import clock
from infra.creation import create_all
from infra.database import Base, insert_new, locked
from infra.errors import Conflict, Invalid, NotFound
from infra.identity import new_id
from infra.paging import Page, page
from infra.units import ROOT, Tree
from services.campaign import topics

METHODS = ("social_media", "listen", "petition", "mobilise", "door_knocking")
GIVEN = ("unit", "name", "method", "starts_on", "ends_on", "topics")


class Campaign(Base):
    """A campaign of a unit and all below it from a day on.

    Its last day is `ended_on`, or while nobody has ended it `ends_on`; it may have none. With
    `topics` of its own the conversations in it have no others.
    """

    __tablename__ = "campaign"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200))
    method: Mapped[str] = mapped_column(String(20))
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    topics: Mapped[list[str]] = mapped_column(JSON)
    ended_on: Mapped[date | None]

    @property
    def last_on(self) -> date | None:
        """Its last day, if that is known."""
        return self.ended_on or self.ends_on

    def is_open(self, day: date) -> bool:
        """Whether a conversation of that day may be in it."""
        return self.starts_on <= day and (self.last_on is None or day <= self.last_on)

    def holds_in(self, tree: Tree, unit: str) -> bool:
        """Whether it is a campaign of that unit, too."""
        return tree.within(unit, self.unit)

    def same_as(self, request: dict[str, Any]) -> bool:
        """Whether `request` asks for this one."""
        return all(getattr(self, name) == request[name] for name in GIVEN)

    def end(self, on: date) -> bool:
        """Make that day its last; False when it was ended so already.

        What was reported of later days is kept. Raises Invalid for a day in the future or on
        which it was not open, Conflict when it was ended with another day.
        """
        if self.ended_on == on:
            return False
        if self.ended_on is not None:
            raise Conflict("The campaign was ended before, with another day.")
        if on > clock.today():
            raise Invalid("Not yet", {"ended_on": ["The day is in the future."]})
        if not self.is_open(on):
            raise Invalid("Not open", {"ended_on": ["The campaign was not open on that day."]})
        self.ended_on = on
        return True


def create(session: Session, tree: Tree, request: dict[str, Any]) -> tuple[Campaign, bool]:
    """Create a campaign; answers the stored one, and whether it is new.

    Raises Invalid for a unit that can have none or an end before the start or for
    a topic that is not in the party's list, Conflict when the id
    is taken by another campaign.
    """
    topics.check(session, request["topics"], "topics")
    return create_all(
        [{**request, "id": request["id"] or new_id()}],
        check=partial(_check, tree),
        insert=partial(_insert, session),
        stored=partial(_of_ids, session),
        same=Campaign.same_as,
    )[0].answer()


def get(session: Session, campaign_id: UUID, *, lock: bool = False) -> Campaign:
    """The campaign with that id; NotFound if there is none."""
    query = select(Campaign).where(Campaign.id == campaign_id)
    found = session.scalars(locked(session, query) if lock else query).one_or_none()
    if found is None:
        raise NotFound("There is no such campaign.")
    return found


def named(session: Session, reports: Iterable[Mapping[str, Any]]) -> dict[UUID, Campaign]:
    """The campaigns that reports of conversations name, in one query; in none if they name none."""
    ids = {report["campaign_id"] for report in reports} - {None}
    return _of_ids(session, ids) if ids else {}


def check(tree: Tree, known: Mapping[UUID, Campaign], report: Mapping[str, Any]) -> None:
    """Invalid, naming the field, unless the report may be in the campaign that it names.

    `known` is what `named` has found.
    """
    if report["campaign_id"] is None:
        return
    campaign = known.get(report["campaign_id"])
    if campaign is None:
        raise _invalid("There is no such campaign.")
    if not campaign.holds_in(tree, report["unit"]):
        raise _invalid("The campaign is none of that unit.")
    if not campaign.is_open(report["held_on"]):
        raise _invalid("The campaign is not open on that day.")
    _check_topics(campaign, report["topics"])


def listed(session: Session, tree: Tree, query: dict[str, Any]) -> Page[Campaign]:
    """The campaigns that hold in a unit or anywhere below it, the last to start first."""
    found: Select[Campaign] = select(Campaign)
    unit = query["unit"]
    if unit != ROOT:
        found = found.where(Campaign.unit.in_({*tree.path(unit), *tree.subtree(unit)}))
    if query["method"] is not None:
        found = found.where(Campaign.method == query["method"])
    return page(session, found, (Campaign.starts_on, Campaign.id), query)


def check_about(tree: Tree, campaign: Campaign, unit: str) -> None:
    """Invalid, naming `unit`, when no part of the unit is in the campaign."""
    tree.check_known(unit)
    if not (campaign.holds_in(tree, unit) or tree.within(campaign.unit, unit)):
        raise Invalid("Not there", {"unit": ["The campaign is none of that unit."]})


def _check(tree: Tree, request: dict[str, Any]) -> None:
    tree.check_fact(request["unit"], request["starts_on"])
    if request["ends_on"] is not None and request["ends_on"] < request["starts_on"]:
        raise Invalid("Ends too early", {"ends_on": ["The end is before the start."]})


def _insert(session: Session, rows: list[dict[str, Any]]) -> dict[UUID, Campaign]:
    ids = insert_new(session, Campaign, [{**row, "ended_on": None} for row in rows])
    return _of_ids(session, ids) if ids else {}


def _of_ids(session: Session, ids: set[UUID]) -> dict[UUID, Campaign]:
    found = session.scalars(select(Campaign).where(Campaign.id.in_(ids)))
    return {campaign.id: campaign for campaign in found}


def _check_topics(campaign: Campaign, topics: list[str]) -> None:
    if not campaign.topics:
        return
    other = [index for index, topic in enumerate(topics) if topic not in campaign.topics]
    if other:
        wrong = {f"topics.{index}": ["The campaign has no such topic."] for index in other}
        raise Invalid("Another topic", wrong)


def _invalid(why: str) -> Invalid:
    return Invalid("Not in that campaign", {"campaign_id": [why]})
