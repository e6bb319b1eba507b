"""Nothing that is shown tells of a few people, however it is added and subtracted."""

from collections import Counter
from datetime import date
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from infra.units import Node, Tree
from services.membership.small_cells import LEAST, Numbers, shown

Own = dict[str, Numbers]


def tree_of(parents: dict[str, str | None]) -> Tree:
    """A tree of these units, each with its parent."""
    return Tree(
        Node(code, code, "branch", parent, None, True, date(2000, 1, 1))
        for code, parent in parents.items()
    )


def summed(tree: Tree, own: Own) -> Own:
    """Of each unit with all below it."""
    width = len(next(iter(own.values())))
    found: dict[str, Numbers] = {}
    for at in own:
        below = [own[unit] for unit in tree.subtree(at)]
        found[at] = tuple(sum(each[i] for each in below) for i in range(width))
    return found


def seen(own: Own, parents: dict[str, str | None]) -> dict[str, int]:
    """What is shown."""
    tree = tree_of(parents)
    return shown(tree, summed(tree, own))


FLAT = {"SE": None, "a": "SE", "b": "SE", "c": "SE"}
DEEP = {"SE": None, "a": "SE", "b": "SE", "a1": "a", "a2": "a"}


def test_a_count_below_five_is_hidden_and_the_next_smallest_beside_it() -> None:
    own = {"SE": (0, 0), "a": (4, 50), "b": (9, 50), "c": (20, 50)}

    assert seen(own, FLAT) == {"SE": 33, "c": 20}


def test_nothing_is_hidden_where_nothing_is_small() -> None:
    own = {"SE": (0, 0), "a": (5, 50), "b": (9, 50), "c": (20, 50)}

    assert seen(own, FLAT) == {"SE": 34, "a": 5, "b": 9, "c": 20}


def test_two_small_ones_that_are_enough_together_hide_no_third() -> None:
    own = {"SE": (0, 0), "a": (4, 50), "b": (3, 50), "c": (20, 50)}

    assert seen(own, FLAT) == {"SE": 27, "c": 20}


def test_two_small_ones_that_are_few_together_hide_the_next() -> None:
    own = {"SE": (0, 0), "a": (2, 50), "b": (1, 50), "c": (20, 50)}

    assert seen(own, FLAT) == {"SE": 23}


def test_all_but_a_few_is_hidden_as_well() -> None:
    own = {"SE": (0, 0), "a": (10, 10), "b": (10, 30), "c": (20, 60)}

    assert seen(own, FLAT) == {"SE": 40, "c": 20}


def test_what_the_unit_itself_has_is_not_found_by_subtracting_its_children() -> None:
    own = {"SE": (0, 0), "b": (30, 99), "a": (2, 20), "a1": (8, 30), "a2": (9, 30)}

    assert seen(own, DEEP) == {"SE": 49, "b": 30, "a": 19, "a2": 9}


def test_a_hidden_unit_hides_all_below_it() -> None:
    own = {"SE": (0, 0), "b": (4, 30), "a": (0, 20), "a1": (8, 30), "a2": (9, 30)}

    assert seen(own, DEEP) == {"SE": 21}


def test_an_empty_unit_hides_nobody() -> None:
    own = {"SE": (0, 0), "a": (0, 0), "b": (9, 50), "c": (20, 50)}

    assert seen(own, FLAT) == {"SE": 29, "b": 9, "c": 20}


def test_of_nobody_nothing_is_shown() -> None:
    assert shown(tree_of(FLAT), {}) == {}


SIZES = st.integers(0, 14)
PAIRS = st.tuples(SIZES, SIZES).map(lambda pair: (min(pair), max(pair)))


@st.composite
def organisations(draw: st.DrawFn) -> tuple[dict[str, str | None], Own]:
    """Up to nine units in any shape, and how many each has itself."""
    parents: dict[str, str | None] = {"SE": None}
    for number in range(draw(st.integers(0, 8))):
        parents[f"u{number}"] = draw(st.sampled_from(sorted(parents)))
    return parents, {code: draw(PAIRS) for code in parents}


@given(organisations())
@settings(max_examples=300, deadline=None)
def test_no_adding_and_subtracting_of_what_is_shown_tells_of_a_few(
    organisation: tuple[dict[str, str | None], Own],
) -> None:
    parents, own = organisation
    tree = tree_of(parents)
    found = sorted(shown(tree, summed(tree, own)))[:7]
    for signs in product((-1, 0, 1), repeat=len(found)):
        times: Counter[str] = Counter()
        for sign, unit in zip(signs, found, strict=True):
            times.update(dict.fromkeys(tree.subtree(unit), sign))
        group = [unit for unit, each in times.items() if each]
        if group and all(times[unit] == 1 for unit in group):
            count, whole = (sum(own[unit][i] for unit in group) for i in (0, 1))
            assert (count, whole) == (0, 0) or (count >= LEAST and whole - count >= LEAST)
