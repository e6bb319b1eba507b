"""What callers are answered about goals over time and weak units, over HTTP."""

from collections.abc import Iterator

import pytest

from tests import process
from tests.process import Running

EVERY_DAY = "/goals/conversations/series"


@pytest.fixture(scope="module")
def metrics(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The service in a process of its own with membership, which tells it of the units."""
    running = process.start(["membership", "metrics"], tmp_path_factory.mktemp("metrics"))
    yield running
    running.close()


@pytest.mark.parametrize(
    ("path", "field"),
    [
        (f"{EVERY_DAY}?step=hour", "step"),
        (f"{EVERY_DAY}?from=2026-02-01&to=2026-01-01", "from"),
        (f"{EVERY_DAY}?from=2000-01-01&to=2099-12-31", "to"),
        (f"{EVERY_DAY}?from=1899-01-01", "from"),
        (f"{EVERY_DAY}?to=3000-01-01", "to"),
        (f"{EVERY_DAY}?from=2026-02-30", "from"),
        (f"{EVERY_DAY}?format=xml", "format"),
        (f"{EVERY_DAY}?unit=nowhere", "unit"),
        ("/goals/conversations/comparison?unit=nowhere", "unit"),
        ("/goals/conversations/comparison?year=1899", "year"),
        ("/weak-units", "goal"),
        ("/weak-units?goal=happiness", "goal"),
        ("/weak-units?goal=conversations&level=street", "level"),
        ("/weak-units?goal=conversations&limit=501", "limit"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_name(metrics: Running, path: str, field: str) -> None:
    answer = metrics.call("GET", "metrics", path)
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == [field]


@pytest.mark.parametrize("last", ["series", "comparison"])
def test_a_goal_that_is_not_there_is_not_found(metrics: Running, last: str) -> None:
    assert metrics.call("GET", "metrics", f"/goals/happiness/{last}").status_code == 404


def test_a_series_is_to_be_had_as_lines(metrics: Running) -> None:
    asked = f"{EVERY_DAY}?unit=1280&from=2026-12-28&to=2027-01-04&step=week&format=csv"
    answer = metrics.call("GET", "metrics", asked)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    lines = answer.text.splitlines()
    assert lines[0] == "label,from,to,value,total,due,on_time,expected"
    assert [line.split(",")[0] for line in lines[1:]] == ["2026-W53", "2027-W01"]


def test_of_days_to_come_alone_there_is_a_series_without_values(metrics: Running) -> None:
    found = metrics.call("GET", "metrics", f"{EVERY_DAY}?from=2099-12-30").json()
    assert [point["value"] for point in found["points"]] == [None]


def test_one_goal_says_how_its_forecast_came_about(metrics: Running) -> None:
    found = metrics.call("GET", "metrics", "/goals/members_recruited?year=2025").json()
    assert (found["forecast"], found["forecast_by"]) == (0, "line")
    assert (found["forecast_low"], found["forecast_high"]) == (0, 0)


def test_a_municipality_that_has_nothing_of_what_is_expected_is_weak(metrics: Running) -> None:
    asked = "/weak-units?goal=members_recruited&year=2024&level=municipality&limit=500"
    target = {"target": 100}
    path = "/targets/members_recruited/2024/1280"
    assert metrics.call("PUT", "metrics", path, target).status_code == 200
    found = metrics.call("GET", "metrics", asked).json()
    assert [(unit["unit"], unit["behind_by"]) for unit in found["units"]] == [("1280", 1)]
    beside = metrics.call("GET", "metrics", "/goals/members_recruited/comparison?unit=1280").json()
    assert beside["size_class"]["kind"] == "branch"
    assert beside["size_class"]["units"] in (72, 73)
