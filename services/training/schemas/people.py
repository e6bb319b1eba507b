"""What training reads of membership's events about members."""

from infra.fields import Code, Data, Day, Id, Text


class JoinedData(Data):
    """member_joined."""

    member_id = Id(required=True)
    unit = Code(required=True)
    joined_on = Day(required=True)
    source = Text(high=40, required=True)
    previous_left_on = Day(load_default=None)


class LeftData(Data):
    """member_left."""

    member_id = Id(required=True)
    left_on = Day(required=True)


class MergedData(Data):
    """member_merged."""

    member_id = Id(required=True)
    into_id = Id(required=True)


class ErasedData(Data):
    """member_erased."""

    member_id = Id(required=True)


class TransferredData(Data):
    """member_transferred."""

    member_id = Id(required=True)
    to_unit = Code(required=True)
    on = Day(required=True)


class AssignmentStartedData(Data):
    """assignment_started."""

    assignment_id = Id(required=True)
    member_id = Id(required=True)
    unit = Code(required=True)
    role = Text(high=40, required=True)
    started_on = Day(required=True)


class AssignmentEndedData(Data):
    """assignment_ended."""

    assignment_id = Id(required=True)
    member_id = Id(required=True)
    unit = Code(required=True)
    role = Text(high=40, required=True)
    ended_on = Day(required=True)
