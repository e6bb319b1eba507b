"""The routes of offers."""

from functools import partial
from typing import Any
from uuid import UUID

from eventlet import sleep

from infra import batch
from infra.http import Created, route
from infra.service import Service
from services.training import offers, withdrawing
from services.training.schemas.offers import (
    OfferAnswer,
    OfferRequest,
    UnitOfferAnswer,
    UnitOfferRequest,
    WithdrawalRequest,
)

CHUNK = 500
"""Obligations that one transaction meets, so that nothing else waits long."""

OFFER = OfferRequest()
OFFER_ANSWER = OfferAnswer()


class OfferRoutes(Service):
    """Offers: one, many, to a whole unit, taken back."""

    @route(
        "POST",
        "/offers",
        scope="training:write",
        body=OfferRequest,
        answer=OfferAnswer,
        creates=True,
    )
    def record_offer(self, body: dict[str, Any]) -> Created:
        """Record an offer: the first one meets the obligation of its kind."""
        with self.database.writing() as session:
            reaches = partial(self.caller.reaches, self.units.tree(session))
            offer, new = offers.offer(session, reaches, body)
        return Created(OFFER_ANSWER.dump(offer), new)

    @route(
        "POST",
        "/offers/batch",
        scope="training:write",
        body=batch.Batch,
        answer=batch.BatchAnswer,
    )
    def record_offers(self, body: dict[str, Any]) -> dict[str, Any]:
        """Record up to 1,000 offers, each answered."""
        loaded = batch.load_items(OFFER, body["items"])
        with self.database.writing() as session:
            reaches = partial(self.caller.reaches, self.units.tree(session))
            outcomes = offers.offer_all(session, reaches, loaded.good)
        return loaded.answer(outcomes)

    @route(
        "POST",
        "/offers/unit",
        scope="training:write",
        body=UnitOfferRequest,
        answer=UnitOfferAnswer,
    )
    def offer_to_unit(self, body: dict[str, Any]) -> dict[str, Any]:
        """Record an offer to everyone in a unit, and below it, who is owed one.

        Chunk by chunk; sent again after an interruption it goes on with those still owed.
        """
        offered = 0
        while True:
            with self.database.writing() as session:
                tree = self.units.tree(session)
                self.caller.must_reach(tree, body["unit"])
                count = offers.offer_unit(session, tree, body, CHUNK)
            offered += count
            if count < CHUNK:
                return {"offered": offered}
            sleep(0)

    @route(
        "POST",
        "/offers/<uuid:offer_id>/withdraw",
        scope="training:write",
        body=WithdrawalRequest,
        answer=OfferAnswer,
    )
    def withdraw_offer(self, offer_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
        """Take an offer back: unless another stands, what it had met is owed again."""
        with self.database.writing() as session:
            reaches = partial(self.caller.reaches, self.units.tree(session))
            offer, _ = withdrawing.withdraw(session, reaches, offer_id)
        return OFFER_ANSWER.dump(offer)  # type: ignore[no-any-return]
