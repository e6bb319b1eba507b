"""What is asked and answered about the member panel."""

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from infra.fields import Count, Day, Flag, Id, Request, Text

MOST_DRAWN = 10_000
"""Members in one draw: more would hold up the others for too long."""

MOST_ASKED = 10_000_000


class Grade(Count):
    """From 1, not at all, to 5, very much."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(1, 5, **kwargs)


class WaveRequest(Request):
    """A wave to plan; `sample` is the most it may ask, everybody if there is none."""

    id = Id(load_default=None)
    name = Text(required=True)
    opens_on = Day(required=True)
    closes_on = Day(required=True)
    sample = Count(1, MOST_ASKED, load_default=None, allow_none=True)


class WaveAnswer(WaveRequest):
    """A wave, with how many were invited to it and how many answered."""

    closed_on = Day(allow_none=True)
    invited = Count()
    answered = Count()


class InvitationsRequest(Request):
    """Whom to draw: the same seed draws the same of the same members."""

    seed = Count(required=True)
    size = Count(1, MOST_DRAWN, required=True)


class InvitedAnswer(Request):
    """Whom to send which token."""

    member_id = Id()
    token = Text()


class InvitationsAnswer(InvitationsRequest):
    """A draw; its tokens are told the first time alone."""

    wave_id = Id()
    invited = Count()
    invitations = fields.List(fields.Nested(InvitedAnswer))


class CloseRequest(Request):
    """Nothing more is to be said of it."""


class PanelRequest(Request):
    """An answer to the panel: who has the token may give it, and nobody is told who that was."""

    token = Text(high=100, required=True)
    participated = Flag(required=True)
    rewarding = Grade(load_default=None, allow_none=True)
    voice_matters = Grade(required=True)
    influence_local = Grade(required=True)
    influence_regional = Grade(required=True)
    influence_national = Grade(required=True)

    @validates_schema
    def rewarding_is_asked_of_those_who_took_part(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse what the others were not asked."""
        if data["rewarding"] is not None and not data["participated"]:
            raise ValidationError("Asked of those who took part.", "rewarding")


class PanelTaken(Request):
    """The answer was taken."""

    taken = Flag()
