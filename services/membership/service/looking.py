"""How members are looked at: openly, or with who they are, which is noted."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from services.membership import access_log, members
from services.membership.members import Member
from services.membership.schemas.members import MemberAnswer
from services.membership.service.dependencies import Base
from services.membership.vault import Vault

PERSONAL = "membership:personal"
MEMBER = MemberAnswer()


@dataclass(frozen=True)
class Look:
    """One transaction in which members are shown; with a purpose, who they are too."""

    session: Session
    who: str
    purpose: str | None
    vault: Vault | None

    def shown(self, found: Sequence[Member], what: str) -> list[dict[str, Any]]:
        """The members as they are answered; `what` is how the access log calls it."""
        rows: list[dict[str, Any]] = MEMBER.dump(found, many=True)
        if self.vault is not None:
            self.note([member.id for member in found], what)
            for row, member in zip(rows, found, strict=True):
                row["personal"] = members.opened(self.vault, member)
        return rows

    def note(self, ids: Collection[UUID], what: str) -> None:
        """Note in the access log that these members were seen."""
        if self.purpose is not None:
            access_log.note_all(
                self.session, who=self.who, members=ids, purpose=self.purpose, what=what
            )


class Looking(Base):
    """A room of routes that may show personal data."""

    @contextmanager
    def look(self, purpose: str | None) -> Iterator[Look]:
        """One look at the database; with a `purpose` at personal data too, and then noted.

        Raises Forbidden for a purpose without the scope.
        """
        if purpose is not None:
            self.caller.require(PERSONAL)
        vault = None if purpose is None else self.open_vault()
        begin = self.database.reading if purpose is None else self.database.writing
        with begin() as session:
            yield Look(session, self.caller.subject, purpose, vault)
