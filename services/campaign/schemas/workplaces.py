"""Workplaces, as they are asked and answered."""

from infra.fields import Code, Count, Id, Paging, QueryCount, Request
from services.campaign.conversations import FIRST_DAY
from services.campaign.schemas.kinds import Impersonal

LAST_YEAR = 2100


class WorkplaceRequest(Request):
    """A workplace for the party's list, and the unit that it is in."""

    id = Id(load_default=None)
    unit = Code(required=True)
    name = Impersonal(required=True)


class WorkplacesQuery(Paging):
    """Which workplaces to list: of a unit, of those above it and of all below it."""

    unit = Code(load_default="SE")


class ReachedQuery(Request):
    """Of which unit with all below it, in which year (this one if none is named)."""

    unit = Code(load_default="SE")
    year = QueryCount(FIRST_DAY.year, LAST_YEAR, load_default=None)


class ReachedAnswer(Request):
    """How many different workplaces were reached, and the conversations there."""

    unit = Code()
    year = Count(FIRST_DAY.year, LAST_YEAR)
    workplaces = Count()
    conversations = Count()
