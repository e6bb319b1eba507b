"""CSV as people have it: with a BOM or without, commas or semicolons, UTF-8 or Windows-1252."""

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

ENCODINGS = ("utf-8-sig", "cp1252")
DELIMITERS = ",;\t"
CHUNK = 1 << 20
LONGEST_CELL = 1 << 20


@dataclass(frozen=True)
class Row:
    """One row; the header is row 1. `cells` is None when they do not fit the header."""

    number: int
    cells: dict[str, str] | None


@dataclass(frozen=True)
class Table:
    """A CSV file whose encoding and delimiter were found out; `lines` is a guess at its rows."""

    path: Path
    encoding: str
    delimiter: str
    columns: list[str]
    lines: int

    def rows(self) -> Iterator[Row]:
        """The rows in order, without those that are empty."""
        with self.path.open(encoding=self.encoding, newline="") as file:
            reader = csv.reader(file, delimiter=self.delimiter)
            next(reader)
            try:
                for number, cells in enumerate(reader, start=2):
                    if any(cell.strip() for cell in cells):
                        yield Row(number, self._named(cells))
            except csv.Error as error:
                raise click.ClickException(
                    f"{self.path.name} cannot be read on from line {reader.line_num}: {error}."
                ) from error

    def require(self, *columns: str) -> None:
        """A sentence for the user unless the file has all of `columns`."""
        missing = [column for column in columns if column not in self.columns]
        if missing:
            raise click.ClickException(f"{self.path.name} lacks the column {', '.join(missing)}.")

    def _named(self, cells: list[str]) -> dict[str, str] | None:
        if len(cells) < len(self.columns) or any(cells[len(self.columns) :]):
            return None
        return {name: cell.strip() for name, cell in zip(self.columns, cells, strict=False) if name}


def read(path: Path) -> Table:
    """Look at the file and find out how it is written."""
    csv.field_size_limit(LONGEST_CELL)
    encoding, lines = _encoding(path)
    with path.open(encoding=encoding, newline="") as file:
        delimiter = _delimiter(file.readline())
        file.seek(0)
        columns = [cell.strip() for cell in next(csv.reader(file, delimiter=delimiter), [])]
    if not any(columns):
        raise click.ClickException(f"{path.name} has no header row.")
    double = sorted({name for name in columns if name and columns.count(name) > 1})
    if double:
        raise click.ClickException(f"{path.name} has the column {', '.join(double)} twice.")
    return Table(path, encoding, delimiter, columns, lines)


def _encoding(path: Path) -> tuple[str, int]:
    """The first encoding that the whole file is valid in, and how many lines it has."""
    for encoding in ENCODINGS:
        decoder = codecs.getincrementaldecoder(encoding)()
        lines = 0
        try:
            with path.open("rb") as file:
                while chunk := file.read(CHUNK):
                    lines += decoder.decode(chunk).count("\n")
                decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding, lines
    raise click.ClickException(f"{path.name} is neither UTF-8 nor Windows-1252.")


def _delimiter(header: str) -> str:
    """The delimiter that cuts the header into most columns."""
    return max(
        DELIMITERS, key=lambda delimiter: len(next(csv.reader([header], delimiter=delimiter), []))
    )
