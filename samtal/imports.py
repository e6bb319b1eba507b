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
KEYS = ("id", "personal_number")
"""By either, membership knows a member again."""

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
@click.option("--first", is_flag=True, help="Only where there is no organisation yet.")
def units(file: Path, first: bool) -> None:
    """Load an edition of the organisation, whole or not at all."""
    client = Client(config.load(), ["membership:read", "membership:write"])
    if first and client.get("membership", "/units", limit=1)["items"]:
        click.echo("There is an organisation already; nothing is loaded.")
        return
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
    if not set(found.columns) & {*KEYS}:
        raise click.ClickException(f"{file.name} lacks the column id (or personal_number).")
    _import(Target(client, "membership", "/members", KEYS), found, rejects)


@command.command("conversations")
@click.argument("file", type=CSV_FILE)
@REJECTS
def conversations(file: Path, rejects: Path | None) -> None:
    """Import conversations; each row has an id."""
    client = Client(config.load(), ["campaign:read", "campaign:write"])
    found = table.read(file)
    found.require("id")
    _import(Target(client, "campaign", "/conversations"), found, rejects)


@dataclass(frozen=True)
class Target:
    """Where rows go, and by which of their fields the service knows one again."""

    client: Client
    service: str
    path: str
    keys: tuple[str, ...] = ("id",)

    def shape(self) -> Shape:
        """The fields that the service takes."""
        return Shape(self.client.get(self.service, "/openapi.json"), self.path)

    def check(self, body: dict[str, Any]) -> None:
        """Invalid when nothing in the body tells the row from others."""
        if all(body.get(key) is None for key in self.keys):
            raise Invalid("No id", {"id": ["Missing."]})

    def send(self, bodies: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The answers, one a body, in order."""
        answer = self.client.post(self.service, f"{self.path}/batch", {"items": bodies})
        results: list[dict[str, Any]] = answer["results"]
        return results


@dataclass(frozen=True)
class Item:
    """A row on its way: the body to send, or why there is none."""

    row: int
    row_id: str
    body: dict[str, Any]
    why_not: str = ""


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

    def note(self, items: list[Item], results: list[dict[str, Any]]) -> None:
        """Take a batch's answers, those of the items that were sent, in order."""
        answers = iter(results)
        for item in items:
            result: dict[str, Any] = {"status": "rejected"} if item.why_not else next(answers)
            self.counts[result["status"]] += 1
            if result["status"] == "rejected":
                self._refuse(item, item.why_not or reason("refused", result.get("errors") or {}))

    def summary(self) -> str:
        """One line."""
        return ", ".join(f"{n} {name}" for name, n in self.counts.items())

    def _refuse(self, item: Item, why: str) -> None:
        if self.rejects is not None:
            csv.writer(self.rejects).writerow((item.row, why, item.row_id))
        elif self.counts["rejected"] <= SHOWN:
            click.echo(f"row {item.row}: {why}", err=True)


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
        for batch in _batches(_item(target, shape, row) for row in found.rows()):
            bodies = [item.body for item in batch if not item.why_not]
            try:
                results = target.send(bodies) if bodies else []
            except Unreachable as error:
                raise click.ClickException(
                    f"{error.message}. Rows up to {done} are answered; import the file again "
                    "to go on."
                ) from error
            report.note(batch, results)
            done = batch[-1].row
            bars.update(task, completed=done - 1)


def _item(target: Target, shape: Shape, row: Row) -> Item:
    if row.cells is None:
        return Item(row.number, "", {}, "The row has not as many cells as the header.")
    try:
        body = shape.body(row.cells)
        target.check(body)
    except Invalid as problem:
        why = reason(problem.detail, problem.errors)
        return Item(row.number, row.cells.get("id", ""), {}, why)
    return Item(row.number, str(body.get("id", "")), body)


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    """At most a thousand rows and four megabytes each."""
    batch: list[Item] = []
    size = 0
    for item in items:
        length = len(orjson.dumps(item.body))
        if batch and (len(batch) == BATCH or size + length > LARGEST_BATCH):
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += length
    if batch:
        yield batch
