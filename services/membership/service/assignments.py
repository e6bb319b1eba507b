"""The routes of assignments and of what is vacant."""

from typing import Any
from uuid import UUID

from infra.http import Created, route
from services.membership import assignments, vacancies
from services.membership.schemas.assignments import (
    AssignmentAnswer,
    AssignmentRequest,
    AssignmentsQuery,
    EndRequest,
    VacanciesQuery,
    VacancyAnswer,
)
from services.membership.service.dependencies import Base

ASSIGNMENT = AssignmentAnswer()
VACANCY = VacancyAnswer()


class AssignmentRoutes(Base):
    """Assignments: start, end, what there is and what is vacant."""

    @route(
        "POST",
        "/assignments",
        scope="membership:write",
        body=AssignmentRequest,
        answer=AssignmentAnswer,
        creates=True,
    )
    def start_assignment(self, body: dict[str, Any]) -> Created:
        """Let a member carry a task."""
        with self.database.writing() as session:
            tree = self.tree.as_of(session, hold=True)
            self.caller.must_reach(tree, body["unit"])
            assignment, new = assignments.start(session, tree, body)
        return Created(ASSIGNMENT.dump(assignment), new)

    @route(
        "POST",
        "/assignments/<uuid:assignment_id>/end",
        scope="membership:write",
        body=EndRequest,
        answer=AssignmentAnswer,
    )
    def end_assignment(self, assignment_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
        """End an assignment."""
        with self.database.writing() as session:
            unit = assignments.get(session, assignment_id, lock=True).unit
            self.caller.must_reach(self.tree.as_of(session), unit)
            assignment, _ = assignments.end(session, assignment_id, body["ended_on"])
        return ASSIGNMENT.dump(assignment)  # type: ignore[no-any-return]

    @route(
        "GET",
        "/assignments",
        scope="membership:read",
        query=AssignmentsQuery,
        answer=AssignmentAnswer,
        many=True,
    )
    def list_assignments(self, query: dict[str, Any]) -> dict[str, Any]:
        """The assignments of a unit and all below it, the last to start first."""
        with self.database.reading() as session:
            tree = self.tree.as_of(session)
            self.caller.must_reach(tree, query["unit"])
            tree.check_known(query["unit"])
            page = assignments.listed(session, tree, query)
        return {"items": ASSIGNMENT.dump(page.items, many=True), "next": page.next}

    @route(
        "GET",
        "/vacancies",
        scope="membership:read",
        query=VacanciesQuery,
        answer=VacancyAnswer,
        many=True,
    )
    def list_vacancies(self, query: dict[str, Any]) -> dict[str, Any]:
        """The officers that a unit and those below it should have and lack."""
        with self.database.reading() as session:
            tree = self.tree.as_of(session)
            self.caller.must_reach(tree, query["unit"])
            tree.check_known(query["unit"])
            page = vacancies.vacancies(session, tree, query)
        return {"items": VACANCY.dump(page.items, many=True), "next": page.next}
