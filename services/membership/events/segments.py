"""What the segments of members are counted to be."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from infra.shape import UnitCode, between, words
from services.membership.events.fact import MembershipFact

SEGMENTS = (
    "young",
    "union_active",
    "union_official",
    "young_recruited",
    "union_active_recruited",
    "union_official_recruited",
)
LEAST_SHOWN = 5
"""A smaller count of people is a small cell, and told to nobody."""

Segment = Annotated[str, words(SEGMENTS)]


@dataclass(frozen=True)
class SegmentCounted(MembershipFact, subject="unit/{unit}"):
    """So many members of a district, or of the party, are of a segment on a day.

    Of the segments `…_recruited` are those who joined in that year. Told once a day, and only of
    what is no small cell.
    """

    unit: UnitCode
    on: date
    segment: Segment
    count: Annotated[int, between(LEAST_SHOWN)]
