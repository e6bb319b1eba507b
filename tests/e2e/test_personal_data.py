"""Nothing that tells who somebody is comes out of Samtal, but to those who say why.

Everything that a member's data passes through is done over HTTP and on the command line with people
whose data is marked, and then whatever came out is searched: answers, feeds, dead letters, metrics,
log lines, and the files of the services, the broker and the databases.

The same search must find what is known to be there: a unit's code and name, the id of a request.
They go the very ways that a leak would go, in rows and messages of the same kind and size, so what
lies compressed, or cut in two by the end of a page, would hide them as well; and each person's ten
marks are written many times over.
"""

import json
import random
import secrets
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from infra.config import SERVICES
from tests.e2e.marks import Person, Search
from tests.e2e.sites import Site, embedded, real
from tests.process import eventually

pytestmark = pytest.mark.timeout(300)

WHY = {"X-Purpose": "Granskning"}
LEAVING = {"left_on": "2024-09-01", "reason": "own_request"}


@pytest.fixture(params=[embedded, real], ids=["embedded", "real"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """Samtal in each of its modes, with a unit of our own."""
    with request.param(tmp_path) as found:
        found.system.settle()
        name = f"Kontroll {found.control}"
        body = {"code": found.unit, "name": name, "kind": "association", "parent": "1280"}
        assert found.tell("POST", "membership", "/units", body).status_code == 201
        found.system.settle()
        yield found


def join_in_every_way(site: Site, person: Person, other: Person) -> str:
    """A join that is taken, and all the ways in which one is not; the id of who joined."""
    body = person.joining(site.unit)
    statuses = [site.tell("POST", "membership", "/members", body).status_code for _ in "12"]
    assert statuses == [201, 200]
    taken = site.tell("POST", "membership", "/members", {**body, "source": "union"})
    assert taken.status_code == 409
    for wrong in wrong_bodies(site, person):
        assert site.tell("POST", "membership", "/members", wrong).status_code in (400, 409, 422)
    items = [other.joining(site.unit), {**body, "source": "union"}, *wrong_bodies(site, person)]
    batch = [item for item in items if not isinstance(item, bytes)]
    answer = site.tell("POST", "membership", "/members/batch", {"items": batch}).json()
    assert (answer["created"], answer["rejected"]) == (1, len(batch) - 1)
    return str(body["id"])


def wrong_bodies(site: Site, person: Person) -> Iterator[Any]:
    """Bodies to join with, each with one thing wrong, and what is no body at all."""
    good = person.joining(site.unit)
    for name in good:
        for value in (person.name, {person.name: person.email}, [person.number], 7):
            if name not in ("name", "id") or value != person.name:
                yield {**good, "id": str(uuid4()), name: value}
    # A single word in letters is told back to its sender: it is what a field is called.
    for name in (person.name, person.email, person.number, person.number.replace("-", "")):
        yield {**good, "id": str(uuid4()), name: person.phone}
    yield {**good, "union": {"organisation": person.union}}
    whole = json.dumps(good, ensure_ascii=False).encode()
    yield from (whole[:-9], whole + whole, b"[" * 5000 + whole, whole[:40] + b"\xff" + whole[40:])
    yield json.dumps([person.name]).encode()


def send_what_is_no_request(site: Site, person: Person) -> None:
    """Marks in addresses, queries, headers, and under other types of content."""
    whole = json.dumps(person.joining(site.unit)).encode()
    for kind in ("text/plain", f"application/{person.mailbox}"):
        answer = site.tell("POST", "membership", "/members", whole, Content_Type=kind)
        assert answer.status_code == 415
    for text in map(quote, (person.name, person.email, person.number, person.phone)):
        for path in (f"/members/{text}", f"/{text}", f"/units/{text}", f"/members/{text}/export"):
            assert site.tell("GET", "membership", path, **WHY).status_code == 404
        for query in (f"unit={text}", f"{text}=1", f"cursor={text}", f"status={text}"):
            assert site.tell("GET", "membership", f"/members?{query}", **WHY).status_code == 422
        assert site.tell("GET", "training", f"/obligations?unit={text}").status_code == 422
    for name in ("Authorization", "traceparent", "Cookie", "Referer", "User-Agent"):
        headers = {name.replace("-", "_"): f"Bearer {person.email}"}
        site.tell("GET", "membership", "/members", **headers)


def look_and_go(site: Site, person: Person, member_id: str) -> None:
    """Whatever else happens to a member, until they are erased."""
    path = f"/members/{member_id}"
    for purpose in (person.email, person.phone, person.number, person.name * 20):
        headers = {"X-Purpose": purpose.encode().decode("latin-1")}
        assert site.tell("GET", "membership", path, **headers).status_code == 422
    for shown in (path, f"/members?unit={site.unit}", f"{path}/export"):
        assert person.name in site.ask("GET", "membership", shown, **WHY).text
    assert site.tell("GET", "membership", f"{path}/access-log", **WHY).status_code == 200
    for correction in (person.personal(), {"name": {person.name: 1}}, {person.email: 1}):
        site.tell("PATCH", "membership", path, correction, **WHY)
    for leaving in ({**LEAVING, "reason": person.name}, LEAVING, {**LEAVING, "reason": "unpaid"}):
        site.tell("POST", "membership", f"{path}/leave", leaving)
    site.tell("POST", "membership", f"{path}/erase", {"name": person.name})
    erased = [site.tell("POST", "membership", f"{path}/erase").json() for _ in "12"]
    assert [found["status"] for found in erased] == ["erased", "erased"]
    again = site.tell("POST", "membership", "/members", person.joining(site.unit, id=member_id))
    assert again.status_code == 409


def import_and_rotate(site: Site, person: Person, folder: Path) -> None:
    """What the command line is told of people."""
    columns = ("unit", "joined_on", "source", "name", "email", "phone", "personal_number")
    body = person.joining(site.unit)
    rows = [";".join(columns), ";".join(body[name] for name in columns)]
    rows += [rows[1].replace("2024-05-06", person.number), f"{rows[1]};{person.name}", person.name]
    file = folder / "members.csv"
    file.write_text("\n".join(rows), encoding="utf-8")
    site.run("import", "members", str(file), ok=False)
    site.run("rotate-keys")


def fail_in_every_way(site: Site, person: Person) -> None:
    """A subscriber that cannot handle a join, and a database that is away."""
    with site.closed_table(site.unit):
        joining = person.joining(site.unit)
        assert site.tell("POST", "membership", "/members", joining).status_code == 201
        eventually(lambda: letters(site, "metrics"), "metrics keeps the event", 60)
        for letter in letters(site, "metrics"):
            site.tell("GET", "metrics", f"/dead-letters/{letter['id']}")
        site.run("dead", "list")
    site.tell("POST", "metrics", "/dead-letters/retry", {"all": True})
    with site.without_database():
        site.tell("POST", "membership", "/members", person.joining(site.unit, name="Någon"))


def letters(site: Site, service: str) -> list[dict[str, Any]]:
    """A service's dead letters."""
    items: list[dict[str, Any]] = site.tell("GET", service, "/dead-letters").json()["items"]
    return items


def read_all(site: Site) -> None:
    """What anybody may read afterwards, with every right but that to personal data."""
    for service in SERVICES:
        for path in ("/prometheus", "/openapi.json", "/freshness", "/health/ready"):
            site.tell("GET", service, path)
        after = 0
        while (page := site.tell("GET", service, f"/events?after={after}").json())["items"]:
            after = page["next"]
    site.tell("GET", "membership", f"/members?unit={site.unit}")
    site.tell("GET", "training", f"/obligations?unit={site.unit}")


def test_nothing_personal_is_found_in_what_came_out(site: Site, tmp_path: Path) -> None:
    chance = random.Random(secrets.token_hex())
    people = [Person(chance) for _ in range(5)]
    member_id = join_in_every_way(site, people[0], people[1])
    send_what_is_no_request(site, people[2])
    look_and_go(site, people[0], member_id)
    import_and_rotate(site, people[3], tmp_path)
    fail_in_every_way(site, people[4])
    site.system.settle()
    read_all(site)

    search = Search([site.control, *(mark for person in people for mark in person.marks())])
    found = {name: search.in_files(*place) for name, place in site.running.items()}
    site.stop()
    found |= {name: search.in_files(*place) for name, place in site.stopped.items()}
    found["the answers"] = {"": search("\n".join(site.said))}
    found["all of the home"] = search.in_files(site.home)

    for name, by_file in found.items():
        assert site.control in set().union(*by_file.values()), f"{name}: not really searched"
    leaks = {
        (name, file): marks - {site.control}
        for name, by_file in found.items()
        for file, marks in by_file.items()
        if marks - {site.control}
    }
    assert leaks == {}


def as_it_is(mark: str) -> bytes:
    return mark.encode()


def in_capitals(mark: str) -> bytes:
    return mark.upper().encode()


def in_base64(mark: str) -> bytes:
    return b64encode(b"x" + mark.title().encode() + b"y")


def in_hexadecimal(mark: str) -> bytes:
    return mark.encode().hex().encode()


@pytest.mark.parametrize("form", [as_it_is, in_capitals, in_hexadecimal, in_base64])
def test_the_search_finds_a_mark_in_each_form(form: Callable[[str], bytes], tmp_path: Path) -> None:
    person = Person(random.Random(1))
    for mark in person.marks():
        (tmp_path / "file").write_bytes(b"before\0" + form(mark) + b"\0after")
        assert mark in Search(person.marks()).in_files(tmp_path)["file"]
