"""What metrics reads of others' events."""

from marshmallow import fields

from infra.fields import Code, Count, Data, Day, Flag, Id, Text


class JoinedData(Data):
    """member_joined."""

    unit = Code(required=True)
    joined_on = Day(required=True)
    source = Text(high=40, required=True)
    previous_left_on = Day(load_default=None)


class LeftData(Data):
    """member_left."""

    unit = Code(required=True)
    left_on = Day(required=True)
    reason = Text(high=40, required=True)


class TransferredData(Data):
    """member_transferred."""

    from_unit = Code(required=True)
    to_unit = Code(required=True)
    on = Day(required=True)


class MergedData(JoinedData):
    """member_merged: a membership that is taken back, and who has what else was the member's."""

    member_id = Id(required=True)
    into_id = Id(required=True)
    transfers = fields.List(fields.Nested(TransferredData), required=True)
    left_unit = Code(load_default=None)
    left_on = Day(load_default=None)
    reason = Text(high=40, load_default=None)


class ConversationData(Data):
    """conversation_logged and conversation_voided."""

    unit = Code(required=True)
    arena = Text(high=40, required=True)
    held_on = Day(required=True)
    count = Count(1, required=True)


class AssignmentData(Data):
    """What is told of an assignment as it starts and as it ends."""

    assignment_id = Id(required=True)
    member_id = Id(required=True)
    unit = Code(required=True)
    role = Text(high=40, required=True)


class StartedData(AssignmentData):
    """assignment_started."""

    started_on = Day(required=True)


class EndedData(AssignmentData):
    """assignment_ended."""

    ended_on = Day(required=True)


class CommitmentData(Data):
    """commitment_fulfilled."""

    unit = Code(required=True)
    key = Text(high=64, required=True)
    fulfilled_on = Day(required=True)


class ObligationData(Data):
    """obligation_opened and what follows it."""

    obligation_id = Id(required=True)
    member_id = Id(required=True)
    unit = Code(required=True)
    kind = Text(high=40, required=True)
    due_on = Day(load_default=None)
    offered_on = Day(load_default=None)
    on_time = Flag(load_default=None)
    version = Count(1, required=True)


class ActivityData(Data):
    """activity_held and activity_cancelled."""

    activity_id = Id(required=True)
    unit = Code(required=True)
    kind = Text(high=40, required=True)
    held_on = Day(required=True)
    members = Count(0, required=True)
    guests = Count(0, required=True)
    version = Count(1, required=True)


class ConferenceData(Data):
    """conference_attended."""

    unit = Code(required=True)
    held_on = Day(required=True)
