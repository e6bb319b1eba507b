"""Entries of wheels: added, withdrawn, published."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from infra import clock
from infra.errors import Conflict, Invalid, NotFound
from services.campaign import templates, wheel_entries
from services.campaign.templates import TemplateVersion
from tests.campaign.planned import entry, filling, opened, published, template, tree, wheel

NOBODY = UUID("6f1d0f0e-8a37-4d0a-9f39-0d2b2c0c4a11")


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """One transaction, in November 2026."""
    monkeypatch.setattr(clock, "today", lambda: date(2026, 11, 23))
    with opened(tmp_path) as session:
        yield session


def test_an_entry_keeps_the_version_that_it_was_added_with(session: Session) -> None:
    plan, written = wheel(session), template(session)
    request = filling(written.id)
    made, new = wheel_entries.add(session, tree(session), plan.id, request)
    better = {"id": None, "title": "Bättre", "material": "Text", "links": []}
    templates.improve(session, written.id, better)

    again, newer = wheel_entries.add(session, tree(session), plan.id, request)
    later = entry(session, plan.id, template_id=written.id)
    earlier = entry(session, plan.id, template_id=written.id, version=1)

    assert (new, newer, again, made.version) == (True, False, made, 1)
    assert (later.version, earlier.version) == (2, 1)


@pytest.mark.parametrize(
    "changes",
    [{"title": "Ett annat"}, {"version": 2}, {"units": ["skane"]}, {"phase": None}],
)
def test_another_entry_under_the_same_id_is_a_conflict(
    session: Session, changes: dict[str, Any]
) -> None:
    plan, written = wheel(session), template(session)
    better = {"id": None, "title": "Bättre", "material": "Text", "links": []}
    templates.improve(session, written.id, better)
    request = filling(written.id, version=1)
    wheel_entries.add(session, tree(session), plan.id, request)

    with pytest.raises(Conflict):
        wheel_entries.add(session, tree(session), plan.id, {**request, **changes})
    with pytest.raises(Conflict):
        wheel_entries.add(session, tree(session), wheel(session).id, request)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"template_id": NOBODY}, "template_id"),
        ({"version": 2}, "version"),
        ({"phase": "Vila"}, "phase"),
        ({"from_on": date(2026, 12, 31)}, "from"),
        ({"from_on": date(2031, 1, 1), "to_on": date(2031, 1, 2)}, "from"),
        ({"to_on": date(2027, 2, 28)}, "to"),
        ({"to_on": date(2031, 1, 1)}, "to"),
        ({"units": ["skane", "nowhere"]}, "units.1"),
        ({"units": ["skane", "stockholms-lan"]}, "units.1"),
        ({"units": ["SE"]}, "units.0"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    session: Session, changes: dict[str, Any], field: str
) -> None:
    plan = wheel(session, unit="skane")
    request = filling(template(session).id, units=["skane"])
    with pytest.raises(Invalid) as refused:
        wheel_entries.add(session, tree(session), plan.id, {**request, **changes})
    assert set(refused.value.errors) == {field}


def test_a_template_without_material_or_out_of_sight_makes_no_entry(session: Session) -> None:
    plan = wheel(session, unit="skane")
    bare = template(session, material=None, links=[])
    foreign = template(session, unit="0180")

    for template_id in (bare.id, foreign.id):
        with pytest.raises(Invalid) as refused:
            entry(session, plan.id, template_id=template_id, units=["skane"])
        assert set(refused.value.errors) == {"template_id"}

    templates.share(session, foreign.id)
    assert entry(session, plan.id, template_id=foreign.id, units=["skane"]).version == 1


@pytest.mark.parametrize(
    ("units", "kind", "holding"),
    [
        (["SE"], None, {"SE", "skane", "1280", "1280-by", "0180"}),
        (["SE"], "branch", {"1280", "0180"}),
        (["skane", "0180"], None, {"skane", "1280", "1280-by", "0180"}),
        (["1280"], "association", {"1280-by"}),
        (["1280"], "district", set()),
    ],
)
def test_an_entry_holds_for_its_units_and_all_below_of_its_kind(
    session: Session, units: list[str], kind: str | None, holding: set[str]
) -> None:
    made = entry(session, wheel(session).id, units=units, unit_kind=kind)
    asked = ("SE", "skane", "1280", "1280-by", "0180", "nowhere")
    assert {unit for unit in asked if made.holds_for(tree(session), unit)} == holding


def test_an_empty_wheel_is_not_published_and_a_full_one_once(session: Session) -> None:
    plan = wheel(session)
    with pytest.raises(Conflict):
        wheel_entries.publish(session, plan.id)
    gone = entry(session, plan.id)
    wheel_entries.withdraw(session, plan.id, gone.id)
    session.flush()
    with pytest.raises(Conflict):
        wheel_entries.publish(session, plan.id)

    entry(session, plan.id)
    first = published(session, plan.id).published_at

    assert first is not None
    assert wheel_entries.publish(session, plan.id).published_at == first


def test_an_entry_whose_material_is_gone_is_not_published(session: Session) -> None:
    plan = wheel(session)
    made = entry(session, plan.id)
    session.get_one(TemplateVersion, made.template_id).has_material = False
    session.flush()

    with pytest.raises(Conflict, match="without material"):
        wheel_entries.publish(session, plan.id)


def test_once_published_an_entry_is_added_or_withdrawn_in_sight(session: Session) -> None:
    plan = wheel(session)
    first = entry(session, plan.id)
    published(session, plan.id)

    added = entry(session, plan.id, from_on=date(2027, 1, 1))
    withdrawn = wheel_entries.withdraw(session, plan.id, first.id).withdrawn_at
    again = wheel_entries.withdraw(session, plan.id, first.id).withdrawn_at

    assert withdrawn == again is not None
    assert [found.id for found in wheel_entries.of(session, plan.id)] == [added.id, first.id]


def test_there_is_an_end_to_entries(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wheel_entries, "MOST", 1)
    plan = wheel(session)
    entry(session, plan.id)
    with pytest.raises(Conflict):
        entry(session, plan.id)


def test_what_is_not_there_is_not_found(session: Session) -> None:
    plan, other = wheel(session), wheel(session)
    made = entry(session, other.id)
    with pytest.raises(NotFound):
        wheel_entries.get(session, plan.id, made.id)
    with pytest.raises(NotFound):
        wheel_entries.add(session, tree(session), NOBODY, filling(made.template_id))
