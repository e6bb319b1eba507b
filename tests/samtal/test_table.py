"""CSV files as people have them."""

from pathlib import Path

import click
import pytest

from samtal import table


def write(folder: Path, content: bytes) -> table.Table:
    path = folder / "rows.csv"
    path.write_bytes(content)
    return table.read(path)


@pytest.mark.parametrize(
    "content",
    [
        "id,name\n1,Österåker\n".encode(),
        "\ufeffid,name\n1,Österåker\n".encode(),
        "id;name\r\n1;Österåker\r\n".encode("cp1252"),
        "\ufeffid\tname\n1\tÖsteråker".encode(),
        b'"id";"name"\r\n"1";"\xd6ster\xe5ker"\r\n\r\n;\r\n',
    ],
)
def test_every_dialect_gives_the_same_rows(tmp_path: Path, content: bytes) -> None:
    found = write(tmp_path, content)
    assert found.columns == ["id", "name"]
    assert [row.cells for row in found.rows()] == [{"id": "1", "name": "Österåker"}]


def test_a_quoted_cell_may_hold_newlines_and_delimiters(tmp_path: Path) -> None:
    found = write(tmp_path, b'id;note\n1;"one\ntwo; ""three"""\n2;x\n')
    rows = list(found.rows())
    assert [row.number for row in rows] == [2, 3]
    assert rows[0].cells == {"id": "1", "note": 'one\ntwo; "three"'}


def test_a_row_that_does_not_fit_the_header_is_kept_apart(tmp_path: Path) -> None:
    found = write(tmp_path, b"id,unit,count\n1,1280,2\n2,1280\n3,1280,4,5\n4,1280,6,,\n")
    rows = list(found.rows())
    assert [row.cells is None for row in rows] == [False, True, True, False]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "no header"),
        (b"id,id\n1,2\n", "id twice"),
        (b"id\n\x81\x8d\n", "neither UTF-8 nor Windows-1252"),
    ],
)
def test_an_unusable_file_is_one_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    with pytest.raises(click.ClickException, match=sentence):
        write(tmp_path, content)


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(click.ClickException, match="lacks the column unit"):
        write(tmp_path, b"id,name\n").require("id", "unit")
