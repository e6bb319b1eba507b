"""samtal import: the organisation, members and conversations from CSV files."""

import csv
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import click
import orjson

from infra import config
from infra.errors import Invalid
from samtal import organisation, table
from samtal.client import BATCH, Client, Unreachable, reason
from samtal.progress import progress
from samtal.shape import Shape
from samtal.table import Row, Table

LARGEST_BATCH = 4_000_000
"""Bytes; a service takes five million."""

SHOWN = 10
CSV_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
REJECTS = click.option(
    "--rejects",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="A CSV file for the refused rows: row, reason, id. The header is row 1.",
)


@click.group("import")
def command() -> None:
    """Import CSV files: commas or semicolons, UTF-8 or Windows-1252.

    Columns have the names of the fields in the HTTP bodies: nested ones dotted
    (union.organisation), lists separated by |. The same file again changes nothing.
    """


@command.command("units")
@click.argument("file", type=CSV_FILE)
def units(file: Path) -> None:
    """Load an edition of the organisation, whole or not at all."""
    client = Client(config.load(), ["membership:read", "membership:write"])
    answer = organisation.load(client, file)
    counts = ", ".join(f"{name} {n}" for name, n in answer.items() if isinstance(n, int))
    click.echo(f"The organisation is loaded from {file.name}. {counts}".strip())


@command.command("members")
@click.argument("file", type=CSV_FILE)
@REJECTS
def members(file: Path, rejects: Path | None) -> None:
    """Import members; each row has an id or a personal_number."""
    client = Client(config.load(), ["membership:read", "membership:write"])
    found = table.read(file)
    if not {"id", "personal_number"} & set(found.columns):
        raise click.ClickException(f"{file.name} lacks the column id (or personal_number).")
    _import(Target(client, "membership", "/members", ("id", "personal_number")), found, rejects)


@command.command("conversations")
@click.argument("file", type=CSV_FILE)
@REJECTS
def conversations(file: Path, rejects: Path | None) -> None:
    """Import conversations; each row has an id."""
    client = Client(config.load(), ["campaign:read", "campaign:write"])
    found = table.read(file)
    found.require("id")
    _import(Target(client, "campaign", "/conversations", ("id",)), found, rejects)


@dataclass(frozen=True)
class Target:
    """Where rows go; each must have one of `keys`, by which it is known when it comes again."""

    client: Client
    service: str
    path: str
    keys: tuple[str, ...]

    def shape(self) -> Shape:
        """The fields that the service takes."""
        return Shape(self.client.get(self.service, "/openapi.json"), self.path)

    def send(self, bodies: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The answers, one a body, in order."""
        answer = self.client.post(self.service, f"{self.path}/batch", {"items": bodies})
        results: list[dict[str, Any]] = answer["results"]
        return results


@dataclass
class Report:
    """What became of the rows so far."""

    rejects: TextIO | None
    counts: dict[str, int] = field(
        default_factory=lambda: {"created": 0, "exists": 0, "rejected": 0}
    )

    def __post_init__(self) -> None:
        if self.rejects is not None:
            csv.writer(self.rejects).writerow(("row", "reason", "id"))

    def refuse(self, row: int, why: str, row_id: str) -> None:
        """Keep a refused row for whoever must mend it."""
        self.counts["rejected"] += 1
        if self.rejects is not None:
            csv.writer(self.rejects).writerow((row, why, row_id))
        elif self.counts["rejected"] <= SHOWN:
            click.echo(f"row {row}: {why}", err=True)

    def answered(self, row: int, result: dict[str, Any], row_id: str) -> None:
        """Note a service's answer to one row."""
        if result["status"] == "rejected":
            self.refuse(row, reason("refused", result.get("errors") or {}), row_id)
        else:
            self.counts[result["status"]] += 1

    def summary(self) -> str:
        """One line."""
        return ", ".join(f"{n} {name}" for name, n in self.counts.items())


Ready = tuple[int, dict[str, Any]]


def _import(target: Target, found: Table, rejects: Path | None) -> None:
    shape = target.shape()
    unknown = [name for name in found.columns if name and name not in shape.kinds]
    if unknown:
        raise click.ClickException(
            f"{found.path.name} has a column that {target.service} does not know: "
            f"{', '.join(unknown)}."
        )
    with ExitStack() as stack:
        file = rejects and stack.enter_context(rejects.open("w", encoding="utf-8", newline=""))
        report = Report(file or None)
        _send_all(target, shape, found, report)
    click.echo(f"{found.path.name}: {report.summary()}")
    if report.counts["rejected"]:
        sys.exit(1)


def _send_all(target: Target, shape: Shape, found: Table, report: Report) -> None:
    with progress() as bars:
        task = bars.add_task(f"Importing {found.path.name}", total=max(found.lines - 1, 1))
        done = 1
        for batch in _batches(_ready(target, shape, found.rows(), report)):
            try:
                results = target.send([body for _, body in batch])
            except Unreachable as error:
                raise click.ClickException(
                    f"{error.message}. Rows up to {done} are answered; import the file again "
                    "to go on."
                ) from error
            for (number, body), result in zip(batch, results, strict=True):
                report.answered(number, result, str(body.get("id", "")))
            done = batch[-1][0]
            bars.update(task, completed=done - 1)


def _ready(target: Target, shape: Shape, rows: Iterable[Row], report: Report) -> Iterator[Ready]:
    """The rows that can be sent, as bodies; the others are refused here."""
    for row in rows:
        if row.cells is None:
            report.refuse(row.number, "The row has not as many cells as the header.", "")
            continue
        row_id = row.cells.get("id", "")
        if not any(row.cells.get(key) for key in target.keys):
            report.refuse(row.number, f"{' or '.join(target.keys)}: Missing.", row_id)
            continue
        try:
            yield row.number, shape.body(row.cells)
        except Invalid as problem:
            report.refuse(row.number, reason(problem.detail, problem.errors), row_id)


def _batches(rows: Iterable[Ready]) -> Iterator[list[Ready]]:
    """At most a thousand rows and four megabytes each."""
    batch: list[Ready] = []
    size = 0
    for row in rows:
        length = len(orjson.dumps(row[1]))
        if batch and (len(batch) == BATCH or size + length > LARGEST_BATCH):
            yield batch
            batch, size = [], 0
        batch.append(row)
        size += length
    if batch:
        yield batch
