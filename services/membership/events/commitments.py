"""What happens to what units undertake."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from infra.shape import Shape, UnitCode
from services.membership.events.fact import MembershipFact

CommitmentKey = Annotated[
    str, Shape({"pattern": "^[a-z_]+[.][a-z_]+$", "examples": ["planning.open_activity"]})
]


@dataclass(frozen=True)
class CommitmentFulfilled(MembershipFact, subject="unit/{unit}"):
    """A unit has done what the reform programme has it undertake."""

    unit: UnitCode
    key: CommitmentKey
    fulfilled_on: date
