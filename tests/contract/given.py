"""One good request for each route, and the things that they need.

A new route with a body needs a line in `BODIES`, a new name in an address one in `IN_PATHS`: the
tests fail until it is there, and then cover the route by themselves.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from random import choices
from string import ascii_lowercase
from typing import Any
from uuid import uuid4

import pytest

from infra import clock
from infra.config import SERVICES
from services.membership import editions
from tests import people
from tests.contract.api import Api, Operation
from tests.process import eventually

TODAY = clock.today()
TOMORROW = TODAY + timedelta(days=1)
RECENT = TODAY - timedelta(days=10)
EARLIER = TODAY - timedelta(days=20)
LONG_AGO = TODAY - timedelta(days=400)
SOON = clock.rfc3339(clock.now() + timedelta(hours=12))

Body = dict[str, Any]


class Given:
    """What is there before a test begins: a unit of its own, a closed one, members, a session."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.required: list[str] = []
        self.closed = self.unit()
        path = f"/units/{self.closed}"
        self._done("PATCH", "membership", path, {"on": str(EARLIER), "open": False})
        # Whoever knows this one has heard of the other's closing as well.
        self.home = self.unit()
        self.campaign_id = self.campaign(unit="SE", starts_on=str(LONG_AGO))
        named = {**_workplace(self), "unit": "SE"}
        self.workplace = self._done("POST", "campaign", "/workplaces", named)["name"]
        for op in (op for op in api.operations if str(op) in ASKED_FOR_HOME):
            asked = partial(api.send, op, {"key": "conversations"}, self.body(op))
            eventually(lambda asked=asked: asked().ok, f"{op.service} knows the unit")
        self.member_id = self.member()
        self.prospect()
        # Training finds it overdue within a minute.
        self.overdue_id = self.member(joined_on=str(LONG_AGO))
        self.alike = [self.member(email="familjen@example.se") for _ in range(2)]
        self._done("POST", "membership", "/tasks", _task(self))
        self.mentor_id = self.member()
        mentor = {"member_id": self.mentor_id, "unit": self.home, "role": "mentor"}
        self._done("POST", "membership", "/assignments", {**mentor, "started_on": str(RECENT)})
        self.assignment()
        self.mentorship()
        api.system.settle()
        self.course_id = self.course()
        self.session_id = self.session()
        self.required.append(self.course_id)
        self.wave()
        self.template_id = self.template()
        self.wheel_id = self.wheel()
        self.entry_id = self.entry()
        # What people sign up to here is never cancelled.
        self.activity_id = self.activity()
        self.conference_id = self.conference()
        self.consultation()
        self.policy_input()
        self._done("POST", "campaign", f"/wheels/{self.wheel_id}/publish", {})
        self.calendar()
        self.area()
        self.visited = self.large_area("visits")
        self.tallied = self.large_area("tally")

    def body(self, op: Operation) -> Body:
        """A body that the route accepts, with every field that there is and ids of its own."""
        if str(op) not in BODIES:
            pytest.fail(f"Write one good body for {op} into BODIES in {__file__}.")
        return BODIES[str(op)](self)

    def path_values(self, op: Operation) -> dict[str, str]:
        """Values for the address of the route, with which `body` is accepted."""
        values = IN_PATHS | IN_PATHS_OF.get(str(op), {})
        missing = set(op.in_path) - set(values)
        if missing:
            pytest.fail(f"Write a good value for {missing} of {op} into IN_PATHS in {__file__}.")
        return {name: str(values[name](self)) for name in op.in_path}

    def query(self, op: Operation) -> dict[str, str]:
        """The query that asks for what is at home."""
        good = {"unit": self.home, "goal": "conversations"}
        return {name: value for name, value in good.items() if name in op.query}

    def unit(self) -> str:
        """A new association."""
        body = {**_unit(self), "on": str(EARLIER)}
        return str(self._done("POST", "membership", "/units", body)["code"])

    def member(self, **changes: Any) -> str:
        """A new member of the unit."""
        body = {**_member(self), **changes}
        return str(self._done("POST", "membership", "/members", body)["id"])

    def former_member(self) -> str:
        """A new member of the unit who has left it."""
        member_id = self.member()
        body = {"left_on": str(TODAY), "reason": "own_request"}
        self._done("POST", "membership", f"/members/{member_id}/leave", body)
        return member_id

    def prospect(self) -> str:
        """A new prospect."""
        return str(self._done("POST", "membership", "/prospects", _prospect(self))["id"])

    def assignment(self) -> str:
        """A new elected post that the member holds."""
        return str(self._done("POST", "membership", "/assignments", _assignment(self))["id"])

    def mentorship(self) -> str:
        """A new mentorship."""
        return str(self._done("POST", "membership", "/mentorships", _mentorship(self))["id"])

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

    def offer(self, **changes: Any) -> str:
        """A new offer to the member."""
        body = {**_offer(self), **changes}
        return str(self._done("POST", "training", "/offers", body)["id"])

    def course(self) -> str:
        """A new course."""
        return str(self._done("POST", "training", "/courses", _course(self))["id"])

    def session(self) -> str:
        """A new session of the course, ten days ago."""
        return str(self._done("POST", "training", "/sessions", _session(self))["id"])

    def participant(self) -> str:
        """One who is enrolled in the session."""
        body, path = _enrolment(self), f"/sessions/{self.session_id}/enrolments"
        return str(self._done("POST", "training", path, body)["items"][0]["member_id"])

    def conference(self) -> str:
        """The conference of the year."""
        body = {**_activity(self), "unit": "SE", "kind": "conference"}
        return str(self._done("POST", "campaign", "/activities", body)["id"])

    def consultation(self, **changes: Any) -> str:
        """A new consultation that is open."""
        body = {**_consultation(self), **changes}
        return str(self._done("POST", "campaign", "/consultations", body)["id"])

    def policy_input(self) -> str:
        """What was heard."""
        return str(self._done("POST", "campaign", "/policy-inputs", _policy_input(self))["id"])

    def activity(self) -> str:
        """A new activity that goes on."""
        return str(self._done("POST", "campaign", "/activities", _activity(self))["id"])

    def held_activity(self) -> str:
        """A new activity to which somebody came."""
        activity_id = self.activity()
        path = f"/activities/{activity_id}/attendance"
        self._done("POST", "campaign", path, _attendance(self))
        return activity_id

    def signup(self) -> str:
        """A new sign-up to the activity that all sign up to."""
        path = f"/activities/{self.activity_id}/signups"
        return str(self._done("POST", "campaign", path, _signup(self))["id"])

    def template(self) -> str:
        """A new template that is not shared."""
        return str(self._done("POST", "campaign", "/templates", _template(self))["id"])

    def wheel(self) -> str:
        """A new wheel without entries."""
        return str(self._done("POST", "campaign", "/wheels", _wheel(self))["id"])

    def entry(self) -> str:
        """A new entry of the wheel that all are of."""
        path = f"/wheels/{self.wheel_id}/entries"
        return str(self._done("POST", "campaign", path, _entry(self))["id"])

    def calendar(self) -> str:
        """A new key to a calendar."""
        path = f"/units/{self.home}/calendar"
        return str(self._done("POST", "campaign", path, _calendar(self))["id"])

    def area(self) -> str:
        """A new area that nobody has."""
        return str(self._done("POST", "campaign", "/areas", _area(self))["id"])

    def assigned_area(self) -> str:
        """A new area that somebody has."""
        area_id = self.area()
        self._done("POST", "campaign", f"/areas/{area_id}/assignments", _area_assignment(self))
        return area_id

    def large_area(self, mode: str) -> Body:
        """The assignment, in that mode, of a new area with doors enough for all tests."""
        area = {**_area(self), "households": 100_000}
        path = f"/areas/{self._done('POST', 'campaign', '/areas', area)['id']}/assignments"
        return self._done("POST", "campaign", path, {**_area_assignment(self), "mode": mode})

    def campaign(self, **changes: Any) -> str:
        """A new campaign."""
        body = {**_campaign(self), **changes}
        return str(self._done("POST", "campaign", "/campaigns", body)["id"])

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


def _word(_: Given) -> Body:
    return {"kind": "interest", "word": uuid4().hex, "label": "Ett nytt ord"}


def _edition(_: Given) -> Body:
    return {"national": True, "units": editions.reference()}


def _member(given: Given) -> Body:
    return {
        "id": str(uuid4()),
        "unit": given.home,
        "joined_on": str(RECENT),
        "source": "digital",
        "recruited_by": "m-1",
        **people.somebody(),
        "birth_date": "1980-01-02",
        "union": {
            "organisation": "Kommunal",
            "official": True,
            "consent_at": f"{RECENT}T10:00:00Z",
        },
        "interests": ["skola"],
        "competences": ["ekonomi"],
        "affiliations": ["s-kvinnor"],
        "paid_until": str(TODAY),
    }


def _prospect(given: Given) -> Body:
    consent = {"consent_at": f"{RECENT}T10:00:00Z"}
    return {
        "id": str(uuid4()),
        "unit": given.home,
        **consent,
        "source": "conversation",
        "interests": ["skola"],
        "conversation_id": str(uuid4()),
        "activity_id": str(uuid4()),
        "name": "Nyfiken Nilsson",
        "email": "nyfiken@example.se",
        "phone": "070-765 43 21",
        "union": {"organisation": "Kommunal", "official": True, **consent},
        "birth_year": {"year": 1990, **consent},
    }


def _ask(_: Given) -> Body:
    return {"id": str(uuid4()), "asked_on": str(TODAY), "by": "v-1", "answer": "later"}


def _assignment(given: Given) -> Body:
    return {
        "id": str(uuid4()),
        "member_id": given.member_id,
        "unit": given.home,
        "role": "elected_post",
        "title": _letters_only(),
        "sphere": "party",
        "area": "Rosengård",
        "question": "skola",
        "started_on": str(RECENT),
        "mandate_until": str(TOMORROW),
    }


def _mentorship(given: Given) -> Body:
    return {
        "id": str(uuid4()),
        "mentor_id": given.mentor_id,
        "mentee_id": given.member(),
        "unit": given.home,
        "started_on": str(RECENT),
    }


def _task(given: Given) -> Body:
    return {
        "id": str(uuid4()),
        "unit": given.home,
        "title": "Språkkafé",
        "interests": ["skola"],
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
        "campaign_id": given.campaign_id,
        "topics": ["skola"],
        "logged_by": "v-1",
        "workplace": given.workplace,
    }


def _activity(given: Given) -> Body:
    return {
        "id": str(uuid4()),
        "unit": given.home,
        "kind": "campaign_week",
        "title": "Kampanjvecka",
        "mode": "hybrid",
        "link": "https://mote.example.se/kampanj",
        **_times(given),
        "open": True,
        "limit": 1000,
        "entry_id": given.entry_id,
        "leader": {"group": "parliament"},
        "partners": ["lo"],
        "other_partners": ["Idrottsföreningen"],
    }


def _times(_: Given) -> Body:
    return {"starts_at": f"{RECENT}T16:00:00Z", "ends_at": f"{TOMORROW}T19:00:00Z"}


def _signup(_: Given) -> Body:
    return {"id": str(uuid4()), "member_id": str(uuid4()), "remote": False}


def _attendance(_: Given) -> Body:
    return {"members": [str(uuid4())], "guests": 3, "held_on": str(RECENT)}


def _template(given: Given) -> Body:
    return {"unit": given.home, "kind": "theme_meeting", **_version(given)}


def _version(_: Given) -> Body:
    return {
        "id": str(uuid4()),
        "title": "Öppet möte om skolan",
        "material": "# Så gör ni",
        "links": [{"title": "Affisch", "url": "https://example.se/affisch"}],
    }


def _review(given: Given) -> Body:
    said = {"version": 1, "grade": 4, "text": "Många kom.", "tried_on": str(RECENT)}
    return {"unit": given.home, **said}


def _wheel(_: Given) -> Body:
    return {
        "id": str(uuid4()),
        "unit": "skane",
        "title": "Årshjul",
        "starts_on": str(RECENT),
        "ends_on": str(TOMORROW),
        "phases": [{"name": "Lyssna", "from": str(RECENT), "to": str(TODAY)}],
    }


def _entry(given: Given) -> Body:
    return {
        "id": str(uuid4()),
        "template_id": given.template_id,
        "version": 1,
        "title": "Temamöte",
        "phase": "Lyssna",
        "from": str(RECENT),
        "to": str(TODAY),
        "units": ["1280"],
    }


def _adaptation(given: Given) -> Body:
    texts = {name: value for name, value in _version(given).items() if name != "id"}
    return {**texts, "from": str(RECENT), "to": str(TODAY), "dropped": True}


def _calendar(_: Given) -> Body:
    return {"id": str(uuid4())}


def _topics(_: Given) -> Body:
    return {"words": ["".join(choices(ascii_lowercase, k=20))]}


def _consultation(given: Given) -> Body:
    return {
        "id": str(uuid4()),
        "unit": given.home,
        "question": "Vad är viktigast?",
        "options": ["Skolan", "Vården"],
        "units": [given.home],
        "opens_at": f"{RECENT}T10:00:00Z",
        "closes_at": f"{TODAY + timedelta(days=30)}T10:00:00Z",
    }


def _consultation_answer(given: Given) -> Body:
    return {"id": str(uuid4()), "member_id": str(uuid4()), "unit": given.home, "option": 0}


def _policy_input(given: Given) -> Body:
    said = {"topic": "skola", "text": "Mindre klasser.", "from": "conversation"}
    return {"id": str(uuid4()), "unit": given.home, **said}


def _area(given: Given) -> Body:
    ring = [[13.0, 55.59], [13.01, 55.59], [13.01, 55.6], [13.0, 55.59]]
    return {
        "id": str(uuid4()),
        "unit": given.home,
        "name": "Rosengård",
        "polygon": {"type": "Polygon", "coordinates": [ring]},
        "households": 200,
        "exclusive": False,
    }


def _area_assignment(_: Given) -> Body:
    return {"id": str(uuid4()), "assignee": "v-1", "until": SOON, "mode": "visits"}


def _hand_out(given: Given) -> Body:
    given.area()
    return {**_area_assignment(given), "unit": given.home}


def _visit(given: Given) -> Body:
    return {
        "id": str(uuid4()),
        "area_id": given.visited["area_id"],
        "assignment_id": given.visited["id"],
        "household": str(uuid4()),
        "visited_at": clock.rfc3339(clock.now()),
        "outcome": "conversation",
    }


def _tally(_: Given) -> Body:
    numbers = {"no_answer": 4, "declined": 3, "return_later": 2, "conversation": 1}
    return {"id": str(uuid4()), "on": str(TODAY), **numbers}


def _campaign(given: Given) -> Body:
    return {
        "id": str(uuid4()),
        "unit": given.home,
        "name": "Höstens samtal",
        "method": "door_knocking",
        "starts_on": str(EARLIER),
        "ends_on": str(TOMORROW),
        "topics": ["skola", "vård"],
    }


def _workplace(given: Given) -> Body:
    return {"id": str(uuid4()), "unit": given.home, "name": f"Sjukhuset {_letters_only()}"}


def _offer(given: Given) -> Body:
    return {
        "id": str(uuid4()),
        "member_id": given.member_id,
        "kind": "digital_introduction",
        "offered_on": str(TODAY),
        "via": "telefon",
    }


def _course(given: Given) -> Body:
    about = {"kind": "academy", "title": "Akademi", "unit": given.home}
    return {"id": str(uuid4()), **about, "required": given.required}


def _session(given: Given) -> Body:
    return {
        "id": str(uuid4()),
        "course_id": given.course_id,
        "unit": given.home,
        "starts_on": str(RECENT),
        "starts_at": f"{RECENT}T16:00:00Z",
        "ends_at": f"{RECENT}T19:00:00Z",
        "mode": "hybrid",
        "place": "1280",
        "link": "https://example.se/kurs",
        "capacity": 10_000,
    }


def _enrolment(given: Given) -> Body:
    member_id = given.member()
    given.api.system.settle()
    return {"member_ids": [member_id]}


def _completion(given: Given) -> Body:
    return {"id": str(uuid4()), "member_id": given.participant(), "completed_on": str(TODAY)}


def _offer_to_unit(given: Given) -> Body:
    offer = _offer(given)
    return {"unit": given.home, **{name: offer[name] for name in ("kind", "offered_on", "via")}}


def _letters_only() -> str:
    """A text that nobody has sent yet, and nobody's number."""
    return uuid4().hex.translate(str.maketrans("0123456789", "ghijklmnop"))


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
    "membership POST /vocabulary": _word,
    "membership POST /members": _member,
    "membership POST /members/batch": lambda given: {"items": [_member(given)]},
    "membership PATCH /members/{member_id}": lambda _: {
        "interests": ["vård"],
        "competences": ["juridik"],
        "recruited_by": "m-2",
        "paid_until": str(TOMORROW),
    },
    "membership POST /members/{member_id}/rejoin": lambda given: {
        "unit": given.home,
        "joined_on": str(TODAY),
        "source": "digital",
    },
    "membership POST /members/{member_id}/leave": lambda _: {
        "left_on": str(TODAY),
        "reason": "unpaid",
    },
    "membership POST /members/{member_id}/erase": lambda _: {},
    "membership POST /members/{member_id}/transfer": lambda _: {"unit": "1280", "on": str(TODAY)},
    "membership POST /members/{member_id}/merge": lambda given: {"into": given.member()},
    "membership POST /duplicates/dismiss": lambda given: {
        "first": given.member(),
        "second": given.member(),
    },
    "membership POST /prospects": _prospect,
    "membership POST /prospects/{prospect_id}/asks": _ask,
    "membership POST /prospects/{prospect_id}/decline": lambda _: {"declined_on": str(TODAY)},
    "membership POST /assignments": _assignment,
    "membership POST /assignments/{assignment_id}/end": lambda _: {"ended_on": str(TODAY)},
    "membership POST /mentorships": _mentorship,
    "membership POST /mentorships/{mentorship_id}/end": lambda _: {"ended_on": str(TODAY)},
    "membership POST /tasks": _task,
    "membership PUT /members/{member_id}/willingness": lambda _: {
        "tasks": True,
        "posts": True,
        "consent_at": f"{RECENT}T10:00:00Z",
    },
    "membership POST /panel/waves": _wave,
    "membership POST /panel/waves/{wave_id}/invitations": lambda _: {"seed": 1, "size": 1},
    "membership POST /panel/waves/{wave_id}/close": lambda _: {},
    "membership POST /panel/answers": _panel_answer,
    "membership POST /units/{code}/commitments/{commitment}": lambda _: {
        "fulfilled_on": str(RECENT)
    },
    "membership POST /follow-ups": _follow_up,
    "membership POST /follow-ups/{follow_up_id}/end": lambda _: {"ended_on": str(TODAY)},
    "campaign POST /campaigns": _campaign,
    "campaign POST /campaigns/{campaign_id}/end": lambda _: {"ended_on": str(TODAY)},
    "campaign PUT /campaigns/{campaign_id}/goals/{unit}": lambda _: {"target": 5},
    "campaign POST /workplaces": _workplace,
    "campaign POST /conversations": _conversation,
    "campaign POST /conversations/batch": lambda given: {"items": [_conversation(given)]},
    "campaign POST /conversations/{conversation_id}/void": lambda _: {"reason": "mistake"},
    "campaign POST /activity-kinds": lambda _: {
        "word": uuid4().hex.translate(str.maketrans("0123456789", "ghijklmnop")),
        "label": "Ett nytt slag",
    },
    "campaign POST /activities": _activity,
    "campaign PATCH /activities/{activity_id}": lambda _: {
        "starts_at": f"{TODAY}T16:00:00Z",
        "ends_at": f"{TOMORROW}T20:00:00Z",
    },
    "campaign POST /activities/{activity_id}/signups": _signup,
    "campaign POST /activities/{activity_id}/signups/{signup_id}/cancel": lambda _: {},
    "campaign POST /activities/{activity_id}/attendance": _attendance,
    "campaign POST /activities/{activity_id}/cancel": lambda _: {"reason": "weather"},
    "campaign POST /activities/{activity_id}/evaluation": lambda _: {
        "grade": 4,
        "worked": "Att bjuda in grannarna.",
        "improve": "Fler stolar.",
    },
    "campaign POST /templates": _template,
    "campaign POST /templates/{template_id}/versions": _version,
    "campaign POST /templates/{template_id}/share": lambda _: {},
    "campaign POST /templates/{template_id}/reviews": _review,
    "campaign POST /wheels": _wheel,
    "campaign POST /wheels/{wheel_id}/publish": lambda _: {},
    "campaign POST /wheels/{wheel_id}/next": lambda _: {
        "id": str(uuid4()),
        "title": "Nästa",
        "years": 1,
    },
    "campaign POST /wheels/{wheel_id}/entries": _entry,
    "campaign POST /wheels/{wheel_id}/entries/{entry_id}/withdraw": lambda _: {},
    "campaign PUT /wheels/{wheel_id}/entries/{entry_id}/adaptations/{unit}": _adaptation,
    "campaign POST /units/{code}/calendar": _calendar,
    "campaign POST /calendars/{calendar_id}/revoke": lambda _: {},
    "campaign POST /conversations/{conversation_id}/correct": _conversation,
    "campaign POST /topics": _topics,
    "campaign POST /consultations": _consultation,
    "campaign POST /consultations/{consultation_id}/answers": _consultation_answer,
    "campaign POST /policy-inputs": _policy_input,
    "campaign POST /policy-inputs/{input_id}/take-up": lambda _: {},
    "campaign POST /policy-inputs/{input_id}/answer": lambda _: {
        "text": "Det står i valmanifestet.",
        "answered_on": str(TODAY),
    },
    "campaign POST /conferences/{activity_id}/attendance": lambda _: {"units": ["1280"]},
    "campaign POST /areas": _area,
    "campaign PATCH /areas/{area_id}": lambda _: {"name": "Herrgården", "households": 150},
    "campaign POST /areas/{area_id}/assignments": _area_assignment,
    "campaign POST /areas/hand-out": _hand_out,
    "campaign POST /areas/{area_id}/release": lambda _: {"reason": "done"},
    "campaign POST /areas/{area_id}/rounds": lambda _: {"round": 2},
    "campaign POST /visits": _visit,
    "campaign POST /visits/batch": lambda given: {"items": [_visit(given)]},
    "campaign POST /areas/{area_id}/households": lambda _: {"references": [str(uuid4())]},
    "campaign POST /areas/{area_id}/tallies": _tally,
    "training POST /offers": _offer,
    "training POST /offers/batch": lambda given: {"items": [_offer(given)]},
    "training POST /offers/unit": _offer_to_unit,
    "training POST /offers/{offer_id}/withdraw": lambda _: {},
    "training POST /obligations/open": lambda given: {
        "unit": given.home,
        "kind": "digital_introduction",
        "joined_before": str(RECENT),
    },
    "training POST /courses": _course,
    "training POST /sessions": _session,
    "training PUT /courses/{course_id}/required": lambda given: {"required": [given.course_id]},
    "training PATCH /sessions/{session_id}": lambda _: {
        "starts_at": f"{RECENT}T17:00:00Z",
        "ends_at": f"{RECENT}T20:00:00Z",
        "place": "1281",
        "link": "https://example.se/annan",
        "capacity": 9_000,
    },
    "training POST /sessions/{session_id}/enrolments": _enrolment,
    "training POST /sessions/{session_id}/enrolments/{member_id}/withdraw": lambda _: {},
    "training POST /sessions/{session_id}/completions": _completion,
    "training POST /sessions/{session_id}/reviews": lambda given: {
        "member_id": given.participant(),
        "grade": 4,
    },
    "training POST /sessions/{session_id}/cancel": lambda _: {"reason": "illness"},
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

PERSONAL = {
    "name": "Åsa Lind",
    "email": "asa@example.se",
    "phone": "070-123 45 67",
    "personal_number": "19800102-1230",
    "birth_date": "1980-01-02",
    "union": {"organisation": "Kommunal", "official": True, "consent_at": f"{RECENT}T10:00:00Z"},
    "affiliations": ["s-kvinnor"],
}
INSTEAD: dict[str, Any] = {
    **PERSONAL,
    "type": "campaign.conversation_logged.v1",
    "all": True,
    # A prospect becomes one member, and a good body is sent as many.
    "prospect_id": str(uuid4()),
    "task_id": str(uuid4()),
    "closed_reason": "Lokalen är liten.",
    "areas": [str(uuid4())],
    "conference_id": str(uuid4()),
    "unit_kind": "branch",
    "assignment_id": str(uuid4()),
}
"""Good values of fields that are not in the good body: there they would need more, or exclude."""

NOT_THERE = {f"{service} GET /dead-letters/{{letter_id}}" for service in SERVICES}
"""Whose address names nothing: where all is well there is none of it."""

IN_PATHS: dict[str, Callable[[Given], object]] = {
    "activity_id": Given.activity,
    "area_id": Given.area,
    "assignment_id": Given.assignment,
    "calendar_id": Given.calendar,
    "campaign_id": Given.campaign,
    "code": Given.unit,
    "commitment": lambda _: "organise.delegate_roles",
    "consultation_id": Given.consultation,
    "conversation_id": Given.conversation,
    "course_id": Given.course,
    "entry_id": lambda given: given.entry_id,
    "follow_up_id": Given.follow_up,
    "input_id": Given.policy_input,
    "key": lambda _: "conversations",
    "letter_id": lambda _: uuid4(),
    "member_id": Given.member,
    "mentorship_id": Given.mentorship,
    "offer_id": Given.offer,
    "name": lambda _: "swagger-ui.css",
    "prospect_id": Given.prospect,
    "session_id": lambda given: given.session_id,
    "signup_id": Given.signup,
    "template_id": Given.template,
    "unit": lambda given: given.home,
    "wave_id": Given.wave,
    "wheel_id": lambda given: given.wheel_id,
    "year": lambda _: 2031,
}

IN_PATHS_OF: dict[str, dict[str, Callable[[Given], object]]] = {
    "membership POST /members/{member_id}/rejoin": {"member_id": Given.former_member},
    "membership POST /members/{member_id}/erase": {"member_id": Given.former_member},
    "campaign POST /activities/{activity_id}/signups/{signup_id}/cancel": {
        "activity_id": lambda given: given.activity_id
    },
    "metrics GET /web/{name}": {"name": lambda _: "board.js"},
    "campaign POST /conferences/{activity_id}/attendance": {
        "activity_id": lambda given: given.conference_id
    },
    "training POST /sessions/{session_id}/enrolments/{member_id}/withdraw": {
        "member_id": Given.participant
    },
    "training PATCH /sessions/{session_id}": {"session_id": Given.session},
    "training POST /sessions/{session_id}/cancel": {"session_id": Given.session},
    "campaign GET /conferences/{year}": {"year": lambda _: RECENT.year},
    "campaign POST /activities/{activity_id}/evaluation": {"activity_id": Given.held_activity},
    "campaign POST /wheels/{wheel_id}/entries/{entry_id}/withdraw": {"entry_id": Given.entry},
    "campaign POST /units/{code}/calendar": {"code": lambda given: given.home},
    "campaign GET /units/{code}/calendar.ics": {"code": lambda given: given.home},
    "campaign POST /areas/{area_id}/release": {"area_id": Given.assigned_area},
    "campaign POST /areas/{area_id}/tallies": {"area_id": lambda given: given.tallied["area_id"]},
}
"""The same for a route that wants another thing under that name."""
