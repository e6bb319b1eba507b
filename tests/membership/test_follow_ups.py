"""A district follows its branches up: the neediest first, with what support was agreed on."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event

from infra import clock
from infra.database import Database
from infra.errors import Conflict, Invalid, NotFound
from services.membership import (
    commitments,
    follow_ups,
    joins,
    members,
    needs,
    transfers,
    units,
    vacancies,
)
from services.membership.exact_tree import ExactTree
from services.membership.follow_ups import FollowUp
from services.membership.members import PastMembership
from services.membership.vault import Vault
from tests.membership.given import Row, joining, small_edition
from tests.process import Running

TODAY = clock.today()
LONG_AGO = TODAY - timedelta(days=800)
DURING = TODAY - timedelta(days=200)
LATELY = TODAY - timedelta(days=20)


@pytest.fixture
def small(empty: Database) -> Database:
    """A database with the small edition."""
    with empty.writing() as session:
        units.load_edition(session, small_edition(), national=False)
    return empty


def join(database: Database, vault: Vault, unit: str, on: date) -> UUID:
    """A new member."""
    with database.writing() as session:
        tree = units.take_turn(session)
        return joins.join(session, tree, joining(unit=unit, joined_on=on), vault)[0].id


def leave(database: Database, member_id: UUID, on: date) -> None:
    """A member who leaves."""
    with database.writing() as session:
        members.leave(session, member_id, {"left_on": on, "reason": "unpaid"})


def move(database: Database, member_id: UUID, unit: str, on: date) -> None:
    """A member who moves."""
    with database.writing() as session:
        tree = ExactTree().as_of(session)
        transfers.transfer(session, tree, member_id, {"unit": unit, "on": on})


def seen(database: Database, unit: str, today: date = TODAY) -> dict[str, Row]:
    """What is known of the units below one, by their codes, in the order of need."""
    with database.reading() as session:
        tree = ExactTree().as_of(session)
        return {row["unit"]: row for row in needs.needs(session, tree, unit, today)}


def numbers(database: Database, unit: str) -> dict[str, tuple[int, int]]:
    """The members a year ago and now of the units below one."""
    return {
        code: (row["members_a_year_ago"], row["members"])
        for code, row in seen(database, unit).items()
    }


def test_members_are_counted_now_and_a_year_ago(small: Database, vault: Vault) -> None:
    staying, leaving, moving, old = (join(small, vault, "0001", LONG_AGO) for _ in range(4))
    join(small, vault, "0001-by", LONG_AGO)
    join(small, vault, "0002", LATELY)
    short = join(small, vault, "0002", DURING)
    leave(small, leaving, DURING)
    leave(small, short, LATELY)
    leave(small, old, LONG_AGO + timedelta(days=9))
    move(small, moving, "0002", DURING)
    move(small, staying, "0001-by", LATELY)

    assert numbers(small, "norr") == {"0001": (4, 2), "0002": (0, 2)}
    assert numbers(small, "SE") == {"norr": (4, 4), "syd": (0, 0)}


def test_a_year_ago_is_told_from_earlier_memberships_too(small: Database, vault: Vault) -> None:
    back = join(small, vault, "0002", LATELY)
    with small.writing() as session:
        before = {"joined_on": LONG_AGO, "left_on": DURING}
        session.add(past_membership(back, "0001", **before))

    assert numbers(small, "norr") == {"0001": (1, 0), "0002": (0, 1)}


def test_who_was_merged_into_another_never_came(small: Database, vault: Vault) -> None:
    twin = join(small, vault, "0001", DURING)
    move(small, twin, "0002", LATELY)
    with small.writing() as session:
        members.get(session, twin).status = "merged"

    assert numbers(small, "norr") == {"0001": (0, 0), "0002": (0, 0)}


def past_membership(member_id: UUID, unit: str, **days: date) -> PastMembership:
    """A membership before the one in the member's row."""
    where = {"unit": unit, "left_unit": unit, "source": "digital", "reason": "unpaid"}
    return PastMembership(member_id=member_id, number=1, **where, **days)


def test_a_unit_is_silent_after_a_quarter_without_a_join_or_a_commitment(
    small: Database, vault: Vault
) -> None:
    join(small, vault, "0001-by", TODAY - needs.SILENCE)
    with small.writing() as session:
        tree = ExactTree().as_of(session)
        commitments.fulfil(session, tree, "0002", "digital.use", LATELY)

    now, later = seen(small, "norr"), seen(small, "norr", TODAY + timedelta(days=1))

    assert now["0001"]["heard_on"] == TODAY - needs.SILENCE
    assert now["0002"]["heard_on"] == LATELY
    assert [now[unit]["silent"] for unit in ("0001", "0002")] == [False, False]
    assert [later[unit]["silent"] for unit in ("0001", "0002")] == [True, False]
    assert seen(small, "SE")["syd"]["heard_on"] is None
    assert seen(small, "SE")["syd"]["silent"]


def test_the_neediest_comes_first_and_of_equals_who_lost_most(
    small: Database, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small.writing() as session:
        for code in ("0004", "0005"):
            new = {"code": code, "name": code, "kind": "branch", "parent": "norr"}
            units.register(
                session, units.take_turn(session), {**new, "population": None, "on": LONG_AGO}
            )
    for unit, stay, go in (("0001", 3, 2), ("0002", 1, 2), ("0004", 1, 0), ("0005", 1, 0)):
        for number in range(stay + go):
            member_id = join(small, vault, unit, LONG_AGO)
            if number < go:
                leave(small, member_id, LATELY)
        join(small, vault, unit, LATELY - timedelta(days=1))
    monkeypatch.setattr(vacancies, "of", lambda *_: {"0005": ["welcome_officer"] * 2})

    found = seen(small, "norr")

    assert [(unit, row["need"]) for unit, row in found.items()] == [
        ("0005", 2),
        ("0002", 1),
        ("0001", 1),
        ("0004", 0),
    ]


def test_closed_units_clubs_and_side_organisations_are_not_followed_up(small: Database) -> None:
    with small.writing() as session:
        tree = units.take_turn(session)
        club = {"code": "0001-ssu", "name": "SSU", "kind": "club", "parent": "0001"}
        units.register(session, tree, {**club, "population": None, "on": None})
        closing: Row = {"on": LATELY, "open": False, "name": None, "parent": None}
        units.change(session, units.take_turn(session), "0002", closing)

    assert set(seen(small, "SE")) == {"norr", "syd"}
    assert set(seen(small, "norr")) == {"0001"}
    assert set(seen(small, "0001")) == {"0001-by"}
    assert seen(small, "0001-by") == {}
    with pytest.raises(Invalid):
        seen(small, "nowhere")


def test_all_units_are_asked_about_in_as_many_questions_as_one(
    database: Database, vault: Vault
) -> None:
    join(database, vault, "1280", LATELY)
    asked = []
    for unit in ("1280", "skane", "SE"):
        with database.reading() as session:
            tree = ExactTree().as_of(session)
            counting = Counting(session)
            needs.needs(session, tree, unit, TODAY)
            asked.append(counting.asked)

    assert len(set(asked)) == 1
    assert asked[0] <= 3


class Counting:
    """How many statements a session has executed since."""

    def __init__(self, session: Any) -> None:
        self.asked = 0
        event.listen(session.connection(), "before_cursor_execute", self._count)

    def _count(self, *_: Any) -> None:
        self.asked += 1


def agreeing(**changes: Any) -> Row:
    """A request to note support, as its schema loads it."""
    request = {
        "id": uuid4(),
        "unit": "0001",
        "agreed_on": LATELY,
        "until": TODAY + timedelta(days=60),
        "text": "Två besök och hjälp att hitta en medlemsansvarig.",
    }
    return {**request, **changes}


def agree(database: Database, vault: Vault, request: Row) -> tuple[FollowUp, bool]:
    """Note support."""
    with database.writing() as session:
        return follow_ups.agree(session, ExactTree().as_of(session), request, vault)


def end(database: Database, follow_up_id: UUID, on: date) -> FollowUp:
    """End it."""
    with database.writing() as session:
        return follow_ups.end(session, follow_up_id, on)


def still_open(database: Database, *codes: str) -> list[UUID]:
    """What is open, by id."""
    with database.reading() as session:
        return [each.id for each in follow_ups.still_open(session, codes)]


def test_what_was_agreed_is_noted_once_and_sealed(small: Database, vault: Vault) -> None:
    request = agreeing()
    first, again = agree(small, vault, request), agree(small, vault, request)

    assert (first[1], again[1]) == (True, False)
    assert again[0].told(vault) == {**request, "ended_on": None}
    assert b"medlemsansvarig" not in bytes(again[0].text or b"")
    for change in ({"text": "Annat"}, {"text": None}, {"until": TODAY}, {"unit": "0002"}):
        with pytest.raises(Conflict):
            agree(small, vault, {**request, **change})


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"agreed_on": TODAY + timedelta(days=1)}, "agreed_on"),
        ({"until": LATELY - timedelta(days=1)}, "until"),
        ({"unit": "nowhere"}, "unit"),
        ({"unit": "ssu"}, "unit"),
    ],
)
def test_a_follow_up_that_cannot_be_is_refused(
    small: Database, vault: Vault, changes: Row, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        agree(small, vault, agreeing(**changes))

    assert set(refused.value.errors) == {field}


def test_what_is_ended_is_open_no_more(small: Database, vault: Vault) -> None:
    sooner, _ = agree(small, vault, agreeing(until=TODAY))
    later, _ = agree(small, vault, agreeing())
    other, _ = agree(small, vault, agreeing(unit="0003", text=None))

    assert still_open(small, "0001", "0001-by") == [sooner.id, later.id]
    end(small, sooner.id, TODAY)
    end(small, sooner.id, TODAY)
    with pytest.raises(Conflict):
        end(small, sooner.id, LATELY)
    with pytest.raises(NotFound):
        end(small, uuid4(), TODAY)
    for day in (TODAY + timedelta(days=1), LATELY - timedelta(days=1)):
        with pytest.raises(Invalid) as refused:
            end(small, later.id, day)
        assert set(refused.value.errors) == {"ended_on"}

    assert still_open(small, "0001", "0001-by") == [later.id]
    assert still_open(small, "0003") == [other.id]


def body(**changes: Any) -> Row:
    """A body to note support with."""
    return {
        "unit": "2583",
        "agreed_on": str(LATELY),
        "until": "2030-06-30",
        "text": "Sedan 2026-10-01. Möte kl 18.00-20.00 2 ggr, 25-30 personer, åren 2026-2027.",
        **changes,
    }


def test_support_is_agreed_seen_and_ended_over_http(membership: Running) -> None:
    request = body(id=str(uuid4()))
    first, again = (membership.call("POST", "membership", "/follow-ups", request) for _ in "ab")
    changed = {**request, "until": "2031-01-01"}
    other = membership.call("POST", "membership", "/follow-ups", changed)
    whole = membership.call("GET", "membership", "/follow-ups").json()
    district = membership.call("GET", "membership", "/follow-ups?unit=norrbotten").json()
    path = f"/follow-ups/{request['id']}/end"
    ended = membership.call("POST", "membership", path, {"ended_on": str(TODAY)})
    after = membership.call("GET", "membership", "/follow-ups?unit=norrbotten").json()

    assert [first.status_code, again.status_code, other.status_code] == [201, 200, 409]
    noted = {**request, "ended_on": None}
    assert first.json() == again.json() == noted
    shown = {item["unit"]: item for item in district["items"]}
    assert shown["2583"]["follow_ups"] == [noted]
    assert shown["2584"]["follow_ups"] == []
    assert noted in {item["unit"]: item for item in whole["items"]}["norrbotten"]["follow_ups"]
    assert len(whole["items"]) == 26
    assert ended.json() == {**noted, "ended_on": str(TODAY)}
    assert all(item["follow_ups"] == [] for item in after["items"] if item["unit"] == "2583")


@pytest.mark.parametrize(
    "text",
    [
        "Ring 070-123 45 67.",
        "Ring +46 70 123 45 67",
        "Ring 08/123 456 78",
        "asa@example.se",
        "Hon är 19800102-1234",
        "8001021234",
        "800102+1234",
        "född 198001021234.",
        "x" * 2001,
        "\x00",
        "",
        7,
    ],
)
def test_a_note_that_reaches_or_names_a_person_is_refused(
    membership: Running, text: object
) -> None:
    answer = membership.call("POST", "membership", "/follow-ups", body(text=text))

    assert (answer.status_code, set(answer.json()["errors"])) == (422, {"text"})


def test_a_follow_up_is_of_the_callers_part(membership: Running) -> None:
    token = membership.token("membership:read membership:write", "skane")

    def status(method: str, path: str, sent: Any = None) -> int:
        return membership.call(method, "membership", path, sent, token).status_code

    there = membership.call("POST", "membership", "/follow-ups", body()).json()["id"]
    assert status("POST", "/follow-ups", body()) == 403
    assert status("POST", f"/follow-ups/{there}/end", {"ended_on": str(TODAY)}) == 403
    assert status("GET", "/follow-ups?unit=norrbotten") == 403
    assert status("GET", "/follow-ups") == 403
    assert status("GET", "/follow-ups?unit=skane") == 200
    assert status("POST", "/follow-ups", body(unit="1280")) == 201
    assert status("POST", f"/follow-ups/{uuid4()}/end", {"ended_on": str(TODAY)}) == 404


def test_a_bad_follow_up_or_end_names_the_field(membership: Running) -> None:
    missing = membership.call("POST", "membership", "/follow-ups", {})
    there = membership.call("POST", "membership", "/follow-ups", body()).json()["id"]
    path = f"/follow-ups/{there}/end"

    assert set(missing.json()["errors"]) == {"unit", "agreed_on", "until"}
    for sent in ({}, {"ended_on": "2027-02-30"}, {"ended_on": "2020-01-01"}):
        answer = membership.call("POST", "membership", path, sent)
        assert (answer.status_code, set(answer.json()["errors"])) == (422, {"ended_on"})
    for query in ("unit=nowhere", "unit=å", "limit=5"):
        assert membership.call("GET", "membership", f"/follow-ups?{query}").status_code == 422
