"""The routes of policy inputs."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from infra.http import Created, route
from infra.service import Service
from services.campaign import policy_inputs
from services.campaign.policy_inputs import PolicyInput
from services.campaign.schemas.policy_inputs import (
    PolicyAnswerRequest,
    PolicyInputReply,
    PolicyInputRequest,
    PolicyInputsQuery,
    TakeUpRequest,
)

INPUT = PolicyInputReply()


class PolicyInputRoutes(Service):
    """What was heard, on its way into policy."""

    @route(
        "POST",
        "/policy-inputs",
        scope="campaign:write",
        body=PolicyInputRequest,
        answer=PolicyInputReply,
        creates=True,
    )
    def receive_input(self, body: dict[str, Any]) -> Created:
        """Take what was heard or decided."""
        with self.database.writing() as session:
            tree = self.units.tree(session)
            self.caller.must_reach(tree, body["unit"])
            found, new = policy_inputs.receive(session, tree, body)
        return Created(INPUT.dump(found), new)

    @route(
        "POST",
        "/policy-inputs/<uuid:input_id>/take-up",
        scope="campaign:write",
        body=TakeUpRequest,
        answer=PolicyInputReply,
    )
    def take_up_input(self, input_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
        """Note that somebody works on it."""
        return self._changed(input_id, lambda session: policy_inputs.take_up(session, input_id))

    @route(
        "POST",
        "/policy-inputs/<uuid:input_id>/answer",
        scope="campaign:write",
        body=PolicyAnswerRequest,
        answer=PolicyInputReply,
    )
    def answer_input(self, input_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
        """Answer it: its unit sees what became of it."""
        text, on = body["text"], body["answered_on"]
        return self._changed(
            input_id, lambda session: policy_inputs.answer(session, input_id, text, on)
        )

    @route(
        "GET",
        "/policy-inputs",
        scope="campaign:read",
        query=PolicyInputsQuery,
        answer=PolicyInputReply,
        many=True,
    )
    def list_inputs(self, query: dict[str, Any]) -> dict[str, Any]:
        """The inputs of a unit and all below it, with their answers, the last received first."""
        with self.database.reading() as session:
            tree = self.units.tree(session)
            self.caller.must_reach(tree, query["unit"])
            tree.check_known(query["unit"])
            page = policy_inputs.listed(session, tree, query)
        return {"items": INPUT.dump(page.items, many=True), "next": page.next}

    def _changed(self, input_id: UUID, change: Callable[[Session], PolicyInput]) -> dict[str, Any]:
        with self.database.writing() as session:
            tree = self.units.tree(session)
            self.caller.must_reach(tree, policy_inputs.get(session, input_id).unit)
            changed: dict[str, Any] = INPUT.dump(change(session))
        return changed
