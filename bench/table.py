"""The results as one table: what was measured, what must be reached, whether it was."""

from collections.abc import Callable, Iterator
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
    """What the results say, of every part that was measured."""
    return [row for part, make in PARTS.items() if part in results for row in make(results[part])]


def show(lines: list[Row]) -> None:
    """Print the table."""
    table = Table("what", "measured", "must be", "reached")
    for line in lines:
        reached = {None: "", True: "yes", False: "NO"}[line.reached]
        table.add_row(line.what, line.measured, line.must, reached)
    Console(width=WIDTH).print(table)


def _first_run(found: dict[str, Any]) -> Iterator[Row]:
    yield _within("make run from a bare clone, to the served board", found["first_seconds"], 180)
    yield _within("make run the second time", found["again_seconds"], 30)


def _embedded(found: dict[str, Any]) -> Iterator[Row]:
    yield _under("Batch of 1,000, embedded: answered", found["answer_seconds"], 0.5)
    yield _under("Batch of 1,000, embedded: on the board at all levels", found["board_seconds"], 1)
    yield _memory("Four services embedded, after the batches", found["resident_mb"])
    yield _memory("Four services embedded, after a demo", found["resident_after_demo_mb"])
    yield Row("samtal run until ready, first time", f"{found['start_first_seconds']} s")
    yield Row("samtal run until ready, again", f"{found['start_again_seconds']} s")


def _flow(found: dict[str, Any]) -> Iterator[Row]:
    latency, reads = found["latency_ms"], found["reads_ms"]
    yield _times(f"201 to the board at {latency['rate']} a second", latency, 500, 60)
    bare = latency["bare"]
    yield Row(
        "… beside pika, publish to consume",
        f"{latency['times_bare']:g} × (p50 {bare['p50']:g} ms, p99 {bare['p99']:g} ms)",
    )
    what = f"GET /goals?unit=SE, {reads['a_second']} a second, {reads['events_a_second']} events/s"
    yield _times(what, reads, 20)


def _posts(found: dict[str, Any]) -> Iterator[Row]:
    for line in found["single"]:
        ratio, rates = line["ratio"], [line[name]["per_second"] for name in ("samtal", "fastapi")]
        yield Row(
            f"POST /conversations, {line['concurrency']} at a time",
            f"{ratio['fastapi']:.2f} × FastAPI ({rates[0]:.0f} and {rates[1]:.0f} a second)",
            "at least 1 ×",
            ratio["fastapi"] >= 1,
        )
        yield Row("… beside a monolith", f"{ratio['monolith']:.2f} × counting in the transaction")
    batch = found["batch"]
    what = f"A batch of {batch['items']} beside one by one"
    measured = f"{batch['ratio']} × ({batch['per_second']:,} a second)"
    yield Row(what, measured, "at least 10 ×", batch["ratio"] >= 10)


def _drained(found: dict[str, Any]) -> Iterator[Row]:
    wanted = {"nameko": 25, "faststream": 25, "pika_reading": 0.5, "celery": None}
    yield from _beside("100,000 waiting into the counters", found, wanted)


def _published(found: dict[str, Any]) -> Iterator[Row]:
    yield from _beside("Outbox to a queue", found, {"nameko": 10, "py_amqp": 0.5})


def _beside(what: str, found: dict[str, Any], wanted: dict[str, Any]) -> Iterator[Row]:
    ours = found["per_second"]["samtal"]
    for name, least in wanted.items():
        ratio, theirs = found["samtal_is"][name], found["per_second"][name]
        measured = f"{ratio:g} × {name} ({ours:,.0f} and {theirs:,.0f} a second)"
        reached = None if least is None else ratio >= least
        yield Row(what, measured, f"at least {least:g} ×" if least else "", reached)


def _imported(found: dict[str, Any]) -> Iterator[Row]:
    what = f"samtal import members, {found['members']:,} rows"
    yield _within(what, found["seconds"], 180)
    yield _within("… until the board shows them", found["on_the_board_seconds"], 180)
    yield Row("… the same file again", f"{found['again_seconds']:.0f} s")


def _election(found: dict[str, Any]) -> Iterator[Row]:
    what = f"{found['conversations']:,} conversations, {found['joins']:,} joins: counters"
    wrong = len(found["wrong"])
    yield Row(what, f"{wrong} wrong, after {found['counted_seconds']:.0f} s", "0 wrong", not wrong)
    for name, resident in found["resident_mb"].items():
        measured = f"{resident['quarter']:g}, {resident['half']:g}, {resident['end']:g} MB"
        what = f"… memory of {name} at a quarter, half, the end"
        yield Row(what, measured, "at most 200 MB", resident["most"] <= 200)


def _grown(found: dict[str, Any]) -> Iterator[Row]:
    yield _growth("time", found)
    yield _growth("processor_time", found)


def _members(found: dict[str, Any]) -> Iterator[Row]:
    for path, times in found["lists_ms"].items():
        yield _times(f"GET {path}, {found['members']:,} members", times, 50)
    for path, times in found["others_ms"].items():
        yield Row(f"GET {path}", f"p50 {times['p50']:g} ms, p99 {times['p99']:g} ms")
    for line in found["joins"]:
        ratio, rates = line["ratio"]["campaign"], (line["samtal"], line["campaign"])
        joins, reports = (f"{rate['per_second']:.0f}" for rate in rates)
        yield Row(
            f"POST /members, {line['concurrency']} at a time",
            f"{ratio:.2f} × POST /conversations ({joins} and {reports} a second)",
            "at least 1 ×",
            ratio >= 1,
        )


def _growth(of: str, found: dict[str, Any], limit: float = 1.2) -> Row:
    behind, cost = found["behind"], found[of]
    return Row(
        f"An event's {of.replace('_', ' ')}, {behind['many']:,} events behind it",
        f"{cost['ratio']:.2f} × behind {behind['few']:,} ({cost['many']} and {cost['few']} µs)",
        f"at most {limit:g} ×",
        cost["ratio"] <= limit,
    )


def _segments(found: dict[str, Any]) -> Iterator[Row]:
    what = f"GET /segments?unit=SE, {found['members']:,} members"
    yield _times(what, found["read_ms"], 200)
    seconds, processor = found["count_seconds"], found["count_processor_seconds"]
    measured = f"{seconds:g} s with the start, {processor:g} s of a processor"
    yield Row("… counted once a day", measured, "under 120 s", processor < 120)
    beside = found["beside_ms"]
    yield Row("… GET /units/1280 meanwhile", f"p50 {beside['p50']:g} ms, p99 {beside['p99']:g} ms")


def _deadlines(found: dict[str, Any]) -> Iterator[Row]:
    told, worst = found.get("told_on_a_day"), found.get("worst_run_seconds", found["run_seconds"])
    if told is not None:
        what = f"A day's run over {found['obligations']:,} obligations: {told:,} told"
        yield Row(what, f"{found['run_seconds']:g} s", "at most 10 s", found["run_seconds"] <= 10)
    yield Row("… all of them overdue at once", f"{worst:g} s", "at most 10 s", worst <= 10)
    yield _times("… small reads meanwhile", found["beside_ms"], 100)
    yield _times("GET /obligations?unit=SE&status=overdue", found["list_ms"], 50)


def _burst(found: dict[str, Any]) -> Iterator[Row]:
    lost = found["reports"] - min(found["answered"], found["stored"])
    what = f"{found['reports']:,} reports of all branches in {found['sent_seconds']:.0f} s: lost"
    yield Row(what, str(lost), "0", not lost)
    seconds = found["board_seconds"]
    what = "… the board current after the last answer"
    yield Row(what, f"{seconds:g} s", "at most 5 s", seconds <= 5)
    times = found["answer_ms"]
    yield Row("… a batch answered", f"p50 {times['p50']:g} ms, p99 {times['p99']:g} ms")


def _raced(found: dict[str, Any]) -> Iterator[Row]:
    areas, crowd = found["areas"], found["crowd"]
    for mode in ("real", "embedded"):
        won, times = found[mode]["one_got_it"], found[mode]["answer_ms"]
        what = f"{crowd} at once for one area, {areas} times, {mode}: one got it"
        yield Row(what, f"{won} times", f"{areas} times", won == areas)
        yield Row("… answered", f"p50 {times['p50']:g} ms, p99 {times['p99']:g} ms")


def _doors(found: dict[str, Any]) -> Iterator[Row]:
    what = (
        f"GET /areas/{{id}}/next, {found['households']:,} households, {found['a_second']} a second"
    )
    yield _times(what, found["next_ms"], 30)
    yield _times(f"… of an area of {found['largest']:,}", found["largest_ms"], 30)


def _under(what: str, spread: dict[str, float], limit: float) -> Row:
    measured = f"median {spread['p50']:.2f} s, at most {spread['max']:.2f} s"
    return Row(what, measured, f"under {limit:g} s", spread["max"] < limit)


def _times(what: str, found: dict[str, Any], p99: float, p50: float | None = None) -> Row:
    measured = f"p50 {found['p50']:g} ms, p99 {found['p99']:g} ms"
    must = (f"p50 {p50:g}, " if p50 else "") + f"p99 {p99:g} ms"
    return Row(what, measured, must, found["p99"] <= p99 and (p50 is None or found["p50"] <= p50))


def _within(what: str, seconds: float, limit: int) -> Row:
    return Row(what, f"{seconds:.0f} s", f"under {limit} s", seconds < limit)


def _memory(what: str, megabytes: float, limit: int = 250) -> Row:
    return Row(what, f"{megabytes:.0f} MB", f"under {limit} MB", megabytes < limit)


PARTS: dict[str, Callable[[dict[str, Any]], Iterator[Row]]] = {
    "make_run": _first_run,
    "embedded": _embedded,
    "flow": _flow,
    "post": _posts,
    "drain": _drained,
    "publishing": _published,
    "import": _imported,
    "election": _election,
    "growth": _grown,
    "members": _members,
    "segments": _segments,
    "deadlines": _deadlines,
    "burst": _burst,
    "areas_race": _raced,
    "doors": _doors,
}
