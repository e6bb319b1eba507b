"""Offers, as they are recorded and taken back."""

from infra.fields import Code, Count, Day, Id, Moment, Request, Text, Word
from services.training.events import OWED


class OfferRequest(Request):
    """A member was offered what is owed to them."""

    id = Id(load_default=None)
    member_id = Id(required=True)
    kind = Word(*OWED, required=True)
    offered_on = Day(required=True)
    via = Text(high=64, load_default=None, allow_none=True)


class OfferAnswer(OfferRequest):
    """A stored offer and the obligation that it is for."""

    obligation_id = Id()
    withdrawn_at = Moment(allow_none=True)


class UnitOfferRequest(Request):
    """Everyone in a unit, and below it, was offered what is owed to them."""

    unit = Code(required=True)
    kind = Word(*OWED, required=True)
    offered_on = Day(required=True)
    via = Text(high=64, load_default=None, allow_none=True)


class UnitOfferAnswer(Request):
    """How many were offered it by this."""

    offered = Count()


class WithdrawalRequest(Request):
    """An offer is taken back; nothing needs to be said."""
