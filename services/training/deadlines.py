"""What a join entitles to, and until which day; plain dates in, plain dates out."""

from datetime import date

from infra.clock import add_months

INTRODUCTION = "digital_introduction"
EDUCATION = "member_education"
LEADERS = "leader_education"
"""Owed to who holds an elected post; the programme sets no deadline."""

INTRODUCTION_MONTHS = 1
EDUCATION_MONTHS = 6


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
