"""Calendars as text, as the library that others read them with understands them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from icalendar import Calendar, Event, Timezone

from infra.calendar_text import Occasion, written
from infra.clock import STOCKHOLM

TODAY = date(2027, 3, 10)
MEETING = Occasion(
    uid="one@activity.samtal",
    title="Öppet möte; kaffe, te\noch samtal",
    starts=datetime(2027, 3, 27, 18, tzinfo=STOCKHOLM),
    ends=datetime(2027, 3, 28, 18, tzinfo=STOCKHOLM),
    sequence=2,
    cancelled=False,
    about="Malmö",
)
WINDOW = Occasion(
    uid="two@wheel.samtal",
    title="Kampanjvecka",
    starts=date(2027, 3, 22),
    ends=date(2027, 3, 29),
    sequence=0,
    cancelled=True,
    about=None,
)


def read(text: bytes) -> tuple[Calendar, list[Event]]:
    """The calendar and its events."""
    calendar = Calendar.from_ical(text)
    return calendar, calendar.events


def plain(event: Event, name: str) -> Any:
    """The value of a property."""
    return event.decoded(name)


def test_what_is_written_is_read_again() -> None:
    calendar, (meeting, window) = read(written("1280", "Malmö", TODAY, (MEETING, WINDOW)))

    assert (str(calendar["VERSION"]), calendar.calendar_name) == ("2.0", "Malmö")
    assert calendar.refresh_interval == timedelta(hours=4)
    assert str(meeting["SUMMARY"]) == MEETING.title
    assert (str(meeting["UID"]), meeting["SEQUENCE"], str(meeting["STATUS"])) == (
        MEETING.uid,
        2,
        "CONFIRMED",
    )
    assert str(meeting["DESCRIPTION"]) == "Malmö"
    assert (plain(window, "DTSTART"), plain(window, "DTEND")) == (WINDOW.starts, WINDOW.ends)
    assert (str(window["STATUS"]), str(window["TRANSP"])) == ("CANCELLED", "TRANSPARENT")
    assert "DESCRIPTION" not in window
    assert plain(window, "DTSTAMP") == datetime(2027, 3, 10, tzinfo=UTC)


def test_a_day_across_the_change_to_summer_time_has_23_hours() -> None:
    text = written("1280", "Malmö", TODAY, (MEETING,))
    _, (meeting,) = read(text)
    starts, ends = plain(meeting, "DTSTART"), plain(meeting, "DTEND")

    assert b"DTSTART;TZID=Europe/Stockholm:20270327T180000\r\n" in text
    assert ends.astimezone(UTC) - starts.astimezone(UTC) == timedelta(hours=23)
    assert starts.astimezone(UTC) == datetime(2027, 3, 27, 17, tzinfo=UTC)


def test_the_rule_of_the_clocks_is_that_of_the_time_zone_database() -> None:
    calendar, _ = read(written("1280", "Malmö", TODAY, ()))
    (zone,) = calendar.walk("VTIMEZONE")
    assert isinstance(zone, Timezone)
    told = zone.to_tz(lookup_tzid=False)

    for year in range(2015, 2038):
        for month in (3, 10):
            for day in range(24, 32):
                for hour in (0, 1, 4, 12):
                    local = datetime(year, month, day, hour)  # noqa: DTZ001 - the zones follow
                    expected = local.replace(tzinfo=STOCKHOLM).utcoffset()
                    assert local.replace(tzinfo=told).utcoffset() == expected, local


def test_lines_are_folded_at_75_bytes_and_end_with_cr_lf() -> None:
    long = MEETING._replace(title="Å" * 200)
    text = written("1280", "Ö" * 100, TODAY, (long,))

    assert text.endswith(b"END:VCALENDAR\r\n")
    assert max(len(line) for line in text.split(b"\r\n")) <= 75
    assert text.count(b"\n") == text.count(b"\r\n")
    assert str(read(text)[1][0]["SUMMARY"]) == "Å" * 200


def test_the_same_is_written_the_same() -> None:
    texts = {written("1280", "Malmö", TODAY, (MEETING,)) for _ in range(2)}
    written.cache_clear()
    assert texts == {written("1280", "Malmö", TODAY, (MEETING,))}
    assert texts != {written("1280", "Malmö", TODAY, (WINDOW,))}


def test_nobody_can_write_a_line_of_their_own_into_it() -> None:
    evil = MEETING._replace(title="Möte\r\nATTENDEE:mailto:x\r\nEND:VEVENT", about="a\nb\rc")
    _, (meeting,) = read(written("1280", "Malmö", TODAY, (evil,)))

    assert "ATTENDEE" not in meeting
    assert "ATTENDEE" in str(meeting["SUMMARY"])
