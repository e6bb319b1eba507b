"""What a join entitles to, and until which day; plain dates in, plain dates out."""

from calendar import monthrange
from datetime import date

INTRODUCTION = "digital_introduction"
EDUCATION = "member_education"
INTRODUCTION_MONTHS = 1
EDUCATION_MONTHS = 6


def add_months(day: date, months: int) -> date:
    """The same day `months` later, or the last of that month where it has no such day."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def deadlines(joined_on: date, *, imported: bool, known_on: date) -> dict[str, date]:
    """The kinds that a join opens, each with its last day.

    `known_on` is the day on which the join became known. Whoever was imported is no new member,
    so gets no introduction; where six months have gone by already, education runs from that day.
    """
    education = add_months(joined_on, EDUCATION_MONTHS)
    if not imported:
        return {INTRODUCTION: add_months(joined_on, INTRODUCTION_MONTHS), EDUCATION: education}
    if education < known_on:
        education = add_months(known_on, EDUCATION_MONTHS)
    return {EDUCATION: education}
