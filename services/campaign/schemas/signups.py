"""Sign-ups to activities, as they are asked and answered."""

from typing import Any

from marshmallow import ValidationError, validates_schema

from infra.fields import Count, Flag, Id, Paging, Request, Word
from services.campaign.signups import STATUSES


class SignupRequest(Request):
    """A member or a prospect means to come; in a hybrid activity perhaps by the link."""

    id = Id(load_default=None)
    member_id = Id(load_default=None)
    prospect_id = Id(load_default=None)
    remote = Flag(load_default=None)

    @validates_schema
    def _be_somebody(self, data: dict[str, Any], **_: Any) -> None:
        if (data["member_id"] is None) == (data["prospect_id"] is None):
            raise ValidationError("Name a member or a prospect.", "member_id")


class SignupAnswer(Request):
    """A stored sign-up, whose turn is its `number`; erased people have no id."""

    id = Id()
    activity_id = Id()
    number = Count(1)
    member_id = Id(allow_none=True)
    prospect_id = Id(allow_none=True)
    remote = Flag()
    status = Word(*STATUSES)


class SignupsQuery(Paging):
    """Which sign-ups to an activity to list, in turn."""

    status = Word(*STATUSES, load_default=None)


class SignupCancelRequest(Request):
    """Nothing needs to be said."""
