"""What is asked and answered about personal data."""

import re
from typing import Any

from marshmallow import ValidationError, fields

from infra.fields import Day, Flag, Id, Moment, Paging, Request, Text, Word
from services.membership.access_log import WHAT
from services.membership.exporting import HELD
from services.membership.members import AFFILIATIONS
from services.membership.schemas.members import MemberAnswer

REACHES_A_PERSON = re.compile(r"@|\d(?:[ ()./-]?\d){5}")


def tells_of_nobody(text: str) -> None:
    """Refuse an e-mail address, and a number of six digits or more."""
    if REACHES_A_PERSON.search(text):
        raise ValidationError("Say why, without addresses and numbers.")


class Purpose(Text):
    """Why somebody wants to see personal data; it is kept, so it holds none itself."""

    def __init__(self, **kwargs: Any) -> None:
        about = "Why personal data is read; it is kept in the access log."
        super().__init__(data_key="X-Purpose", metadata={"description": about}, **kwargs)
        self.validators.append(tells_of_nobody)


class MaySayWhy(Request):
    """The header with which personal data is answered too."""

    purpose = Purpose(load_default=None)


class SaysWhy(Request):
    """The header without which personal data is not answered."""

    purpose = Purpose(required=True)


class UnionAnswer(Request):
    """What somebody told of their union."""

    organisation = Text()
    official = Flag()
    consent_at = Moment()


class PersonalAnswer(Request):
    """Who somebody is; nothing of one who is erased."""

    name = Text(allow_none=True)
    email = Text(allow_none=True)
    phone = Text(allow_none=True)
    personal_number = Text(allow_none=True)
    birth_date = Day(allow_none=True)
    union = fields.Nested(UnionAnswer, allow_none=True)
    affiliations = fields.List(Word(*AFFILIATIONS), allow_none=True)


class ShownMemberAnswer(MemberAnswer):
    """A member, and to those who say why with the scope `membership:personal` who it is."""

    personal = fields.Nested(PersonalAnswer)


class AccessAnswer(Request):
    """One access to a member's personal data; `member_id` is theirs, or one merged into it."""

    member_id = Id()
    at = Moment()
    who = Text()
    purpose = Text()
    what = Word(*WHAT)


class AccessQuery(Paging):
    """A page of the access log."""


class EraseRequest(Request):
    """Nothing needs to be said."""


ExportAnswer = Request.from_dict(
    {
        "member": fields.Dict(),
        "merged": fields.List(fields.Dict()),
        **{name: fields.List(fields.Dict()) for name in HELD},
    },
    name="ExportAnswer",
)
"""Everything that is held of a member: a list for each noun that holds something."""
