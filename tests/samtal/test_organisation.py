"""The reference file as an edition of the organisation."""

from pathlib import Path

import click
import pytest

from samtal import organisation, table

HEADER = "municipality_code,municipality_name,population,district_code,district_name\n"


def edition(folder: Path, rows: str) -> list[dict[str, object]]:
    path = folder / "units.csv"
    path.write_text(HEADER + rows, encoding="utf-8")
    units: list[dict[str, object]] = organisation.edition(table.read(path).rows())["units"]
    return units


def test_the_reference_file_is_a_whole_organisation() -> None:
    units = organisation.edition(table.read(organisation.REFERENCE).rows())["units"]
    kinds = [unit["kind"] for unit in units]
    assert [kinds.count(kind) for kind in ("party", "district", "branch")] == [1, 26, 290]
    assert units[0]["population"] == 10_587_710


def test_populations_are_summed_upwards(tmp_path: Path) -> None:
    units = edition(tmp_path, "0114,Väsby,10,a,A\n0115,Vallentuna,5,a,A\n1280,Malmö,7,b,B\n")
    found = {unit["code"]: (unit["parent"], unit["population"]) for unit in units}
    assert found["SE"] == (None, 22)
    assert found["a"] == ("SE", 15)
    assert found["0114"] == ("a", 10)


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("0114,Väsby,many,a,A", "Row 2 has no whole number"),
        ("0114,Väsby,10,,A", "Row 2 lacks a cell"),
        ("0114,Väsby,10,a,A\n0115,X,1,a,B", "Row 3 gives the district a another name"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, row: str, sentence: str) -> None:
    with pytest.raises(click.ClickException, match=sentence):
        edition(tmp_path, row)
