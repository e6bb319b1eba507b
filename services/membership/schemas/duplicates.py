"""What is asked and answered about members who may be one person."""

from marshmallow import fields

from infra.fields import Code, Id, Paging, Request, Word
from infra.units import ROOT
from services.membership.duplicates import REASONS


class PairsQuery(Paging):
    """Of which unit, and all below it, to list the probable duplicates."""

    unit = Code(load_default=ROOT)


class PairAnswer(Request):
    """Two members who may be one person, and what they have in common."""

    first = Id()
    second = Id()
    reasons = fields.List(Word(*REASONS))


class DifferentRequest(Request):
    """Two members who are different people."""

    first = Id(required=True)
    second = Id(required=True)


class MergeRequest(Request):
    """The member whom the merged one turned out to be."""

    into = Id(required=True)
