"""CSV out: RFC 4180 in UTF-8, in which no cell is a formula to whoever opens it."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from infra import clock

CONTENT_TYPE = "text/csv; charset=utf-8"

# A program may cut the line at another separator than we do: after each a cell may begin.
FORMULA = re.compile(r"((?:^|[,;|\t\r\n\"])\s*)([=+\-@\N{FULLWIDTH EQUALS SIGN}])")


def lines(rows: Iterable[Sequence[Any]]) -> bytes:
    """The rows as lines: None is an empty cell, an instant is in RFC 3339, a list is cut by `|`.

    Before what would begin a formula there is an apostrophe.
    """
    text = io.StringIO()
    csv.writer(text).writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return clock.rfc3339(value)
    if isinstance(value, list):
        value = "|".join(value)
    return FORMULA.sub(r"\1'\2", value) if isinstance(value, str) else value
