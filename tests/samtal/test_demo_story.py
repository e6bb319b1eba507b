"""The demo's facts: the same again, only more on a later day, and adding up."""

from collections import Counter
from datetime import date

import pytest

from samtal.demo import courses
from samtal.demo.learning import EDUCATION, INTRODUCTION
from samtal.demo.story import Story, tell
from tests.samtal.demo_plan import plan

SUMMER, AUTUMN = date(2026, 7, 1), date(2026, 11, 23)


@pytest.fixture(scope="module")
def story() -> Story:
    return tell(plan())


def bodies(story: Story) -> dict[str, object]:
    """Every fact of a story by its id."""
    found: dict[str, object] = {m.id: m.body() for m in story.members}
    found |= {r.id: (r.body(), r.void_reason) for r in story.reports}
    found |= {m.id + ":moved": (m.moved_on, m.moved_to) for m in story.members if m.moved_on}
    found |= {m.id + ":left": (m.left_on, m.reason) for m in story.members if m.left_on}
    return found | {
        f"{owed.member.id}:{owed.kind}": (owed.due_on, owed.offered_on)
        for owed in story.owed
        if owed.offered_on
    }


def test_the_same_plan_tells_the_same_story(story: Story) -> None:
    assert bodies(tell(plan())) == bodies(story)


def test_another_seed_tells_another_story_with_other_ids(story: Story) -> None:
    assert not bodies(tell(plan(seed=2))).keys() & bodies(story).keys()


def test_a_later_day_only_adds_facts(story: Story) -> None:
    earlier = bodies(tell(plan(today=SUMMER, imported=SUMMER)))
    later = bodies(tell(plan(today=AUTUMN, imported=SUMMER)))
    assert len(later) > len(earlier)
    assert {key: later[key] for key in earlier} == earlier


def test_a_new_year_adds_to_the_years_that_were_played(story: Story) -> None:
    later = bodies(tell(plan(today=date(2027, 2, 1), imported=AUTUMN)))
    assert {key: later[key] for key in bodies(story)} == bodies(story)


def test_nothing_happens_in_the_future_or_in_the_wrong_order(story: Story) -> None:
    for member in story.members:
        days = [member.joined_on, member.moved_on, member.left_on]
        known = [day for day in days if day is not None]
        assert known == sorted(set(known)) or known[0] == known[1] == member.moved_on
        assert known[-1] <= AUTUMN
    assert max(report.held_on for report in story.reports) <= AUTUMN
    for owed in story.owed:
        if owed.offered_on is not None:
            assert owed.member.joined_on < owed.offered_on <= AUTUMN
            assert owed.member.left_on is None or owed.offered_on < owed.member.left_on


def test_the_figures_are_the_programmes_at_scale(story: Story) -> None:
    assert sum(member.imported for member in story.members) == 950
    by_year = Counter(m.joined_on.year for m in story.members if not m.imported)
    assert by_year[2025] == 92
    assert sum(r.count for r in story.reports if r.held_on.year == 2025) == 2_000
    assert 15_000 < sum(r.count for r in story.reports if r.held_on.year == 2026) < 16_000
    assert all(1 <= report.count <= 40 for report in story.reports)
    mean = sum(report.count for report in story.reports) / len(story.reports)
    assert 7 < mean < 9


def test_members_are_spread_by_population(story: Story) -> None:
    by_branch = Counter(m.branch.code for m in story.members if m.imported)
    assert by_branch == {"1280": 475, "1281": 95, "2584": 380}


def test_facts_happen_in_open_branches_only(story: Story) -> None:
    units = {m.branch.code for m in story.members} | {r.branch.code for r in story.reports}
    assert units == {"1280", "1281", "2584"}


@pytest.mark.parametrize("year", [2025, 2026])
def test_levels_add_up(story: Story, year: int) -> None:
    def goals(*units: str) -> Counter[str]:
        found: Counter[str] = Counter()
        for unit in units:
            values = story.truth.goals(unit, year)
            found.update({k: v for k, v in values.items() if not k.endswith("_offered") and v})
        return found

    assert goals("SE") == goals("skane", "norrbotten") == goals("1280", "1281", "2584")
    arenas = story.truth.arenas("SE", year)
    assert sum(arenas.values()) == goals("SE")["conversations"]


def test_members_in_all_are_the_joins_less_the_leaves(story: Story) -> None:
    def members(day: date) -> int:
        joined = sum(m.joined_on <= day for m in story.members)
        return joined - sum(m.left_on is not None and m.left_on <= day for m in story.members)

    assert story.truth.goals("SE", 2025)["members_total"] == members(date(2025, 12, 31))
    assert story.truth.goals("SE", 2026)["members_total"] == members(AUTUMN)


def test_only_two_reasons_count_as_left(story: Story) -> None:
    left = Counter(m.reason for m in story.members if m.left_on and m.left_on.year == 2025)
    wanted = left["own_request"] + left["unpaid"]
    assert story.truth.goals("SE", 2025)["members_left"] == wanted < left.total()


def test_a_join_owes_both_and_an_import_education_alone(story: Story) -> None:
    kinds = Counter((owed.member.imported, owed.kind) for owed in story.owed)
    joined = sum(not member.imported for member in story.members)
    assert kinds == {
        (False, INTRODUCTION): joined,
        (False, EDUCATION): joined,
        (True, EDUCATION): 950,
    }


def test_what_the_import_opens_is_due_six_months_after_it(story: Story) -> None:
    imported = [owed for owed in story.owed if owed.member.imported]
    assert {owed.due_on for owed in imported} == {date(2027, 5, 23)}
    in_spring = tell(plan(today=date(2026, 3, 31), imported=date(2026, 3, 31)))
    assert {o.due_on for o in in_spring.owed if o.member.imported} == {date(2026, 9, 30)}


def test_a_share_is_what_was_on_time_of_what_was_due_and_not_cancelled(story: Story) -> None:
    due = [o for o in story.owed if o.kind == INTRODUCTION and o.due_on.year == 2025]
    due = [o for o in due if o.offered_on is not None or o.member.left_on is None]
    on_time = [o for o in due if o.offered_on is not None and o.offered_on <= o.due_on]
    found = story.truth.goals("SE", 2025)["digital_introduction_offered"]
    assert found == round(len(on_time) / len(due), 6)
    assert 0.7 < found < 1.0


def test_a_year_without_an_election_has_a_target_for_conversations() -> None:
    assert plan().targets(2025) == {
        "members_recruited": 100,
        "members_total": 1_000,
        "conversations": 2_000,
    }
    assert "conversations" not in plan().targets(2026)


def test_courses_are_completed_after_they_were_offered(story: Story) -> None:
    offered = {o.member.id: o.offered_on for o in story.owed if o.kind == EDUCATION}
    completed = list(courses.completions(story.plan, story.owed))
    assert completed
    for completion in completed:
        day = offered[completion.member_id]
        assert day is not None
        assert day < completion.on <= AUTUMN
