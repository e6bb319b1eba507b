"""The facts that membership publishes: a module a noun."""

from services.membership.events.assignments import AssignmentEnded, AssignmentStarted
from services.membership.events.commitments import CommitmentFulfilled
from services.membership.events.members import (
    MemberErased,
    MemberJoined,
    MemberLeft,
    MemberMerged,
    MemberTransferred,
)
from services.membership.events.mentorships import MentorshipEnded, MentorshipStarted
from services.membership.events.panel import PanelAnswered
from services.membership.events.prospects import ProspectAsked, ProspectRegistered
from services.membership.events.segments import SegmentCounted
from services.membership.events.units import UnitChanged, UnitRegistered

__all__ = [
    "AssignmentEnded",
    "AssignmentStarted",
    "CommitmentFulfilled",
    "MemberErased",
    "MemberJoined",
    "MemberLeft",
    "MemberMerged",
    "MemberTransferred",
    "MentorshipEnded",
    "MentorshipStarted",
    "PanelAnswered",
    "ProspectAsked",
    "ProspectRegistered",
    "SegmentCounted",
    "UnitChanged",
    "UnitRegistered",
]
