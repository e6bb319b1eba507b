"""The calendar day of anything is the day in Europe/Stockholm; instants are UTC."""

from calendar import monthrange
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

STOCKHOLM = ZoneInfo("Europe/Stockholm")


def now() -> datetime:
    """The instant, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The day in Stockholm."""
    return day_of(now())


def day_of(instant: datetime) -> date:
    """The Stockholm day on which `instant` falls."""
    return instant.astimezone(STOCKHOLM).date()


def add_months(day: date, months: int) -> date:
    """The same day `months` later, or the last of that month where it has no such day."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def start_of(day: date) -> datetime:
    """An instant of `day`, in Stockholm and in UTC, that tells nothing more than the day."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def rfc3339(instant: datetime) -> str:
    """`instant` as RFC 3339 in UTC, to the microsecond."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
