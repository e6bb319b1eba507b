"""The units furthest behind: behind their target, or without one behind their like."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from infra.units import Node, Tree
from services.metrics import goals, likes, series, targets
from services.metrics.programme import Goal, Kind
from services.metrics.series import MOVING
from services.metrics.targets import number

LEVELS = {"district": "district", "municipality": "branch"}
"""The kind of unit at each level that can be asked for."""

BEHIND = ("behind", "missed")


def weak_units(
    session: Session, tree: Tree, goal: Goal, query: Mapping[str, Any], year: int, today: date
) -> dict[str, Any]:
    """Those below `query["unit"]` that are behind, the furthest first, at most `query["limit"]`.

    On `query["level"]`, or one level down. `share_of_expected` orders them, for a ceiling the
    other way round. Raises Invalid, naming it, for an unknown unit, or a goal that is not counted
    day by day.
    """
    tree.check_known(query["unit"])
    series.check_counted(goal)
    nodes = _below(tree, query["unit"], query["level"])
    codes = [node.code for node in nodes]
    measures = goals.measures_of(session, codes, year, today)
    aims = targets.aims(session, tree, codes, year)
    answers = {code: goals.answer(goal, measures[code], aims, code, year, today) for code in codes}
    aimless = [node for node in nodes if answers[node.code]["target"] is None]
    expected = _by_their_like(session, tree, goal, aimless, year, today)
    rows = [_row(goal, node, answers[node.code], expected.get(node.code)) for node in nodes]
    behind = sorted((row for row in rows if row["behind_by"] is not None), key=_furthest)
    return {
        "goal": goal.key,
        "unit": query["unit"],
        "year": year,
        "units": behind[: query["limit"]],
    }


def _below(tree: Tree, unit: str, level: str | None) -> list[Node]:
    codes = tree.children(unit) if level is None else tree.subtree(unit)
    nodes = [tree.check_known(code) for code in codes if code != unit]
    return [
        node
        for node in nodes
        if node.open
        and node.kind != "side_organisation"
        and (level is None or node.kind == LEVELS[level])
    ]


def _by_their_like(
    session: Session, tree: Tree, goal: Goal, nodes: list[Node], year: int, today: date
) -> dict[str, float]:
    """What each unit would have, with its members, at the median of its size class."""
    if goal.kind not in MOVING:
        return {}
    found: dict[str, float] = {}
    for node in {node.kind: node for node in nodes}.values():
        for like in likes.likes(session, tree, goal, node, year, today):
            middle = likes.middle(like)
            if middle is not None:
                found |= {
                    code: round(middle * each.members / 1000, 2) for code, each in like.items()
                }
    return found


def _row(goal: Goal, node: Node, answer: dict[str, Any], like: float | None) -> dict[str, Any]:
    aimed = answer["target"] is not None
    value, expected = answer["value"], answer["expected"] if aimed else like
    share = round(value / expected, 4) if expected and value is not None else None
    behind_by = _behind_by(goal, value, expected)
    weak = answer["status"] in BEHIND if aimed else (behind_by or 0) > 0
    return {
        "unit": node.code,
        "name": node.name,
        "value": value,
        "target": answer["target"],
        "compared_with": "target" if aimed else "like",
        "expected": number(expected),
        "share_of_expected": share,
        "behind_by": behind_by if weak else None,
        "status": answer["status"],
    }


def _behind_by(goal: Goal, value: float | None, expected: float | None) -> float | None:
    """The part of what is expected that is missing, for a ceiling that is too much."""
    if value is None or expected is None:
        return None
    if expected <= 0:
        return float(goal.kind is Kind.CEILING and value > 0)
    missing = (expected - value) / expected
    return round(-missing if goal.kind is Kind.CEILING else missing, 4)


def _furthest(row: dict[str, Any]) -> tuple[float, str]:
    return -row["behind_by"], row["unit"]
