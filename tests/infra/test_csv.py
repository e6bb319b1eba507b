"""CSV that is opened with whatever program: no cell of it is a formula."""

import csv
import io
from datetime import UTC, date, datetime
from typing import Any

import pytest

from infra.csv import lines


def read(rows: list[list[Any]], delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(lines(rows).decode(), newline=""), delimiter=delimiter))


def test_what_is_in_the_cells_is_read_again() -> None:
    text = 'a, "b"\nå'
    instant = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    row = [text, None, 12, date(2026, 1, 2), instant, ["skola", "vård"], []]
    expected = [text, "", "12", "2026-01-02", "2026-01-02T03:04:05.000000Z", "skola|vård", ""]
    assert read([row]) == [expected]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+46",
        "-2+3",
        "@SUM(A1)",
        " =1",
        "\t=1",
        "\r=1",
        "a;=1",
        "a,@b",
        "a\t-1",
        'a";=1',
        "a\n=1",
        "＝1",
    ],
)
def test_no_cell_begins_a_formula_wherever_the_line_is_cut(text: str, separator: str) -> None:
    for cell in read([["ett", text, 3]], separator)[0]:
        assert not cell.strip().startswith(("=", "+", "-", "@", "＝"))


@pytest.mark.parametrize("text", ["volontär-1280-17", "1+1=2", "a@torget", "Ängs-vägen"])
def test_other_texts_are_let_be(text: str) -> None:
    assert read([[text]]) == [[text]]
