"""What is asked and answered about mentorships."""

from infra.fields import Code, Day, Id, Request


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
