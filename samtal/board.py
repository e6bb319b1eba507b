"""The goal board in the terminal."""

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

NAMES = {
    "members_recruited": "Members recruited",
    "members_total": "Members in all",
    "members_left": "Members who left",
    "conversations": "Conversations",
    "digital_introduction_offered": "Digital introduction offered",
    "member_education_offered": "Member education offered",
    "leader_education_offered": "Leader education offered",
    "local_activities": "Local activities",
    "welcome_officers": "Units with a welcome officer",
    "programme_officers": "With a programme officer",
    "union_leaders": "With a union leader",
    "conference_attendance": "At the yearly conference",
    "commitments_fulfilled": "Undertakings fulfilled",
}
CEILINGS = ("members_left",)
COLOURS = {"met": "green", "on_pace": "green", "behind": "yellow", "missed": "red"}
WIDTH = 20
NARROW_SPACE = "\N{NARROW NO-BREAK SPACE}"


def board(answer: Mapping[str, Any], note: str = "") -> RenderableType:
    """The goals of one unit and year as `GET /goals` answers them; `note` goes below."""
    table = Table(title=f"{answer['unit']} {answer['year']}, as of {answer['as_of']}")
    table.add_column("Goal", no_wrap=True)
    for name in ("Value", "Target"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("┃ is due by now", no_wrap=True)
    table.add_column("Status", no_wrap=True)
    table.add_column("Pace")
    for goal in answer["goals"]:
        table.add_row(*_row(goal))
    return Group(table, Text(note)) if note else table


def number(key: str, value: float | None) -> str:
    """A value as Swedes write it: `9 237`, and a share as `93,5 %`; `–` where there is none."""
    if value is None:
        return "–"
    if key.endswith("_offered"):
        return f"{value * 100:.1f}".replace(".", ",") + f"{NARROW_SPACE}%"
    text = f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 100 else f"{value:,.1f}"
    return text.replace(",", NARROW_SPACE).replace(".", ",")


def bar(value: float | None, target: float | None, expected: float | None) -> str:
    """How much of the target is reached, with a mark at what is expected by now."""
    if value is None or not target:
        return ""
    cells = ["█" if index < _cell(value, target) else "·" for index in range(WIDTH)]
    if expected is not None:
        cells[min(_cell(expected, target), WIDTH - 1)] = "┃"
    return "".join(cells)


def _row(goal: Mapping[str, Any]) -> tuple[RenderableType, ...]:
    key, status = goal["key"], goal["status"]
    value, target = goal["value"], goal["target"]
    colour = COLOURS.get(status, "dim")
    return (
        NAMES.get(key, key),
        number(key, value),
        number(key, target),
        Text(bar(value, target, goal.get("expected")), style=colour),
        Text(status.replace("_", " "), style=colour),
        _pace(goal),
    )


def _cell(value: float, target: float) -> int:
    return max(0, min(WIDTH, round(value / target * WIDTH)))


def _pace(goal: Mapping[str, Any]) -> str:
    key, gap, parts = goal["key"], goal.get("gap"), []
    if gap:
        behind = gap < 0 if key in CEILINGS else gap > 0
        parts.append(f"{number(key, abs(gap))} {'behind' if behind else 'ahead'}")
    if goal.get("rate_needed"):
        parts.append(f"needs {number(key, goal['rate_needed'])} a day")
    if goal.get("forecast") not in (None, goal["value"]):
        parts.append(f"heads for {number(key, goal['forecast'])}")
    return ", ".join(parts)
