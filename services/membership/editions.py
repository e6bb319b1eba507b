"""Editions of the organisation: read from a file, and checked before anything is loaded."""

import csv
import io
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from infra.errors import Invalid
from infra.units import ROOT

REFERENCE = Path(__file__).parent / "data" / "organisation.csv"
PARTY_NAME = "Partiet"
DISTRICTS = 26
BRANCHES = 290
PARENT_KIND = {
    "party": None,
    "district": "party",
    "branch": "district",
    "association": "branch",
    "club": "branch",
    "side_organisation": "party",
}
COLUMNS = (
    "municipality_code",
    "municipality_name",
    "population",
    "district_code",
    "district_name",
)

Row = dict[str, Any]
Errors = dict[str, list[str]]


def reference() -> list[Row]:
    """The national edition that comes with Samtal."""
    return read_csv(REFERENCE.read_text(encoding="utf-8"))


def read_csv(text: str) -> list[Row]:
    """The units in a file with the columns of organisation.csv: the party, districts, branches.

    Each is `{code, name, kind, parent, population}`; a district's population, and the party's,
    is the sum of its branches'. Raises Invalid, naming columns and lines. Other columns are not
    read; whether the units make up an organisation is for `check` to say.
    """
    errors: Errors = defaultdict(list)
    branches = []
    districts: dict[str, Row] = {}
    for line, cells in _lines(text):
        for column, wrong in _wrong_cells(cells):
            errors[column].append(f"Line {line}: {wrong}")
        if errors:
            continue
        branch = _branch(cells)
        district = districts.setdefault(branch["parent"], _district(cells))
        if district["name"] != cells["district_name"]:
            errors["district_name"].append(f"Line {line}: the district has two names.")
        district["population"] += branch["population"]
        branches.append(branch)
    if errors:
        raise Invalid("The file is no edition of the organisation.", dict(errors))
    return [_party(districts.values()), *districts.values(), *branches]


def check(units: Sequence[Row], *, national: bool) -> None:
    """Invalid, naming all that is wrong, unless `units` make up one organisation.

    One root, the party with the code SE; no code twice, no orphan, no cycle, every parent of the
    kind that its child needs. A national edition has 26 districts and 290 branches.
    """
    errors: Errors = defaultdict(list)
    _check_whole(units, national, errors)
    by_code = {unit["code"]: unit for unit in units}
    times = Counter(unit["code"] for unit in units)
    cyclic = _cyclic({unit["code"]: unit["parent"] for unit in units})
    for index, unit in enumerate(units):
        if times[unit["code"]] > 1:
            errors[f"units.{index}.code"].append("The code is there twice.")
        wrong = _wrong_parent(unit, by_code, cyclic)
        if wrong is not None:
            errors[f"units.{index}.parent"].append(wrong)
    if errors:
        raise Invalid("The edition is refused whole.", dict(errors))


def _check_whole(units: Sequence[Row], national: bool, errors: Errors) -> None:
    roots = [unit for unit in units if unit["kind"] == "party" or unit["parent"] is None]
    if [(unit["code"], unit["kind"]) for unit in roots] != [(ROOT, "party")]:
        errors["units"].append(f"There must be one root: the party, with the code {ROOT}.")
    if not national:
        return
    kinds = Counter(unit["kind"] for unit in units)
    if (kinds["district"], kinds["branch"]) != (DISTRICTS, BRANCHES):
        errors["units"].append(
            f"A national edition has {DISTRICTS} districts and {BRANCHES} branches; "
            f"here are {kinds['district']} and {kinds['branch']}."
        )


def _wrong_parent(unit: Row, by_code: dict[str, Row], cyclic: set[str]) -> str | None:
    wanted = PARENT_KIND[unit["kind"]]
    if unit["code"] in cyclic:
        return "The unit is below itself."
    if unit["parent"] is None:
        return None if wanted is None else "The unit needs a parent."
    if wanted is None:
        return "The party has no parent."
    parent = by_code.get(unit["parent"])
    if parent is None:
        return "There is no such unit in the edition."
    return None if parent["kind"] == wanted else f"The parent must be a {wanted}."


def _cyclic(parents: dict[str, str | None]) -> set[str]:
    """The codes that are their own ancestors."""
    found: set[str] = set()
    done: set[str] = set()
    for code in parents:
        climbed: dict[str, None] = {}
        at: str | None = code
        while at is not None and at in parents and at not in done and at not in climbed:
            climbed[at] = None
            at = parents[at]
        if at in climbed:
            path = list(climbed)
            found.update(path[path.index(at) :])
        done.update(climbed)
    return found


def _lines(text: str) -> Iterable[tuple[int, dict[str, Any]]]:
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    try:
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            errors = {name: ["Line 1: the column is missing."] for name in missing}
            raise Invalid("The file is no edition of the organisation.", errors)
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        at = {"file": [f"Line {reader.line_num + 1}: cannot be read as CSV."]}
        raise Invalid("The file is no edition of the organisation.", at) from error


def _wrong_cells(cells: dict[str, Any]) -> Iterable[tuple[str, str]]:
    if None in cells:
        yield "file", "more cells than columns."
    for column in COLUMNS:
        if not (cells[column] or "").strip():
            yield column, "empty."
    if not re.fullmatch("[0-9]{1,9}", cells["population"] or "0"):
        yield "population", "not a whole number of at most nine digits."


def _branch(cells: dict[str, Any]) -> Row:
    return {
        "code": cells["municipality_code"],
        "name": cells["municipality_name"],
        "kind": "branch",
        "parent": cells["district_code"],
        "population": int(cells["population"]),
    }


def _district(cells: dict[str, Any]) -> Row:
    return {
        "code": cells["district_code"],
        "name": cells["district_name"],
        "kind": "district",
        "parent": ROOT,
        "population": 0,
    }


def _party(districts: Iterable[Row]) -> Row:
    return {
        "code": ROOT,
        "name": PARTY_NAME,
        "kind": "party",
        "parent": None,
        "population": sum(district["population"] for district in districts),
    }
