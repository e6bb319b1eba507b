"""What is asked and answered about the topics of conversations."""

from datetime import date

from infra import clock
from infra.fields import Code, Count, Day, Paging, Request, Text
from services.campaign.conversations import FIRST_DAY

MONTHS_BEFORE = 11


def _a_year_ago() -> date:
    return clock.add_months(clock.today().replace(day=1), -MONTHS_BEFORE)


def _today() -> date:
    return clock.today()


class TopicMonthsQuery(Paging):
    """Of which unit with all below it, and from the month of one day to that of another.

    Without days these are the last twelve months.
    """

    unit = Code(load_default="SE")
    held_from = Day(FIRST_DAY, data_key="from", load_default=_a_year_ago)
    held_to = Day(FIRST_DAY, data_key="to", load_default=_today)


class TopicMonthReply(Request):
    """How many conversations touched a topic in the month that begins on that day."""

    month = Day()
    topic = Text()
    conversations = Count()
