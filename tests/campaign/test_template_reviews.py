"""What units thought of templates."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from infra import clock
from infra.errors import Forbidden, Invalid
from services.campaign import template_reviews, templates
from services.campaign.template_reviews import Grade
from services.campaign.templates import Template
from tests.campaign.planned import opened, template, tree

PAGE = {"limit": 100, "cursor": None}


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """One transaction."""
    with opened(tmp_path) as session:
        yield session


def review(session: Session, made: Template, **changes: Any) -> int:
    """Say what a unit thought; answers the version that it is of."""
    request = {"unit": "1280", "version": None, "grade": 4, "text": None}
    said = {**request, "tried_on": date(2026, 3, 1), **changes}
    return template_reviews.review(session, tree(session), made, said).version


def test_the_latest_word_of_each_unit_on_each_version_counts(session: Session) -> None:
    made = template(session)
    review(session, made, grade=1)
    review(session, made, grade=3, text="Bättre andra gången.")
    review(session, made, unit="1281", grade=4)
    better = {"id": None, "title": "Bättre", "material": "Text", "links": []}
    templates.improve(session, made.id, better)

    assert review(session, made, grade=5) == 2
    assert review(session, made, unit="1281", version=1, grade=5) == 1

    listed = template_reviews.listed(session, made.id, PAGE).items
    assert [(row.version, row.unit, row.grade) for row in listed] == [
        (2, "1280", 5),
        (1, "1281", 5),
        (1, "1280", 3),
    ]
    whole = template_reviews.whole(session, made, None)
    assert (whole["grade"], whole["reviews"], whole["version"]) == (4.33, 3, 2)
    assert [(row["version"], row["grade"]) for row in whole["versions"]] == [(2, 5.0), (1, 4.0)]
    assert template_reviews.shown(session, made, 1)["title"] == "Öppet möte om skolan"


def test_nobody_has_thought_anything_of_a_new_one(session: Session) -> None:
    made = template(session)
    assert template_reviews.grades(session, [made.id]) == {}
    shown = template_reviews.shown(session, made)
    assert Grade(shown["grade"], shown["reviews"]) == Grade(None, 0)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"unit": "nowhere"}, "unit"),
        ({"version": 2}, "version"),
        ({"tried_on": clock.today() + timedelta(days=1)}, "tried_on"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    session: Session, changes: dict[str, Any], field: str
) -> None:
    made = template(session)
    with pytest.raises(Invalid) as refused:
        review(session, made, **changes)
    assert set(refused.value.errors) == {field}


def test_what_a_unit_does_not_see_it_does_not_review(session: Session) -> None:
    made = template(session, unit="1281")
    with pytest.raises(Forbidden):
        review(session, made, unit="1280")
