"""A calendar as text: iCalendar (RFC 5545; its name and refresh RFC 7986), by icalendar."""

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from icalendar import STATUS, TRANSP, Calendar, Event, Timezone

from infra import clock

CONTENT_TYPE = "text/calendar; charset=utf-8"
PRODUCT = "-//Samtal//SV"
AGAIN = timedelta(hours=4)
"""After which a calendar program is asked to look again."""

# The rule by which Sweden has changed its clocks since 1996. The library can make one out of the
# time zone database, but as a list of days that ends; this goes on, and every program reads it.
STOCKHOLM = """BEGIN:VTIMEZONE
TZID:Europe/Stockholm
BEGIN:STANDARD
DTSTART:19961027T030000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
TZNAME:CET
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19970330T020000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
TZNAME:CEST
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
END:VTIMEZONE
""".replace("\n", "\r\n")


class Occasion(NamedTuple):
    """One entry of a calendar.

    It `starts` and `ends` at instants in Stockholm's time, or on days, the last not counted.
    `uid` stays, and `sequence` rises with each change.
    """

    uid: str
    title: str
    starts: date
    ends: date
    sequence: int
    cancelled: bool
    about: str | None


@lru_cache(maxsize=64)
def written(unit: str, name: str, on: date, occasions: tuple[Occasion, ...]) -> bytes:
    """The calendar of a unit, or of what else has that code, as text on one day.

    It is the same for the same. Lines are folded at 75 bytes and end with CR LF.
    """
    calendar = Calendar.new(
        uid=f"{unit}@calendar.samtal", name=name, prodid=PRODUCT, refresh_interval=AGAIN
    )
    calendar.add_component(Timezone.from_ical(STOCKHOLM))
    for occasion in occasions:
        calendar.add_component(_event(occasion, clock.start_of(on)))
    text: bytes = calendar.to_ical()
    return text


def local(instant: datetime) -> datetime:
    """The instant by the clocks in Stockholm; in UTC where they show the same hour twice."""
    there = instant.astimezone(clock.STOCKHOLM)
    twice = there.replace(fold=0).utcoffset() != there.replace(fold=1).utcoffset()
    return instant if twice else there


def _event(occasion: Occasion, stamp: datetime) -> Event:
    whole_days = not isinstance(occasion.starts, datetime)
    return Event.new(
        uid=occasion.uid,
        stamp=stamp,
        summary=occasion.title,
        description=occasion.about,
        start=occasion.starts,
        end=occasion.ends,
        sequence=occasion.sequence,
        status=STATUS.CANCELLED if occasion.cancelled else STATUS.CONFIRMED,
        # A window is when something may be held: nobody is busy all of it.
        transparency=TRANSP.TRANSPARENT if whole_days else TRANSP.OPAQUE,
    )
