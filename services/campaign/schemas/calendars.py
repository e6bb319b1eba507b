"""What is asked and answered about calendars, and keys to them."""

from infra.fields import Code, Id, Moment, Paging, Request, Text


class CalendarQuery(Request):
    """The key, of whoever has no token."""

    key = Text(20, 100, load_default=None)


class CalendarKeyRequest(Request):
    """A key to a unit's calendar."""

    id = Id(load_default=None)


class CalendarKeyAnswer(CalendarKeyRequest):
    """A key, without what it is."""

    unit = Code()
    made_at = Moment()
    revoked_at = Moment(allow_none=True)


class CalendarKeyMade(CalendarKeyAnswer):
    """A new key: the address with it is told this once, and null when the same is sent again."""

    address = Text(high=500, allow_none=True)


class CalendarKeysQuery(Paging):
    """Which keys to list: to the calendars of a unit and all below it."""

    unit = Code(load_default="SE")


class RevokeRequest(Request):
    """To revoke a key says nothing more."""
