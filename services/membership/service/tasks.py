"""The routes of units' own tasks, of who would have them, and of nominations."""

from typing import Any
from uuid import UUID

from infra.http import Created, route
from services.membership import members, nominations, open_tasks, tasks, willingness
from services.membership.schemas.tasks import (
    NominationsAnswer,
    NominationsQuery,
    OpenTaskAnswer,
    OpenTasksQuery,
    TaskRequest,
    WillingnessAnswer,
    WillingnessRequest,
)
from services.membership.service.dependencies import Base

NOMINATIONS = NominationsAnswer()
OPEN_TASK = OpenTaskAnswer()
TASK = TaskRequest()
WILLINGNESS = WillingnessAnswer()


class TaskRoutes(Base):
    """Tasks of a unit's own, willingness, nominations."""

    @route(
        "POST",
        "/tasks",
        scope="membership:write",
        body=TaskRequest,
        answer=TaskRequest,
        creates=True,
    )
    def add_task(self, body: dict[str, Any]) -> Created:
        """Add a task of a unit's own."""
        with self.database.writing() as session:
            tree = self.tree.as_of(session, hold=True)
            self.caller.must_reach(tree, body["unit"])
            task, new = tasks.add(session, tree, body)
        return Created(TASK.dump(task), new)

    @route(
        "GET",
        "/open-tasks",
        scope="membership:read",
        query=OpenTasksQuery,
        answer=OpenTaskAnswer,
        many=True,
    )
    def list_open_tasks(self, query: dict[str, Any]) -> dict[str, Any]:
        """The tasks that nobody has, beside willing members whose interests match."""
        with self.database.reading() as session:
            tree = self.tree.as_of(session)
            self.caller.must_reach(tree, query["unit"])
            tree.check_known(query["unit"])
            page = open_tasks.open_tasks(session, tree, query)
        return {"items": OPEN_TASK.dump(page.items, many=True), "next": page.next}

    @route(
        "PUT",
        "/members/<uuid:member_id>/willingness",
        scope="membership:write",
        body=WillingnessRequest,
        answer=WillingnessAnswer,
    )
    def tell_willingness(self, member_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
        """Keep what a member agrees to be thought of for, in place of what was told before."""
        with self.database.writing() as session:
            member = members.get(session, member_id, lock=True)
            self.caller.must_reach(self.tree.as_of(session), member.unit)
            told = willingness.tell(session, member_id, body)
        return WILLINGNESS.dump(told)  # type: ignore[no-any-return]

    @route(
        "GET",
        "/nominations",
        scope="membership:read",
        query=NominationsQuery,
        answer=NominationsAnswer,
    )
    def nominate(self, query: dict[str, Any]) -> dict[str, Any]:
        """What a nominating committee works from: mandates that end, candidates, shares."""
        vault = self.open_vault()
        with self.database.reading() as session:
            tree = self.tree.as_of(session)
            self.caller.must_reach(tree, query["unit"])
            tree.check_known(query["unit"])
            page = nominations.mandates(session, tree, query)
            found = {
                "items": page.items,
                "next": page.next,
                "candidates": nominations.candidates(session, tree, query["unit"]),
                "holders": nominations.holders(
                    session, tree, vault, query["unit"], self.settings.young_age
                ),
            }
        return NOMINATIONS.dump(found)  # type: ignore[no-any-return]
