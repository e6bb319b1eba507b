"""The routes of the units' calendars, and of the keys to them."""

from typing import Any
from uuid import UUID

from infra import clock
from infra.calendar_text import CONTENT_TYPE, written
from infra.http import Created, Raw, route
from infra.service import Service
from services.campaign import calendar_keys, calendars
from services.campaign.schemas.calendars import (
    CalendarKeyAnswer,
    CalendarKeyMade,
    CalendarKeyRequest,
    CalendarKeysQuery,
    CalendarQuery,
    RevokeRequest,
)

KEY = CalendarKeyAnswer()


class CalendarRoutes(Service):
    """Calendars to which people subscribe from their own, by an address with a key."""

    @route(
        "GET",
        "/units/<code>/calendar.ics",
        scope="campaign:read",
        query=CalendarQuery,
        keyed=True,
    )
    def read_calendar(self, code: str, query: dict[str, Any]) -> Raw:
        """The calendar of a unit as iCalendar, with a token or with a key."""
        with self.database.reading() as session:
            tree = self.units.tree(session)
            if query["key"] is None:
                self.caller.must_reach(tree, code)
            else:
                calendar_keys.check(session, query["key"], code)
            name = tree.check_known(code, "code").name
            occasions = calendars.occasions(session, tree, code)
        text = written(code, name, clock.today(), occasions)
        return Raw.tagged(text, CONTENT_TYPE)

    @route(
        "POST",
        "/units/<code>/calendar",
        scope="campaign:write",
        body=CalendarKeyRequest,
        answer=CalendarKeyMade,
        creates=True,
    )
    def make_calendar_key(self, code: str, body: dict[str, Any]) -> Created:
        """Make a key to a unit's calendar, and tell the address with it: this once."""
        with self.database.writing() as session:
            tree = self.units.tree(session)
            self.caller.must_reach(tree, code)
            made, key = calendar_keys.make(session, tree, code, body["id"])
        address = None if key is None else f"/units/{code}/calendar.ics?key={key}"
        return Created({**KEY.dump(made), "address": address}, key is not None)

    @route(
        "GET",
        "/calendars",
        scope="campaign:read",
        query=CalendarKeysQuery,
        answer=CalendarKeyAnswer,
        many=True,
    )
    def list_calendar_keys(self, query: dict[str, Any]) -> dict[str, Any]:
        """The keys to the calendars of a unit and all below it, without what they are."""
        with self.database.reading() as session:
            tree = self.units.tree(session)
            self.caller.must_reach(tree, query["unit"])
            tree.check_known(query["unit"])
            page = calendar_keys.listed(session, tree, query)
        return {"items": KEY.dump(page.items, many=True), "next": page.next}

    @route(
        "POST",
        "/calendars/<uuid:calendar_id>/revoke",
        scope="campaign:write",
        body=RevokeRequest,
        answer=CalendarKeyAnswer,
    )
    def revoke_calendar_key(self, calendar_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
        """Let a key open nothing any more."""
        with self.database.writing() as session:
            unit = calendar_keys.get(session, calendar_id, lock=True).unit
            self.caller.must_reach(self.units.tree(session), unit)
            key = calendar_keys.revoke(session, calendar_id)
        return KEY.dump(key)  # type: ignore[no-any-return]
