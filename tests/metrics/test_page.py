"""The goal board's page as it is sent: small, whole, and closed to anything from outside."""

import re
from collections.abc import Iterator

import pytest
import requests

from services.metrics.programme import GOALS
from services.metrics.service.page import FILES
from tests import process
from tests.process import Running


@pytest.fixture(scope="module")
def metrics(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The service in a process of its own."""
    home = tmp_path_factory.mktemp("metrics")
    running = process.start(["membership", "metrics"], home)
    yield running
    running.close()


def test_the_page_needs_no_token_and_lets_nothing_in_from_outside(metrics: Running) -> None:
    page = requests.get(metrics.url("metrics") + "/", timeout=10)
    assert page.status_code == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = page.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'self';")
    assert "unsafe" not in policy


def test_every_file_that_the_page_names_is_there(metrics: Running) -> None:
    named = re.findall(r'(?:href|src)="(web/[^"]+)"', FILES["index.html"].body.decode())
    named += [
        f"web/{name}" for name in re.findall(r'from "\./([^"]+)"', FILES["board.js"].body.decode())
    ]
    kinds = {}
    for name in named:
        answer = requests.get(f"{metrics.url('metrics')}/{name}", timeout=10)
        assert answer.status_code == 200, name
        kinds[name.rsplit(".", 1)[1]] = answer.headers["Content-Type"].split(";")[0]
    assert kinds == {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


@pytest.mark.parametrize("key", GOALS)
def test_every_goal_has_a_name_in_both_languages(key: str) -> None:
    assert len(re.findall(rf'\b{key}: "', FILES["words.js"].body.decode())) == 2


def test_a_file_that_the_caller_has_is_not_sent_again(metrics: Running) -> None:
    url = metrics.url("metrics") + "/web/board.js"
    tag = requests.get(url, timeout=10).headers["ETag"]
    again = requests.get(url, headers={"If-None-Match": tag}, timeout=10)
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("name", ["board.jsx", "..%2fpage.py", "%00", "__init__.py"])
def test_no_other_file_is_sent(metrics: Running, name: str) -> None:
    answer = requests.get(f"{metrics.url('metrics')}/web/{name}", timeout=10)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_all_of_it_is_under_500_kb_and_fetches_nothing_from_elsewhere() -> None:
    assert sum(len(each.body) for each in FILES.values()) < 500_000
    for name, body in {name: each.body for name, each in FILES.items()}.items():
        found = re.findall(rb"(?:https?:)?//[a-z0-9-]+\.[a-z.]+", body)
        assert [url for url in found if not url.startswith(b"http://www.w")] == [], name


def test_both_languages_say_the_same_things() -> None:
    swedish, english = (
        set(re.findall(r"\b([a-z_]+): [\"{]", part))
        for part in FILES["words.js"]
        .body.decode()
        .split("const sv")[1]
        .split("export const")[0]
        .split("const en")
    )
    assert swedish == english
    assert len(swedish) > 30
