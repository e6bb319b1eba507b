"""What callers are answered about templates and wheels, over HTTP."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from infra import clock
from tests import process
from tests.campaign import planned
from tests.process import Running

Row = dict[str, Any]

TOMORROW = (clock.today() + timedelta(days=1)).isoformat()
NOBODY = "6f1d0f0e-8a37-4d0a-9f39-0d2b2c0c4a11"
LINK = {"title": "Affisch", "url": "https://example.se/affisch"}


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The service in a process of its own, which knows a few units."""
    home = tmp_path_factory.mktemp("wheels")
    planned.ready(f"sqlite:///{home}/campaign.db").close()
    running = process.start(["campaign"], home)
    yield running
    running.close()


def send(campaign: Running, method: str, path: str, body: Any = None, **of: Any) -> tuple[int, Row]:
    """The status and the answer; `unit` is the token's."""
    token = campaign.token("campaign:read campaign:write", of.get("unit", "SE"))
    response = campaign.call(method, "campaign", path, body, token)
    return response.status_code, response.json()


def templating(**changes: Any) -> Row:
    """A body for a template."""
    body = {
        "id": str(uuid4()),
        "unit": "SE",
        "kind": "theme_meeting",
        "title": "Öppet möte om skolan",
        "material": "# Så gör ni",
        "links": [LINK],
    }
    return {**body, **changes}


def planning(**changes: Any) -> Row:
    """A body for a wheel."""
    body = {
        "id": str(uuid4()),
        "unit": "SE",
        "title": "Årshjul",
        "starts_on": "2027-01-01",
        "ends_on": "2030-12-31",
        "phases": [{"name": "Lyssna", "from": "2027-01-01", "to": "2027-12-31"}],
    }
    return {**body, **changes}


def filling(template_id: str, **changes: Any) -> Row:
    """A body for an entry."""
    body = {
        "id": str(uuid4()),
        "template_id": template_id,
        "title": "Temamöte i mars",
        "phase": "Lyssna",
        "from": "2027-03-01",
        "to": "2027-03-31",
        "units": ["SE"],
        "unit_kind": "branch",
    }
    return {**body, **changes}


def made(campaign: Running, path: str, body: Row) -> str:
    """The id of what is created."""
    status, answer = send(campaign, "POST", path, body)
    assert status == 201, answer
    return str(answer["id"])


def published(campaign: Running) -> tuple[str, str, Row]:
    """A new wheel's address, its entry's id, and the template's body."""
    template = templating()
    made(campaign, "/templates", template)
    path = f"/wheels/{made(campaign, '/wheels', planning())}"
    entry = made(campaign, f"{path}/entries", filling(template["id"]))
    status, _ = send(campaign, "POST", f"{path}/publish", {})
    assert status == 200
    return path, entry, template


def test_a_template_is_written_improved_reviewed_shared_and_found(campaign: Running) -> None:
    body = templating(unit="1280")
    first, again = (send(campaign, "POST", "/templates", body) for _ in range(2))
    path = f"/templates/{body['id']}"
    better = {"id": str(uuid4()), "title": "Bättre", "material": "Ny text", "links": []}
    version = send(campaign, "POST", f"{path}/versions", better)
    review = {"unit": "1280", "grade": 4, "text": "Många kom.", "tried_on": "2026-03-01"}
    reviewed = send(campaign, "POST", f"{path}/reviews", review)
    foreign = send(campaign, "GET", path, unit="0180")
    shared = send(campaign, "POST", f"{path}/share", {})
    seen = send(campaign, "GET", path, unit="0180")
    old = send(campaign, "GET", f"{path}?version=1")
    listed = send(campaign, "GET", "/templates?unit=0180&shared=true", unit="0180")

    assert (first[0], again[0], again[1]) == (201, 200, first[1])
    assert {name: first[1][name] for name in body} == body
    assert (first[1]["version"], first[1]["grade"], first[1]["reviews"]) == (1, None, 0)
    assert (version[0], version[1]["version"]) == (201, 2)
    assert (reviewed[0], reviewed[1]["version"]) == (200, 2)
    assert (foreign[0], shared[0], seen[0]) == (403, 200, 200)
    assert (seen[1]["title"], seen[1]["grade"], seen[1]["latest"]) == ("Bättre", 4.0, 2)
    assert [row["version"] for row in seen[1]["versions"]] == [2, 1]
    assert (old[1]["title"], old[1]["links"]) == (body["title"], [LINK])
    assert "material" not in listed[1]["items"][0]
    assert body["id"] in {row["id"] for row in listed[1]["items"]}
    assert send(campaign, "GET", f"{path}/reviews")[1]["items"] == [reviewed[1]]


def test_a_branch_reads_adapts_and_drops_what_is_planned_for_it(campaign: Running) -> None:
    path, entry, template = published(campaign)
    own = f"{path}/entries/{entry}/adaptations/1280"
    change = {"title": "Torgmöte", "from": "2027-03-08", "material": "Vår text"}

    (before,) = send(campaign, "GET", f"{path}?unit=1280", unit="1280")[1]["entries"]
    adapted = [send(campaign, "PUT", own, change, unit="1280") for _ in range(2)]
    (after,) = send(campaign, "GET", f"{path}?unit=1280", unit="1280")[1]["entries"]
    whole = send(campaign, "GET", f"{path}/entries/{entry}?unit=1280", unit="1280")
    dropped = send(campaign, "PUT", own, {"dropped": True}, unit="1280")

    assert (before["title"], before["from"], before["adapted_by"]) == (
        "Temamöte i mars",
        "2027-03-01",
        None,
    )
    assert adapted[0] == adapted[1]
    assert (adapted[0][0], adapted[0][1]["version"]) == (200, 1)
    assert (after["title"], after["from"], after["to"]) == ("Torgmöte", "2027-03-08", "2027-03-31")
    assert (after["kind"], after["planned"], after["held"]) == ("theme_meeting", 0, 0)
    assert (whole[1]["material"], whole[1]["links"]) == ("Vår text", template["links"])
    assert (dropped[1]["dropped"], dropped[1]["version"]) == (True, 2)
    assert send(campaign, "GET", f"{path}?unit=skane")[1]["entries"] == []
    assert send(campaign, "PUT", own, change, unit="1281")[0] == 403
    assert send(campaign, "GET", path, unit="1280")[0] == 403


def test_a_wheel_is_published_once_it_has_entries_and_shown_then(campaign: Running) -> None:
    path = f"/wheels/{made(campaign, '/wheels', planning(unit='skane'))}"
    empty = send(campaign, "POST", f"{path}/publish", {})
    template = made(campaign, "/templates", templating())
    bare = made(campaign, "/templates", templating(material=None, links=[]))
    body = filling(template, units=["skane"])
    refused = send(campaign, "POST", f"{path}/entries", {**body, "template_id": bare})
    added = send(campaign, "POST", f"{path}/entries", body)
    draft = send(campaign, "GET", f"{path}?unit=1280", unit="1280")
    published = [send(campaign, "POST", f"{path}/publish", {}) for _ in range(2)]
    seen = send(campaign, "GET", f"{path}?unit=1280", unit="1280")
    withdrawn = send(campaign, "POST", f"{path}/entries/{body['id']}/withdraw", {})

    assert (empty[0], refused[0], added[0], draft[0], seen[0]) == (409, 422, 201, 403, 200)
    assert set(refused[1]["errors"]) == {"template_id"}
    assert published[0] == published[1]
    assert published[0][1]["published_at"] is not None
    assert [row["id"] for row in seen[1]["entries"]] == [body["id"]]
    assert withdrawn[1]["withdrawn_at"] is not None
    assert send(campaign, "GET", f"{path}?unit=0180")[0] == 422


def test_what_is_carried_out_is_counted_and_planned_again(campaign: Running) -> None:
    path, entry, _ = published(campaign)
    body = {
        "unit": "1280",
        "kind": "theme_meeting",
        "title": "Skolan på torget",
        "mode": "physical",
        "starts_at": "2027-03-15T17:00:00Z",
        "ends_at": "2027-03-15T19:00:00Z",
        "entry_id": entry,
    }
    made(campaign, "/activities", body)

    whole = send(campaign, "GET", f"{path}/adoption")[1]
    skane = send(campaign, "GET", f"{path}/adoption?unit=skane", unit="skane")[1]
    following = {"id": str(uuid4()), "title": "Nästa", "years": 4}
    again = [send(campaign, "POST", f"{path}/next", following) for _ in range(2)]
    copied = send(campaign, "GET", f"/wheels/{following['id']}")[1]

    assert (whole["unit"], whole["entries"], whole["planned"], whole["held"]) == ("SE", 1, 1, 0)
    assert [row["unit"] for row in whole["children"]] == ["skane", "stockholms-lan"]
    malmo = next(row for row in skane["children"] if row["unit"] == "1280")
    assert (malmo["activities_planned"], malmo["activities_held"]) == (1, 0)
    assert [status for status, _ in again] == [201, 200]
    assert (copied["starts_on"], copied["previous_id"]) == ("2031-01-01", path.split("/")[2])
    assert [(row["from"], row["planned"]) for row in copied["entries"]] == [("2031-03-01", 0)]
    assert following["id"] in {row["id"] for row in send(campaign, "GET", "/wheels")[1]["items"]}


REACHABLE = ("Ring 070-123 45 67", "asa@example.se", "19800102-1230")
BAD_LINKS: list[Any] = [
    [{"title": "x", "url": "http://example.se/"}],
    [{"title": "x", "url": "javascript:alert(1)"}],
    [{"title": "x", "url": "https://"}],
    [{"title": "x", "url": "https://asa@example.se/"}],
    [{"title": "x"}],
    [LINK] * 21,
]
BAD_TEMPLATES: list[tuple[Row, str]] = [
    *(({name: text}, name) for name in ("title", "material") for text in REACHABLE),
    *(({"links": links}, "links") for links in BAD_LINKS),
    ({"material": "x" * 20_001}, "material"),
    ({"kind": "Temamöte"}, "kind"),
    ({"kind": "tea_party"}, "kind"),
    ({"author": "Åsa"}, "author"),
    ({"unit": "nowhere"}, "unit"),
]
BAD_WHEELS: list[tuple[Row, str]] = [
    ({"unit": "1280"}, "unit"),
    ({"starts_on": "2014-12-31"}, "starts_on"),
    ({"starts_on": "9999-12-31", "ends_on": "9999-12-31"}, "starts_on"),
    ({"ends_on": "2031-01-01"}, "ends_on"),
    ({"phases": [{"name": "x", "from": "2027-01-02", "to": "2027-01-01"}]}, "phases.0.to"),
    ({"phases": [{"name": "x", "from": "2027-01-02"}]}, "phases.0.to"),
    (
        {"phases": [{"name": f"{i}", "from": "2027-01-01", "to": "2027-01-01"} for i in range(21)]},
        "phases",
    ),
    ({"conference_id": NOBODY}, "conference_id"),
    ({"title": "mejla a@b.se"}, "title"),
]
BAD_ENTRIES: list[tuple[Row, str]] = [
    ({"template_id": NOBODY}, "template_id"),
    ({"version": 2}, "version"),
    ({"version": 0}, "version"),
    ({"phase": "Vila"}, "phase"),
    ({"from": "2026-12-31"}, "from"),
    ({"to": "2031-01-01"}, "to"),
    ({"units": []}, "units"),
    ({"units": ["SE", "SE"]}, "units"),
    ({"units": ["nowhere"]}, "units.0"),
    ({"units": ["SE"] * 101}, "units"),
    ({"unit_kind": "side_organisation"}, "unit_kind"),
    ({"title": "070-123 45 67"}, "title"),
]
BAD_REVIEWS: list[tuple[Row, str]] = [
    ({"grade": 0}, "grade"),
    ({"grade": 6}, "grade"),
    ({"grade": 4.5}, "grade"),
    ({"text": "Ring Åsa, 070-123 45 67"}, "text"),
    ({"tried_on": TOMORROW}, "tried_on"),
    ({"tried_on": "2014-12-31"}, "tried_on"),
    ({"version": 9}, "version"),
]
BAD_ADAPTATIONS: list[tuple[Row, str]] = [
    ({"title": "asa@example.se"}, "title"),
    ({"material": "070-123 45 67"}, "material"),
    ({"from": "2026-12-31"}, "from"),
    ({"to": "2027-02-28"}, "to"),
    ({"dropped": "yes"}, "dropped"),
]


def test_every_bad_field_is_named_and_nothing_comes_of_it(campaign: Running) -> None:
    path, entry, template = published(campaign)
    good_review = {"unit": "1280", "grade": 4, "tried_on": "2026-03-01"}
    sent: list[tuple[str, str, Row, list[tuple[Row, str]]]] = [
        ("POST", "/templates", templating(), BAD_TEMPLATES),
        ("POST", "/wheels", planning(), BAD_WHEELS),
        ("POST", f"{path}/entries", filling(template["id"]), BAD_ENTRIES),
        ("POST", f"/templates/{template['id']}/reviews", good_review, BAD_REVIEWS),
        ("PUT", f"{path}/entries/{entry}/adaptations/1280", {}, BAD_ADAPTATIONS),
    ]

    def counts() -> list[int]:
        lists = ("/templates?limit=500", "/wheels?limit=500")
        return [len(send(campaign, "GET", each)[1]["items"]) for each in lists]

    before = counts()
    for method, to, good, bad in sent:
        for changes, field in bad:
            status, problem = send(campaign, method, to, {**good, **changes})
            assert (to, changes, status) == (to, changes, 422)
            assert {name.split(".")[0] for name in problem["errors"]} == {field.split(".")[0]}
    assert counts() == before
    assert len(send(campaign, "GET", path)[1]["entries"]) == 1


def test_who_may_act_in_a_district_acts_there_alone(campaign: Running) -> None:
    path, entry, template = published(campaign)
    of_template = f"/templates/{template['id']}"
    review = {"unit": "0180", "grade": 4, "tried_on": "2026-03-01"}
    asked: list[tuple[str, str, Any]] = [
        ("POST", "/templates", templating()),
        ("POST", f"{of_template}/versions", {"title": "x"}),
        ("POST", f"{of_template}/share", {}),
        ("POST", f"{of_template}/reviews", review),
        ("GET", "/templates", None),
        ("POST", "/wheels", planning()),
        ("POST", "/wheels", planning(unit="stockholms-lan")),
        ("GET", "/wheels", None),
        ("GET", path, None),
        ("GET", f"{path}?unit=0180", None),
        ("GET", f"{path}/adoption", None),
        ("GET", f"{path}/adoption?unit=0180", None),
        ("POST", f"{path}/publish", {}),
        ("POST", f"{path}/next", {"title": "x", "years": 1}),
        ("POST", f"{path}/entries", filling(template["id"])),
        ("POST", f"{path}/entries/{entry}/withdraw", {}),
        ("PUT", f"{path}/entries/{entry}/adaptations/0180", {}),
    ]
    for method, to, body in asked:
        assert send(campaign, method, to, body, unit="skane")[0] == 403, (method, to)
    assert send(campaign, "GET", of_template, unit="skane")[0] == 200
    assert send(campaign, "GET", f"{path}?unit=1280", unit="skane")[0] == 200
    assert send(campaign, "POST", "/wheels", planning(unit="skane"), unit="skane")[0] == 201
