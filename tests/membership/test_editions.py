"""An edition is read from a file, and refused whole when anything about it is wrong."""

from collections import Counter
from typing import Any

import pytest

from infra.database import Database
from infra.errors import Invalid
from infra.units import load
from services.membership import editions, units
from services.membership.editions import check, read_csv, reference
from tests.membership.given import Row, published, small_edition, unit

HEADER = "municipality_code,municipality_name,county_code,population,district_code,district_name\n"
GOOD = "0001,By,01,1,norr,Norr"


def wrong_with(edition: list[Row], *, national: bool = False) -> dict[str, list[str]]:
    """What `check` says of the edition."""
    with pytest.raises(Invalid) as refused:
        check(edition, national=national)
    return refused.value.errors


def test_the_reference_file_is_a_national_edition_with_sums() -> None:
    found = reference()

    check(found, national=True)
    by_code = {row["code"]: row for row in found}
    assert Counter(row["kind"] for row in found) == {"party": 1, "district": 26, "branch": 290}
    assert by_code["SE"]["population"] == 10_587_710
    assert by_code["0114"] == {
        "code": "0114",
        "name": "Upplands Väsby",
        "kind": "branch",
        "parent": "stockholms-lan",
        "population": 50323,
    }
    skane = [row["population"] for row in found if row["parent"] == "skane"]
    assert by_code["skane"]["population"] == sum(skane)


def test_a_file_with_a_byte_order_mark_and_other_line_ends_is_read() -> None:
    text = "\ufeff" + HEADER.replace("\n", "\r\n") + '0001,"Byn, norr",01,7,norr,Norr\r\n'

    assert [row["name"] for row in read_csv(text)] == ["Partiet", "Norr", "Byn, norr"]


@pytest.mark.parametrize(
    ("lines", "column", "message"),
    [
        (["0001,By,01,many,norr,Norr"], "population", "Line 2: not a whole number"),
        (["0001,By,01,-1,norr,Norr"], "population", "Line 2: not a whole number"),
        ([f"0001,By,01,{'9' * 5000},norr,Norr"], "population", "Line 2: not a whole number"),
        ([GOOD, "0002,,01,1,norr,Norr"], "municipality_name", "Line 3: empty."),
        (["0001,By,01,1"], "district_code", "Line 2: empty."),
        ([GOOD + ",x"], "file", "Line 2: more cells than columns."),
        ([GOOD, "0002,B,01,1,norr,N"], "district_name", "Line 3: the district has two names."),
        (["x" * 200_000], "file", "Line 2: cannot be read as CSV."),
    ],
)
def test_a_file_that_cannot_be_read_says_where(lines: list[str], column: str, message: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_csv(HEADER + "\n".join(lines))

    (found,) = refused.value.errors[column]
    assert found.startswith(message)


def test_a_file_without_a_column_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        read_csv(HEADER.replace("population", "people") + GOOD)

    assert refused.value.errors == {"population": ["Line 1: the column is missing."]}


def test_an_edition_of_every_kind_of_unit_is_right() -> None:
    check([*small_edition(), unit("0001-ssu", "club", "0001")], national=False)


def test_without_a_root_or_with_two_it_is_refused() -> None:
    two = [*small_edition(), unit("NO", "party", None)]
    other = [unit("NO", "party", None)]

    for edition in (small_edition()[1:], two, other, []):
        assert "one root" in wrong_with(edition)["units"][0]


def test_a_district_without_a_parent_is_refused_as_a_second_root() -> None:
    edition = [*small_edition(), unit("vast", "district", None)]

    errors = wrong_with(edition)

    assert set(errors) == {"units", "units.8.parent"}


def test_an_orphan_is_refused() -> None:
    edition = [*small_edition(), unit("0009", "branch", "nowhere")]

    assert wrong_with(edition) == {"units.8.parent": ["There is no such unit in the edition."]}


def test_a_cycle_is_refused_and_every_unit_on_it_named() -> None:
    edition = [*small_edition(), unit("a", "branch", "b"), unit("b", "branch", "a")]
    edition.append(unit("own", "branch", "own"))

    assert set(wrong_with(edition)) == {f"units.{index}.parent" for index in (8, 9, 10)}


def test_a_cycle_of_five_thousand_is_found_without_delay() -> None:
    ring = [unit(f"c{index}", "branch", f"c{(index + 1) % 5000}") for index in range(5000)]

    errors = wrong_with(ring)

    assert errors["units.0.parent"] == ["The unit is below itself."]
    assert len(errors) == 5001


def test_a_code_that_is_there_twice_is_refused() -> None:
    edition = [*small_edition(), unit("0003", "branch", "norr")]

    assert set(wrong_with(edition)) == {"units.5.code", "units.8.code"}


@pytest.mark.parametrize(
    ("kind", "parent"),
    [
        ("district", "norr"),
        ("branch", "SE"),
        ("branch", "0001"),
        ("association", "norr"),
        ("association", "0001-by"),
        ("club", "ssu"),
        ("side_organisation", "norr"),
    ],
)
def test_a_parent_of_the_wrong_kind_is_refused(kind: str, parent: str) -> None:
    edition = [*small_edition(), unit("new", kind, parent)]

    assert "The parent must be" in wrong_with(edition)["units.8.parent"][0]


@pytest.mark.parametrize("without", ["skane", "1280"])
def test_a_national_edition_with_25_districts_or_289_branches_is_refused(without: str) -> None:
    edition = [row for row in reference() if row["code"] != without]

    errors = wrong_with(edition, national=True)

    assert "26 districts and 290 branches" in errors["units"][0]


def drop_a_district(edition: list[Row]) -> None:
    """25 districts, and the branches of one of them orphans."""
    edition[:] = [row for row in edition if row["code"] != "skane"]


def make_a_cycle(edition: list[Row]) -> None:
    """A district below its own branch."""
    next(row for row in edition if row["code"] == "skane")["parent"] = "1280"


def make_an_orphan(edition: list[Row]) -> None:
    """A branch below nothing that is known."""
    edition[-1]["parent"] = "nowhere"


def repeat_one(edition: list[Row]) -> None:
    """A code twice, and 291 branches."""
    edition.append(dict(edition[-1]))


def add_a_root(edition: list[Row]) -> None:
    """A second party."""
    edition.append(unit("NO", "party", None))


@pytest.mark.parametrize(
    "spoil", [drop_a_district, make_a_cycle, make_an_orphan, repeat_one, add_a_root]
)
def test_a_bad_edition_leaves_the_old_one_and_publishes_nothing(
    database: Database, spoil: Any
) -> None:
    edition = reference()
    edition[30]["name"] = "Renamed"
    spoil(edition)

    with pytest.raises(Invalid), database.writing() as session:
        units.load_edition(session, edition, national=True)

    with database.reading() as session:
        assert {node.code: node.name for node in load(session)} == {
            row["code"]: row["name"] for row in editions.reference()
        }
    assert published(database) == []
