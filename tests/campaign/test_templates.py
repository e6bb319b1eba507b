"""Templates: written down, improved, shared."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from infra.errors import Conflict, Forbidden, Invalid, NotFound
from services.campaign import templates
from tests.campaign.planned import opened, template, templating, tree

QUERY = {"unit": "SE", "kind": None, "shared": None, "limit": 100, "cursor": None}


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """One transaction."""
    with opened(tmp_path) as session:
        yield session


def seen(session: Session, **changes: Any) -> set[str]:
    """The titles of the templates that a query lists."""
    found = templates.listed(session, tree(session), {**QUERY, **changes})
    return {row.title for row in found.items}


def test_a_template_sent_again_is_the_one_that_is_stored(session: Session) -> None:
    request = templating()

    made, new = templates.add(session, tree(session), request)
    again, newer = templates.add(session, tree(session), request)

    assert (new, newer) == (True, False)
    assert again is made
    assert templates.version_of(session, made.id, 1).material == request["material"]


@pytest.mark.parametrize(
    "changes", [{"title": "Ett annat"}, {"unit": "1280"}, {"kind": None}, {"links": []}]
)
def test_another_template_under_the_same_id_is_a_conflict(
    session: Session, changes: dict[str, Any]
) -> None:
    request = templating()
    templates.add(session, tree(session), request)

    with pytest.raises(Conflict):
        templates.add(session, tree(session), {**request, **changes})


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"unit": "nowhere"}, "unit"),
        ({"unit": "ssu"}, "unit"),
        ({"kind": "tea_party"}, "kind"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    session: Session, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        template(session, **changes)
    assert set(refused.value.errors) == {field}


def test_an_improved_template_keeps_its_earlier_versions(session: Session) -> None:
    made = template(session)
    request = {"id": uuid4(), "title": "Bättre", "material": "Ny text", "links": []}

    version, new = templates.improve(session, made.id, request)
    again = templates.improve(session, made.id, request)

    assert (version.version, new) == (2, True)
    assert (again[0].version, again[1]) == (2, False)
    assert made.version == 2
    assert templates.version_of(session, made.id, 1).title == "Öppet möte om skolan"
    assert [row.version for row in templates.versions(session, made.id)] == [2, 1]
    assert seen(session) == {"Bättre"}


def test_the_id_of_a_version_is_taken_once(session: Session) -> None:
    first, second = template(session), template(session)
    request = {"id": uuid4(), "title": "Bättre", "material": None, "links": []}
    templates.improve(session, first.id, request)

    with pytest.raises(Conflict):
        templates.improve(session, first.id, {**request, "title": "Bäst"})
    with pytest.raises(Conflict):
        templates.improve(session, second.id, request)
    with pytest.raises(Conflict):
        templates.improve(session, second.id, {**request, "id": first.id})
    assert second.version == 1


def test_there_is_an_end_to_versions(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(templates, "MOST_VERSIONS", 2)
    made = template(session)
    request = {"id": None, "title": "Bättre", "material": None, "links": []}
    templates.improve(session, made.id, request)

    with pytest.raises(Conflict):
        templates.improve(session, made.id, request)


def test_a_template_of_a_unit_is_seen_above_and_below_it_alone_until_shared(
    session: Session,
) -> None:
    made = template(session, unit="1280", title="Torgmöte")

    for unit in ("SE", "skane", "1280", "1280-by"):
        made.must_be_seen_from(tree(session), unit)
        assert seen(session, unit=unit) == {"Torgmöte"}
    for unit in ("1281", "0180", "nowhere", ""):
        with pytest.raises(Forbidden):
            made.must_be_seen_from(tree(session), unit)
    assert seen(session, unit="1281") == set()
    assert seen(session, shared=True) == set()

    shared = templates.share(session, made.id).shared_at
    session.flush()

    assert templates.share(session, made.id).shared_at == shared
    made.must_be_seen_from(tree(session), "1281")
    assert seen(session, unit="1281", shared=True) == {"Torgmöte"}
    assert seen(session, unit="1280", shared=False) == set()


def test_templates_are_listed_by_kind_page_by_page(session: Session) -> None:
    for number in range(3):
        template(session, kind="seminar", title=f"Seminarium {number}")
    template(session, kind=None, title="Annat")
    query = {**QUERY, "kind": "seminar", "limit": 2}

    first = templates.listed(session, tree(session), query)
    rest = templates.listed(session, tree(session), {**query, "cursor": first.next})

    titles = [row.title for row in (*first.items, *rest.items)]
    assert titles == ["Seminarium 2", "Seminarium 1", "Seminarium 0"]
    assert rest.next is None


@pytest.mark.parametrize(
    ("material", "links", "has_material"),
    [
        (None, [], False),
        (" \n", [], False),
        ("Text", [], True),
        (None, [{"title": "Film", "url": "https://example.se/f"}], True),
    ],
)
def test_material_is_a_text_or_a_link(
    session: Session, material: str | None, links: list[Any], has_material: bool
) -> None:
    made = template(session, material=material, links=links)
    assert templates.version_of(session, made.id, 1).has_material is has_material


def test_what_is_not_there_is_not_found(session: Session) -> None:
    made = template(session)
    with pytest.raises(NotFound):
        templates.get(session, uuid4())
    with pytest.raises(NotFound):
        templates.version_of(session, made.id, 2)
