"""What is to be played: the figures of the programme at a scale, and over which days."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from random import Random
from uuid import UUID, uuid5

from samtal.demo.calendar import days_of, is_election_year

NAMESPACE = UUID("3d0c5e9a-2d0f-5c4b-9a6e-6a1f0a7c8e55")

MEMBERS = 95_000
JOINS = 9_237
LEAVES = 5_700
TRANSFERS = 950
CONVERSATIONS = 200_000
CONVERSATIONS_IN_AN_ELECTION_YEAR = 1_600_000

TARGETS = {"members_recruited": 10_000, "members_total": 100_000, "conversations": 200_000}
BASELINES = {"members_recruited": 9_237, "members_total": 95_000}


@dataclass(frozen=True)
class Branch:
    """A branch, and the units in which its facts count."""

    code: str
    path: tuple[str, ...]
    population: int


@dataclass(frozen=True)
class Plan:
    """One demo. The same plan gives the same facts with the same ids; a later `today` adds some.

    `imported_on` is the day on which the members of before were, or are, first imported.
    """

    scale: float
    seed: int
    first_year: int
    today: date
    imported_on: date
    branches: tuple[Branch, ...]

    @property
    def years(self) -> range:
        """The years that are played, this one included."""
        return range(self.first_year, self.today.year + 1)

    def days(self, year: int) -> list[date]:
        """The days of a year that have come."""
        return [day for day in days_of(year) if day <= self.today]

    def scaled(self, figure: int) -> int:
        """A figure of the programme at this demo's scale."""
        return max(1, round(figure * self.scale))

    def conversations(self, year: int) -> int:
        """How many conversations the whole year has."""
        election = is_election_year(year)
        return self.scaled(CONVERSATIONS_IN_AN_ELECTION_YEAR if election else CONVERSATIONS)

    def targets(self, year: int) -> dict[str, int]:
        """The programme's targets at scale; none for conversations in an election year."""
        return {
            key: self.scaled(figure)
            for key, figure in TARGETS.items()
            if not (key == "conversations" and is_election_year(year))
        }

    def baselines(self) -> dict[str, int]:
        """The programme's figures of before, at scale."""
        return {key: self.scaled(figure) for key, figure in BASELINES.items()}

    def id(self, kind: str, *parts: object) -> str:
        """The id of one fact, the same in every run."""
        return str(uuid5(NAMESPACE, ":".join(map(str, (self.scale, self.seed, kind, *parts)))))

    def random(self, *about: object) -> Random:
        """A source of chance of its own for a day or a thing."""
        return Random(":".join(map(str, (self.seed, *about))))

    def draw_branches(self, rng: Random, count: int) -> list[Branch]:
        """Branches by population."""
        weights = list(accumulate(branch.population for branch in self.branches))
        return rng.choices(self.branches, cum_weights=weights, k=count)


def played_days(plan: Plan) -> Iterator[tuple[int, date]]:
    """Every day that is played, with its index in its year."""
    for year in plan.years:
        yield from enumerate(plan.days(year))
