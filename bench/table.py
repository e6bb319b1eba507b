"""The results as one table: what was measured, what must be reached, whether it was."""

from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

WIDTH = 110


@dataclass(frozen=True)
class Row:
    """One line; `reached` is None where nothing must be."""

    what: str
    measured: str
    must: str = ""
    reached: bool | None = None


def rows(results: dict[str, Any]) -> list[Row]:
    """What the results say."""
    found = results["embedded"]
    latency = results["latency_ms"]
    fresh = results["make_run"]
    return [
        _within("make run from a bare clone, to the served board", fresh["first_seconds"], 180),
        _within("make run the second time", fresh["again_seconds"], 30),
        *(_post(line) for line in results["post"]),
        _under("Batch of 1,000, embedded: answered", found["answer_seconds"], 0.5),
        _under("Batch of 1,000, embedded: on the board at all levels", found["board_seconds"], 1.0),
        _memory("Four services embedded, after the batches", found["resident_mb"]),
        _memory("Four services embedded, after a demo", found["resident_after_demo_mb"]),
        Row("samtal run until ready, first time", f"{found['start_first_seconds']} s"),
        Row("samtal run until ready, again", f"{found['start_again_seconds']} s"),
        Row(
            f"201 to the number on the board, {latency['posts']} posts",
            f"p50 {latency['p50']} ms, p99 {latency['p99']} ms",
        ),
        _growth("time", results["growth"]),
        _growth("processor_time", results["growth"]),
    ]


def show(lines: list[Row]) -> None:
    """Print the table."""
    table = Table("what", "measured", "must be", "reached")
    for line in lines:
        reached = {None: "", True: "yes", False: "NO"}[line.reached]
        table.add_row(line.what, line.measured, line.must, reached)
    Console(width=WIDTH).print(table)


def _post(line: dict[str, Any]) -> Row:
    ours, theirs = line["samtal"]["per_second"], line["fastapi"]["per_second"]
    return Row(
        f"POST /conversations, {line['concurrency']} at a time",
        f"{line['ratio']:.2f} × FastAPI ({ours:.0f} and {theirs:.0f} a second)",
        "at least 1 ×",
        line["ratio"] >= 1,
    )


def _growth(of: str, found: dict[str, Any], limit: float = 1.2) -> Row:
    behind, cost = found["behind"], found[of]
    return Row(
        f"An event's {of.replace('_', ' ')}, {behind['many']:,} events behind it",
        f"{cost['ratio']:.2f} × behind {behind['few']:,} ({cost['many']} and {cost['few']} µs)",
        f"at most {limit:g} ×",
        cost["ratio"] <= limit,
    )


def _under(what: str, spread: dict[str, float], limit: float) -> Row:
    measured = f"median {spread['p50']:.2f} s, at most {spread['max']:.2f} s"
    return Row(what, measured, f"under {limit:g} s", spread["max"] < limit)


def _within(what: str, seconds: float, limit: int) -> Row:
    return Row(what, f"{seconds:.0f} s", f"under {limit} s", seconds < limit)


def _memory(what: str, megabytes: float, limit: int = 250) -> Row:
    return Row(what, f"{megabytes:.0f} MB", f"under {limit} MB", megabytes < limit)
