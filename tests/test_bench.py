"""The bench is run by hand: here it shows that it can be loaded, and shows what it measures."""

import bench.__main__ as bench
from bench import table


def test_every_part_that_is_measured_is_shown() -> None:
    assert set(bench.PARTS) == set(table.PARTS)
