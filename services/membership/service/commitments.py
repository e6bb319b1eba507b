"""The routes of commitments."""

from typing import Any

from infra import clock
from infra.http import route
from services.membership import commitments, units
from services.membership.schemas.commitments import (
    CommitmentAnswer,
    CommitmentsQuery,
    FulfilmentAnswer,
    FulfilmentRequest,
)
from services.membership.service.dependencies import Base

COMMITMENT = CommitmentAnswer()
FULFILMENT = FulfilmentAnswer()


class CommitmentRoutes(Base):
    """Commitments: who undertakes what, and who has done it."""

    @route(
        "GET",
        "/commitments",
        scope="membership:read",
        query=CommitmentsQuery,
        answer=CommitmentAnswer,
        many=True,
    )
    def list_commitments(self, query: dict[str, Any]) -> dict[str, Any]:
        """What a unit and those one level below it undertake, and how far they are in a year."""
        year = query["year"] or clock.today().year
        with self.database.reading() as session:
            tree = self.tree.as_of(session)
            self.caller.must_reach(tree, query["unit"])
            items = commitments.listed(session, tree, query, year)
        return {"items": COMMITMENT.dump(items, many=True), "next": None}

    @route(
        "POST",
        "/units/<code>/commitments/<commitment>",
        scope="membership:write",
        body=FulfilmentRequest,
        answer=FulfilmentAnswer,
    )
    def fulfil(self, code: str, commitment: str, body: dict[str, Any]) -> dict[str, Any]:
        """Note that a unit has fulfilled a commitment."""
        day = body["fulfilled_on"]
        with self.database.writing() as session:
            tree = self.tree.as_of(session, hold=True)
            unit = units.get(session, code).code
            self.caller.must_reach(tree, unit)
            stored = commitments.fulfil(session, tree, unit, commitment, day)
        return FULFILMENT.dump(stored)  # type: ignore[no-any-return]
