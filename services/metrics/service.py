"""Metrics: the goal counters, current at every level, and exactly right."""

from typing import Any

from nameko.extensions import DependencyProvider
from sqlalchemy.orm import Session

from infra import clock, http, units
from infra.errors import Forbidden, Invalid
from infra.event import Event
from infra.fields import UnitData
from infra.http import Created, route
from infra.identity import new_id
from infra.rpc import rpc
from infra.service import RebuildProvider, Service, subscribe
from infra.units import ROOT, Unit
from services.metrics import counters, facts, goals, obligations, placements, targets
from services.metrics.counters import DayCounter, YearCounter
from services.metrics.obligations import CountedObligation
from services.metrics.placements import Known, Placement
from services.metrics.schemas import (
    FIRST_YEAR,
    LAST_YEAR,
    BaselineAnswer,
    BaselineRequest,
    BoardAnswer,
    BreakdownAnswer,
    ConversationData,
    GoalsQuery,
    JoinedData,
    LeftData,
    MergedData,
    ObligationData,
    OneGoalAnswer,
    RebuildAnswer,
    RebuildRequest,
    TargetAnswer,
    TargetRequest,
    TargetsAnswer,
    TransferredData,
)
from services.metrics.targets import goal_named

RULES = {
    "membership.member_joined.v1": facts.member_joined,
    "membership.member_left.v1": facts.member_left,
    "membership.member_transferred.v1": facts.member_transferred,
    "membership.member_merged.v1": facts.member_merged,
    "campaign.conversation_logged.v1": facts.conversation_logged,
    "campaign.conversation_voided.v1": facts.conversation_voided,
}


COUNTED = (Unit, Placement, CountedObligation, DayCounter, YearCounter)
"""What the subscription writes, and a rebuild builds anew."""


class KnownPlacements(DependencyProvider):
    """`self.placements`: where units have stood, kept in memory between batches."""

    def setup(self) -> None:
        """Nothing is known before the first batch."""
        self._known = Known()

    def get_dependency(self, worker_ctx: Any) -> Known:
        """The places."""
        return self._known


class MetricsService(Service):
    """Routes, RPC and subscriptions of metrics."""

    name = "metrics"

    placements = KnownPlacements()
    # With the units known first, each fact is spread once.
    rebuilds = RebuildProvider(COUNTED, first="membership")

    @route("GET", "/goals", scope="metrics:read", query=GoalsQuery, answer=BoardAnswer)
    def board(self, query: dict[str, Any]) -> dict[str, Any]:
        """All goals of a unit in a year."""
        return self._board(query["unit"], query["year"])

    @rpc(scope="metrics:read")
    def get_goals(self, unit: Any = ROOT, year: Any = None) -> dict[str, Any]:
        """As GET /goals."""
        given = {"unit": unit, "year": None if year is None else str(year)}
        query = http.load(GoalsQuery(), {k: v for k, v in given.items() if v is not None})
        return self._board(query["unit"], query["year"])

    @route("GET", "/goals/<key>", scope="metrics:read", query=GoalsQuery, answer=OneGoalAnswer)
    def goal(self, key: str, query: dict[str, Any]) -> dict[str, Any]:
        """One goal of a unit in a year."""
        wanted = goal_named(key)
        board = self._board(query["unit"], query["year"])
        found = next(goal for goal in board.pop("goals") if goal["key"] == wanted.key)
        return {**board, **found}

    @route(
        "GET",
        "/goals/<key>/breakdown",
        scope="metrics:read",
        query=GoalsQuery,
        answer=BreakdownAnswer,
    )
    def breakdown(self, key: str, query: dict[str, Any]) -> dict[str, Any]:
        """One goal for the units one level down."""
        goal, today = goal_named(key), clock.today()
        with self.database.reading() as session:
            tree = self.units.tree(session)
            year = query["year"] or today.year
            return goals.breakdown(session, tree, goal, query["unit"], year, today)

    @route("GET", "/targets", scope="metrics:read", query=GoalsQuery, answer=TargetsAnswer)
    def list_targets(self, query: dict[str, Any]) -> dict[str, Any]:
        """Every goal's targets and baseline, for a unit and year."""
        year = query["year"] or clock.today().year
        with self.database.reading() as session:
            self.units.tree(session).check_known(query["unit"])
            found = targets.listed(session, query["unit"], year)
        return {"unit": query["unit"], "year": year, "items": found, "next": None}

    @route(
        "PUT",
        "/targets/<key>/<int:year>/<unit>",
        scope="metrics:targets",
        body=TargetRequest,
        answer=TargetAnswer,
    )
    def put_target(self, key: str, year: int, unit: str, body: dict[str, Any]) -> dict[str, Any]:
        """Set a unit's target, or with `local` the unit's own beside the given one."""
        goal = goal_named(key)
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise Invalid("No such year", {"year": [f"From {FIRST_YEAR} to {LAST_YEAR}."]})
        with self.database.writing() as session:
            self._check_unit(session, unit)
            return targets.put(
                session,
                goal,
                year,
                unit,
                body["target"],
                local=body["local"],
                by=self.caller.subject,
            )

    @route(
        "PUT",
        "/baselines/<key>",
        scope="metrics:targets",
        body=BaselineRequest,
        answer=BaselineAnswer,
    )
    def put_baseline(self, key: str, body: dict[str, Any]) -> dict[str, Any]:
        """Set what a goal stood at before, with the source of the figure."""
        goal = goal_named(key)
        with self.database.writing() as session:
            self._check_unit(session, body["unit"])
            return targets.put_baseline(
                session, goal, body["unit"], body["value"], body["source"], by=self.caller.subject
            )

    @route("GET", "/freshness", scope="metrics:read")
    def freshness(self) -> dict[str, Any]:
        """How far the counters are behind each service that they count."""
        report: dict[str, Any] = self.subscription.freshness().report()
        return report

    @route("POST", "/rebuild", scope="ops", body=RebuildRequest, answer=RebuildAnswer, creates=True)
    def begin_rebuild(self, body: dict[str, Any]) -> Created:
        """Build the counters anew from the feeds; a second rebuild while one runs is refused."""
        self._check_whole()
        return Created(*self.rebuilds.begin(body["id"] or new_id()))

    @route("GET", "/rebuild", scope="ops", answer=RebuildAnswer)
    def rebuild(self) -> dict[str, Any]:
        """How the last rebuild is, or ended."""
        self._check_whole()
        status: dict[str, Any] = self.rebuilds.status()
        return status

    @subscribe("membership.member_joined.v1", JoinedData)
    @subscribe("membership.member_left.v1", LeftData)
    @subscribe("membership.member_transferred.v1", TransferredData)
    @subscribe("membership.member_merged.v1", MergedData)
    @subscribe("campaign.conversation_logged.v1", ConversationData)
    @subscribe("campaign.conversation_voided.v1", ConversationData)
    def count(self, session: Session, events: list[Event]) -> None:
        """Add what happened to the counters, at every level."""
        increments = [increment for e in events for increment in RULES[e.type](e.data)]
        counters.add(session, self.placements.exact(session), increments)

    @subscribe("training.obligation_opened.v1", ObligationData)
    @subscribe("training.obligation_met.v1", ObligationData)
    @subscribe("training.obligation_overdue.v1", ObligationData)
    @subscribe("training.obligation_cancelled.v1", ObligationData)
    @subscribe("training.obligation_reopened.v1", ObligationData)
    @subscribe("training.obligation_moved.v1", ObligationData)
    def count_obligations(self, session: Session, events: list[Event]) -> None:
        """Keep the shares of obligations that were met on time."""
        increments = obligations.take(session, events)
        counters.add(session, self.placements.exact(session), increments)

    @subscribe("membership.unit_registered.v1", UnitData)
    @subscribe("membership.unit_changed.v1", UnitData)
    def place_units(self, session: Session, events: list[Event]) -> None:
        """Keep the copy of the organisation, and work out again what it changes."""
        units.copy(session, events)
        before = placements.load(session)
        moved = placements.record(session, events)
        counters.move(session, before, placements.load(session), moved)

    def _board(self, unit: str, year: int | None) -> dict[str, Any]:
        today = clock.today()
        with self.database.reading() as session:
            tree = self.units.tree(session)
            return goals.board(session, tree, unit, year or today.year, today)

    def _check_unit(self, session: Session, unit: str) -> None:
        tree = self.units.tree(session)
        self.caller.must_reach(tree, unit)
        tree.check_known(unit)

    def _check_whole(self) -> None:
        if self.caller.unit != ROOT:
            raise Forbidden("A rebuild needs a token for the whole organisation.")
