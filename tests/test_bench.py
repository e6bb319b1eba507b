"""The measurements are run by hand: here it shows that they still fit the code they measure."""

import bench.__main__ as bench


def test_every_part_of_the_bench_can_be_loaded() -> None:
    assert len(bench.PARTS) > 10
