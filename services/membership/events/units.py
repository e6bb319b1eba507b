"""What happens to the organisation's units."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from infra.shape import UnitCode, Version, between, characters, words
from infra.units import KINDS
from services.membership.events.fact import MembershipFact

MOST_PEOPLE = 1_000_000_000

UnitName = Annotated[str, characters(1, 200, "Malmö")]
UnitKind = Annotated[str, words(KINDS)]
Population = Annotated[int, between(0, MOST_PEOPLE)]


@dataclass(frozen=True)
class UnitRegistered(MembershipFact, subject="unit/{code}"):
    """The organisation has a unit that it had not; `valid_from` is the day it begins."""

    code: UnitCode
    name: UnitName
    kind: UnitKind
    parent: UnitCode | None
    population: Population | None
    open: bool
    version: Version
    valid_from: date


@dataclass(frozen=True)
class UnitChanged(MembershipFact, subject="unit/{code}"):
    """A unit was renamed, moved, closed or opened; the fields say how it is from `valid_from`."""

    code: UnitCode
    name: UnitName
    kind: UnitKind
    parent: UnitCode | None
    population: Population | None
    open: bool
    version: Version
    valid_from: date
