"""The routes of personal data: who saw it, all of it for the one it tells of, and its erasure."""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from infra.http import route
from services.membership import access_log, aliases, erasing, exporting, members
from services.membership.schemas.members import MemberAnswer
from services.membership.schemas.personal import (
    AccessAnswer,
    AccessQuery,
    EraseRequest,
    ExportAnswer,
    SaysWhy,
)
from services.membership.service.looking import Looking

ACCESS = AccessAnswer()
MEMBER = MemberAnswer()


class PersonalRoutes(Looking):
    """Personal data: access log, export, erasure."""

    @route(
        "GET",
        "/members/<uuid:member_id>/access-log",
        scope="membership:personal",
        query=AccessQuery,
        headers=SaysWhy,
        answer=AccessAnswer,
        many=True,
    )
    def list_accesses(
        self, member_id: UUID, query: dict[str, Any], headers: dict[str, Any]
    ) -> dict[str, Any]:
        """Who saw what is personal of the member, the first access first; this one is the last."""
        with self.look(headers["purpose"]) as look:
            self._must_reach(look.session, member_id)
            look.note([member_id], "access_log")
            known = aliases.ids(look.session, member_id)
            page = access_log.of_member(look.session, known, query)
        return {"items": ACCESS.dump(page.items, many=True), "next": page.next}

    @route(
        "GET",
        "/members/<uuid:member_id>/export",
        scope="membership:personal",
        headers=SaysWhy,
        answer=ExportAnswer,
    )
    def export_member(self, member_id: UUID, headers: dict[str, Any]) -> dict[str, Any]:
        """Everything that is held of the member, for the member to have."""
        vault = self.open_vault()
        with self.look(headers["purpose"]) as look:
            self._must_reach(look.session, member_id)
            look.note([member_id], "export")
            return exporting.export(look.session, vault, member_id)

    @route(
        "POST",
        "/members/<uuid:member_id>/erase",
        scope="membership:erase",
        body=EraseRequest,
        answer=MemberAnswer,
    )
    def erase_member(self, member_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
        """Forget one who has left; what is counted of them stays."""
        with self.database.writing() as session:
            self._must_reach(session, member_id, lock=True)
            member, _ = erasing.erase(session, member_id)
        shown: dict[str, Any] = MEMBER.dump(member)
        return shown

    def _must_reach(self, session: Session, member_id: UUID, *, lock: bool = False) -> None:
        member = members.get(session, member_id, lock=lock)
        self.caller.must_reach(self.tree.as_of(session), member.unit)
