"""What is asked and answered about mentorships."""

from infra.fields import Code, Day, Id, Paging, QueryFlag, Request


class MentorshipRequest(Request):
    """A member who is to have a mentor."""

    id = Id(load_default=None)
    mentor_id = Id(required=True)
    mentee_id = Id(required=True)
    unit = Code(required=True)
    started_on = Day(required=True)


class MentorshipAnswer(MentorshipRequest):
    """A mentorship, with its last day if it has ended."""

    ended_on = Day(allow_none=True)


class MentorshipsQuery(Paging):
    """Which mentorships to list: of a unit and all below it, of a member on either side."""

    unit = Code(load_default="SE")
    member_id = Id(load_default=None)
    open = QueryFlag(load_default=None)
