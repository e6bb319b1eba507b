"""Targets and baselines: the programme's own, and those that are set beside or instead."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Float, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import clock
from infra.database import Base, Instant, replace_all
from infra.errors import Invalid, NotFound
from infra.units import ROOT, Tree
from services.metrics import counters
from services.metrics.programme import GOALS, Goal, Kind, ceiling, own_target

MOST = 1_000_000_000


class Target(Base):
    """A target that was set: given to the unit, or (`local`) the unit's own."""

    __tablename__ = "target"

    goal: Mapped[str] = mapped_column(String(60), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    unit: Mapped[str] = mapped_column(String(64), primary_key=True)
    local: Mapped[bool] = mapped_column(primary_key=True)
    value: Mapped[float] = mapped_column(Float(53))
    set_by: Mapped[str] = mapped_column(String(200))
    set_at: Mapped[datetime] = mapped_column(Instant)


class Baseline(Base):
    """What a goal stood at before, with where the figure is from."""

    __tablename__ = "baseline"

    goal: Mapped[str] = mapped_column(String(60), primary_key=True)
    unit: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[float] = mapped_column(Float(53))
    source: Mapped[str] = mapped_column(String(200))
    set_by: Mapped[str] = mapped_column(String(200))
    set_at: Mapped[datetime] = mapped_column(Instant)


class Aims:
    """What some units are to reach in one year."""

    def __init__(
        self,
        tree: Tree,
        year: int,
        targets: Sequence[Target],
        baselines: Sequence[Baseline],
        before: Mapping[str, Mapping[tuple[str, int], int]],
    ) -> None:
        self._tree = tree
        self._year = year
        self._before = before
        # By unit and kind the open units of its subtree, once they have been asked for.
        self._kinds: dict[str, Counter[str]] = {}
        self._targets = {(t.goal, t.unit, t.local): t.value for t in targets}
        self._baselines = {(b.goal, b.unit): b.value for b in baselines}

    def target(self, goal: Goal, unit: str) -> float | None:
        """The target given to the unit, if there is one."""
        given = self._targets.get((goal.key, unit, False))
        if given is not None:
            return given
        if goal.everywhere is not None:
            return goal.everywhere
        if goal.kind is Kind.CEILING:
            baseline = self.baseline(goal, unit)
            return None if baseline is None else ceiling(baseline)
        if goal.levels:
            return self._open_units(goal, unit)
        if goal.rising:
            return self._before.get(goal.key, {}).get((unit, self._year - 1), 0)
        return own_target(goal, self._year) if unit == ROOT else None

    def local(self, goal: Goal, unit: str) -> float | None:
        """The unit's own goal beside the given one."""
        return self._targets.get((goal.key, unit, True))

    def baseline(self, goal: Goal, unit: str) -> float | None:
        """What the unit stood at before, if it is known."""
        found = self._baselines.get((goal.key, unit))
        return found if found is not None else goal.baseline if unit == ROOT else None

    def _open_units(self, goal: Goal, unit: str) -> int | None:
        """How many open units of these kinds, or of what each has, are in the subtree, if any."""
        if unit not in self._kinds:
            below = (self._tree.check_known(code) for code in self._tree.subtree(unit))
            self._kinds[unit] = Counter(node.kind for node in below if node.open)
        kinds = self._kinds[unit]
        return sum(kinds[kind] * (goal.each or {}).get(kind, 1) for kind in goal.levels) or None


def aims(session: Session, tree: Tree, units: Sequence[str], year: int) -> Aims:
    """The targets of `year` and the baselines of `units`."""
    return aims_by_year(session, tree, units, [year])[year]


def aims_by_year(
    session: Session, tree: Tree, units: Sequence[str], years: Sequence[int]
) -> dict[int, Aims]:
    """As `aims`, of each of these years, in as many reads as of one."""
    wanted = select(Target).where(Target.year.in_(years), Target.unit.in_(units))
    targets = session.scalars(wanted).all()
    baselines = session.scalars(select(Baseline).where(Baseline.unit.in_(units))).all()
    before = {
        goal.key: counters.year_sums(session, units, goal.measures, [year - 1 for year in years])
        for goal in GOALS.values()
        if goal.rising
    }
    return {
        year: Aims(tree, year, [t for t in targets if t.year == year], baselines, before)
        for year in years
    }


def listed(session: Session, tree: Tree, unit: str, year: int) -> list[dict[str, Any]]:
    """Every goal with what the unit is to reach in `year`, and what it stood at before."""
    found = aims(session, tree, [unit], year)
    return [
        {
            "key": goal.key,
            "target": number(found.target(goal, unit)),
            "local_target": number(found.local(goal, unit)),
            "baseline": number(found.baseline(goal, unit)),
        }
        for goal in GOALS.values()
    ]


def goal_named(key: str) -> Goal:
    """The goal; NotFound if there is none of that name."""
    if key not in GOALS:
        raise NotFound("There is no such goal.")
    return GOALS[key]


def put(
    session: Session, goal: Goal, year: int, unit: str, value: float, *, local: bool, by: str
) -> dict[str, Any]:
    """Set a target; the same again changes nothing that is seen.

    Raises Invalid for a share outside 0 to 1, or anything else that is no whole number.
    """
    _check(goal, value, "target")
    row = {
        "goal": goal.key,
        "year": year,
        "unit": unit,
        "local": local,
        "value": value,
        "set_by": by,
        "set_at": clock.now(),
    }
    replace_all(session, Target, [row], "value", "set_by", "set_at")
    return {"key": goal.key, "year": year, "unit": unit, "target": number(value), "local": local}


def put_baseline(
    session: Session, goal: Goal, unit: str, value: float, source: str, *, by: str
) -> dict[str, Any]:
    """Set what a goal stood at before, with its source."""
    _check(goal, value, "value")
    row = {
        "goal": goal.key,
        "unit": unit,
        "value": value,
        "source": source,
        "set_by": by,
        "set_at": clock.now(),
    }
    replace_all(session, Baseline, [row], "value", "source", "set_by", "set_at")
    return {"key": goal.key, "unit": unit, "value": number(value), "source": source}


def number(value: float | None) -> float | int | None:
    """A whole number as an int, so that it reads as one."""
    return int(value) if value is not None and float(value).is_integer() else value


def _check(goal: Goal, value: float, field: str) -> None:
    if goal.kind is Kind.SHARE:
        if not 0 <= value <= 1:
            raise Invalid("Out of range", {field: ["A share is a number from 0 to 1."]})
    elif not (0 <= value <= MOST and float(value).is_integer()):
        raise Invalid("Out of range", {field: [f"Must be a whole number from 0 to {MOST}."]})
