"""Nothing that is shown tells how a few answered, however it is added and subtracted."""

from collections import Counter
from datetime import date
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from infra.units import Node, Tree
from services.campaign.small_cells import LEAST, Counts, Shown, shown

Own = dict[str, Counts]
Parents = dict[str, str | None]
FLAT: Parents = {"SE": None, "a": "SE", "b": "SE", "c": "SE"}


def tree_of(parents: Parents) -> Tree:
    """A tree of these units, each with its parent."""
    since = date(2000, 1, 1)
    return Tree(Node(code, code, "branch", up, None, True, since) for code, up in parents.items())


def summed(tree: Tree, own: Own) -> Own:
    """Of each unit with all below it, as far as anybody answered there."""
    sums = {
        at: tuple(map(sum, zip(*(own[unit] for unit in tree.subtree(at)), strict=True)))
        for at in own
    }
    return {at: each for at, each in sums.items() if any(each) or at == "SE"}


def seen(own: Own, parents: Parents = FLAT) -> dict[str, Shown]:
    """What is shown."""
    tree = tree_of(parents)
    return shown(tree, summed(tree, own))


def test_a_small_count_hides_its_unit_and_the_next_smallest_beside_it() -> None:
    own = {"SE": (0, 0), "a": (4, 20), "b": (9, 16), "c": (20, 30)}

    assert seen(own) == {"SE": (33, 66), "c": (20, 30)}


def test_nothing_is_hidden_where_nothing_is_small() -> None:
    own = {"SE": (0, 0), "a": (5, 20), "b": (9, 16), "c": (20, 30)}

    assert seen(own) == {"SE": (34, 66), "a": (5, 20), "b": (9, 16), "c": (20, 30)}


def test_an_option_that_few_chose_is_hidden_everywhere_and_the_next_smallest_beside_it() -> None:
    own = {"SE": (0, 0, 0), "a": (20, 6, 2), "b": (30, 7, 1), "c": (40, 8, 1)}

    hidden = {"a": (20, None, None), "b": (30, None, None), "c": (40, None, None)}
    assert seen(own) == {"SE": (90, None, None), **hidden}


def test_two_rare_options_that_are_no_few_together_hide_no_third() -> None:
    own = {"SE": (30, 20, 4, 3), "a": (0, 0, 0, 0), "b": (0, 0, 0, 0), "c": (0, 0, 0, 0)}

    assert seen(own) == {"SE": (30, 20, None, None)}


def test_what_a_unit_answered_itself_is_not_found_by_subtracting_its_children() -> None:
    own = {"SE": (2, 0), "a": (9, 20), "b": (8, 16), "c": (20, 30)}

    assert seen(own) == {"SE": (39, 66), "a": (9, 20), "c": (20, 30)}


def test_of_few_answers_and_of_none_nothing_is_shown() -> None:
    assert seen({"SE": (0, 0), "a": (4, 3), "b": (0, 0), "c": (0, 0)}) == {}
    assert shown(tree_of(FLAT), {"SE": (0, 0)}) == {}


@st.composite
def organisations(draw: st.DrawFn) -> tuple[Parents, Own]:
    """Up to seven units in any shape, and how many of each chose each option."""
    parents: Parents = {"SE": None}
    for number in range(draw(st.integers(0, 6))):
        parents[f"u{number}"] = draw(st.sampled_from(sorted(parents)))
    counts = st.tuples(*[st.integers(0, 14)] * draw(st.integers(2, 4)))
    return parents, {code: draw(counts) for code in parents}


@given(organisations())
@settings(max_examples=200, deadline=None)
def test_no_adding_and_subtracting_of_what_is_shown_tells_of_a_few(
    organisation: tuple[Parents, Own],
) -> None:
    parents, own = organisation
    tree = tree_of(parents)
    found = shown(tree, summed(tree, own))
    options = {o for row in found.values() for o, count in enumerate(row) if count is not None}
    width = len(own["SE"])
    hidden = set(range(width)) - options
    told = [{option} for option in options] + ([hidden] if hidden else [])
    for signs in product((-1, 0, 1), repeat=len(found)):
        times: Counter[str] = Counter()
        for sign, unit in zip(signs, sorted(found), strict=True):
            times.update(dict.fromkeys(tree.subtree(unit), sign))
        group = [unit for unit, each in times.items() if each]
        if all(times[unit] == 1 for unit in group) and any(any(own[unit]) for unit in group):
            for part in told:
                assert sum(own[unit][option] for unit in group for option in part) >= LEAST
