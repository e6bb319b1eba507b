"""Days that cannot be, each refused with its field named; and ages."""

from datetime import date
from typing import Any

from infra import clock
from infra.errors import Invalid


def age(born: date, today: date) -> int:
    """In whole years."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def not_future(field: str, day: date | None, today: date) -> None:
    """Invalid when the day is to come."""
    if day is not None and day > today:
        raise Invalid("Not yet", {field: ["The day is in the future."]})


def check_told(told: dict[str, Any], today: date) -> None:
    """Invalid when a day of what somebody told, as far as it is there, is to come."""
    union = told.get("union")
    not_future("birth_date", told.get("birth_date"), today)
    if union is not None:
        not_future("union.consent_at", clock.day_of(union["consent_at"]), today)


def check_paid(paid_until: date | None, joined_on: date) -> None:
    """Invalid when the fee is paid for a time before the membership."""
    if paid_until is not None and paid_until < joined_on:
        raise Invalid("Too early", {"paid_until": ["Before the member joined."]})
