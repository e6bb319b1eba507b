"""One good request for each route, and the things that they need.

A new route with a body needs a line in `BODIES`, a new name in an address one in `IN_PATHS`: the
tests fail until it is there, and then cover the route by themselves.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from infra import clock
from infra.config import SERVICES
from services.membership import editions
from tests.contract.api import Api, Operation
from tests.process import eventually

TODAY = clock.today()
TOMORROW = TODAY + timedelta(days=1)
RECENT = TODAY - timedelta(days=10)
EARLIER = TODAY - timedelta(days=20)
LONG_AGO = TODAY - timedelta(days=400)

Body = dict[str, Any]


class Given:
    """What is there before a test begins: a unit of its own, a closed one, members, a session."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.closed = self.unit()
        path = f"/units/{self.closed}"
        self._done("PATCH", "membership", path, {"on": str(EARLIER), "open": False})
        # Whoever knows this one has heard of the other's closing as well.
        self.home = self.unit()
        for op in (op for op in api.operations if str(op) in ASKED_FOR_HOME):
            asked = partial(api.send, op, {"key": "conversations"}, self.body(op))
            eventually(lambda asked=asked: asked().ok, f"{op.service} knows the unit")
        self.member_id = self.member()
        # Training finds it overdue within a minute.
        self.overdue_id = self.member(joined_on=str(LONG_AGO))
        api.system.settle()
        self.course_id = self._done("POST", "training", "/courses", _course(self))["id"]
        self.session_id = self._done("POST", "training", "/sessions", _session(self))["id"]
        self.wave()

    def body(self, op: Operation) -> Body:
        """A body that the route accepts, with every field that there is and ids of its own."""
        if str(op) not in BODIES:
            pytest.fail(f"Write one good body for {op} into BODIES in {__file__}.")
        return BODIES[str(op)](self)

    def path_values(self, op: Operation) -> dict[str, str]:
        """Values for the address of the route, with which `body` is accepted."""
        missing = set(op.in_path) - set(IN_PATHS)
        if missing:
            pytest.fail(f"Write a good value for {missing} of {op} into IN_PATHS in {__file__}.")
        return {name: str(IN_PATHS[name](self)) for name in op.in_path}

    def query(self, op: Operation) -> dict[str, str]:
        """The query that asks for what is at home."""
        return {"unit": self.home} if "unit" in op.query else {}

    def unit(self) -> str:
        """A new association."""
        body = {**_unit(self), "on": str(EARLIER)}
        return str(self._done("POST", "membership", "/units", body)["code"])

    def member(self, **changes: Any) -> str:
        """A new member of the unit."""
        body = {**_member(self), **changes}
        return str(self._done("POST", "membership", "/members", body)["id"])

    def wave(self) -> str:
        """A new wave of the panel, open today."""
        return str(self._done("POST", "membership", "/panel/waves", _wave(self))["id"])

    def token(self, wave_id: str) -> str:
        """A token of a new wave, of whoever is drawn."""
        path = f"/panel/waves/{wave_id}/invitations"
        drawn = self._done("POST", "membership", path, {"seed": 1, "size": 1})
        return str(drawn["invitations"][0]["token"])

    def follow_up(self) -> str:
        """Support agreed on."""
        return str(self._done("POST", "membership", "/follow-ups", _follow_up(self))["id"])

    def conversation(self) -> str:
        """A new report."""
        return str(self._done("POST", "campaign", "/conversations", _conversation(self))["id"])

    def _done(self, method: str, service: str, path: str, body: Body) -> Body:
        answer = self.api.system.call(method, service, path, body)
        assert answer.status_code in (200, 201), answer.text
        found: Body = answer.json()
        return found


def _unit(_: Given) -> Body:
    code = f"1280-{uuid4().hex[:12]}"
    return {
        "code": code,
        "name": "Kontraktet",
        "kind": "association",
        "parent": "1280",
        "population": 10,
        "on": str(RECENT),
    }


def _edition(_: Given) -> Body:
    return {"national": True, "units": editions.reference()}


def _member(given: Given) -> Body:
    return {
        "id": str(uuid4()),
        "unit": given.home,
        "joined_on": str(RECENT),
        "source": "digital",
        "prospect_id": str(uuid4()),
        "recruited_by": "m-1",
        "name": "Åsa Öberg",
        "email": "asa@example.se",
        "phone": "070-123 45 67",
        "personal_number": "19800102-1234",
        "birth_date": "1980-01-02",
        "union": {
            "organisation": "Kommunal",
            "official": True,
            "consent_at": f"{RECENT}T10:00:00Z",
        },
        "interests": ["skola"],
        "competences": ["ekonomi"],
        "affiliations": ["s-kvinnor"],
    }


def _wave(_: Given) -> Body:
    return {
        "id": str(uuid4()),
        "name": "Våren",
        "opens_on": str(RECENT),
        "closes_on": str(TOMORROW),
        "sample": 1000,
    }


def _panel_answer(given: Given) -> Body:
    return {
        "token": given.token(given.wave()),
        "participated": True,
        "rewarding": 4,
        "voice_matters": 5,
        "influence_local": 3,
        "influence_regional": 2,
        "influence_national": 1,
    }


def _follow_up(given: Given) -> Body:
    return {
        "id": str(uuid4()),
        "unit": given.home,
        "agreed_on": str(RECENT),
        "until": str(TOMORROW),
        "text": "Två besök i höst.",
    }


def _conversation(given: Given) -> Body:
    return {
        "id": str(uuid4()),
        "unit": given.home,
        "arena": "door",
        "held_on": str(RECENT),
        "count": 3,
        "campaign_id": str(uuid4()),
        "topics": ["skola"],
        "logged_by": "v-1",
        "workplace": "Sjukhuset",
    }


def _offer(given: Given) -> Body:
    return {
        "id": str(uuid4()),
        "member_id": given.member_id,
        "kind": "digital_introduction",
        "offered_on": str(TODAY),
        "via": "telefon",
    }


def _course(given: Given) -> Body:
    return {"id": str(uuid4()), "kind": "academy", "title": "Akademi", "unit": given.home}


def _session(given: Given) -> Body:
    return {
        "id": str(uuid4()),
        "course_id": given.course_id,
        "unit": given.home,
        "starts_on": str(RECENT),
        "mode": "remote",
    }


def _offer_to_unit(given: Given) -> Body:
    offer = _offer(given)
    return {"unit": given.home, **{name: offer[name] for name in ("kind", "offered_on", "via")}}


def _letters(_: Given) -> Body:
    return {"ids": [str(uuid4())]}


BODIES: dict[str, Callable[[Given], Body]] = {
    **{
        f"{service} POST /dead-letters/{verb}": _letters
        for service in SERVICES
        for verb in ("retry", "discard")
    },
    "membership POST /units": _unit,
    "membership PATCH /units/{code}": lambda _: {
        "on": str(RECENT),
        "name": "Nytt namn",
        "parent": "1281",
        "open": False,
    },
    "membership POST /units/editions": _edition,
    "membership POST /members": _member,
    "membership POST /members/batch": lambda given: {"items": [_member(given)]},
    "membership POST /members/{member_id}/leave": lambda _: {
        "left_on": str(TODAY),
        "reason": "unpaid",
    },
    "membership POST /members/{member_id}/transfer": lambda _: {"unit": "1280", "on": str(TODAY)},
    "membership POST /panel/waves": _wave,
    "membership POST /panel/waves/{wave_id}/invitations": lambda _: {"seed": 1, "size": 1},
    "membership POST /panel/waves/{wave_id}/close": lambda _: {},
    "membership POST /panel/answers": _panel_answer,
    "membership POST /units/{code}/commitments/{commitment}": lambda _: {
        "fulfilled_on": str(RECENT)
    },
    "membership POST /follow-ups": _follow_up,
    "membership POST /follow-ups/{follow_up_id}/end": lambda _: {"ended_on": str(TODAY)},
    "campaign POST /conversations": _conversation,
    "campaign POST /conversations/batch": lambda given: {"items": [_conversation(given)]},
    "campaign POST /conversations/{conversation_id}/void": lambda _: {"reason": "mistake"},
    "training POST /offers": _offer,
    "training POST /offers/batch": lambda given: {"items": [_offer(given)]},
    "training POST /offers/unit": _offer_to_unit,
    "training POST /courses": _course,
    "training POST /sessions": _session,
    "training POST /sessions/{session_id}/completions": lambda _: {
        "id": str(uuid4()),
        "member_id": str(uuid4()),
        "completed_on": str(TODAY),
    },
    "metrics PUT /targets/{key}/{year}/{unit}": lambda _: {"target": 5, "local": True},
    "metrics PUT /baselines/{key}": lambda given: {
        "value": 5,
        "source": "Verksamhetsberättelsen",
        "unit": given.home,
    },
    "metrics POST /rebuild": lambda _: {"id": str(uuid4())},
}

ASKED_FOR_HOME = (
    "campaign POST /conversations",
    "training POST /courses",
    "metrics PUT /baselines/{key}",
)

INSTEAD: dict[str, Any] = {"type": "campaign.conversation_logged.v1", "all": True}
"""Good values of fields that may only be sent in place of those in the good body."""

NOT_THERE = {f"{service} GET /dead-letters/{{letter_id}}" for service in SERVICES}
"""Whose address names nothing: where all is well there is none of it."""

IN_PATHS: dict[str, Callable[[Given], object]] = {
    "code": Given.unit,
    "commitment": lambda _: "organise.delegate_roles",
    "conversation_id": Given.conversation,
    "follow_up_id": Given.follow_up,
    "key": lambda _: "conversations",
    "letter_id": lambda _: uuid4(),
    "member_id": Given.member,
    "name": lambda _: "swagger-ui.css",
    "session_id": lambda given: given.session_id,
    "unit": lambda given: given.home,
    "wave_id": Given.wave,
    "year": lambda _: 2031,
}
