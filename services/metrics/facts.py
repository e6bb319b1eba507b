"""What each event adds to which measure: the rules that need no more than the event.

`recruited.<source>`, `left.<reason>` and `conversations.<arena>` are flows, `members` is a stock,
`conference` counts units present; `<kind>.due` and `<kind>.on_time` count obligations on the day
they are due. Of activities, which have versions: `activities.py`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from services.metrics.counters import Increment, undone

Data = Mapping[str, Any]


def member_joined(data: Data) -> Iterator[Increment]:
    """One member more; one recruited, unless the person left in that same year."""
    unit, day = data["unit"], data["joined_on"]
    yield Increment(unit, "members", day, 1)
    left = data["previous_left_on"]
    if left is None or left.year != day.year:
        yield Increment(unit, f"recruited.{data['source']}", day, 1)


def member_left(data: Data) -> Iterator[Increment]:
    """One member less, by its reason."""
    yield Increment(data["unit"], "members", data["left_on"], -1)
    yield Increment(data["unit"], f"left.{data['reason']}", data["left_on"], 1)


def member_transferred(data: Data) -> Iterator[Increment]:
    """Neither a join nor a leave: the member counts elsewhere from that day."""
    yield Increment(data["from_unit"], "members", data["on"], -1)
    yield Increment(data["to_unit"], "members", data["on"], 1)


def member_merged(data: Data) -> Iterator[Increment]:
    """What a membership added is taken back, where and when it was: it never was."""
    yield from undone(_membership(data))


def conversation_logged(data: Data) -> Iterator[Increment]:
    """As many conversations as were reported."""
    yield Increment(data["unit"], f"conversations.{data['arena']}", data["held_on"], data["count"])


def conversation_voided(data: Data) -> Iterator[Increment]:
    """They are taken back in the year in which they were reported to be held."""
    yield from undone(conversation_logged(data))


def conference_attended(data: Data) -> Iterator[Increment]:
    """One unit more that was at the year's conference."""
    yield Increment(data["unit"], "conference", data["held_on"], 1)


def _membership(data: Data) -> Iterator[Increment]:
    yield from member_joined(data)
    for transfer in data["transfers"]:
        yield from member_transferred(transfer)
    if data["left_on"] is not None:
        yield from member_left({**data, "unit": data["left_unit"]})
