"""Prospects: who is curious and consents to be contacted, until they join or decline."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, LargeBinary, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import clock, outbox
from infra.creation import create_all
from infra.database import Base, Instant, insert_new, locked
from infra.errors import Conflict, Invalid, NotFound
from infra.identity import new_id
from infra.units import Tree
from services.membership import vocabulary
from services.membership.events.prospects import ProspectRegistered
from services.membership.vault import Vault

STATUSES = ("registered", "asked", "joined", "declined")
OPEN = ("registered", "asked")
"""Those who may be asked."""

DELETED = "deleted"
"""The status of a row that is kept for the funnel alone; to callers there is no such prospect."""

ANSWERS = ("joined", "declined", "later")
PERSONAL = ("name", "email", "phone", "union", "birth_year")


class Prospect(Base):
    """One who consented, on `registered_on`, to be contacted; `personal` is sealed, of PERSONAL.

    `asked_on` is the day of the first ask, `last_asked_on` and `answer` are of the last of `asks`.
    `heard_on` is the day of the last ask or, before any, of the consent: what is kept is kept so
    many days from it. `personal`, and the marks by which members are found too, are gone once the
    prospect is a member, who tells it anew.
    """

    __tablename__ = "prospect"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(10))
    source: Mapped[str] = mapped_column(String(20))
    registered_on: Mapped[date]
    heard_on: Mapped[date]
    consent_at: Mapped[datetime | None] = mapped_column(Instant)
    interests: Mapped[list[str]] = mapped_column(JSON)
    conversation_id: Mapped[UUID | None]
    activity_id: Mapped[UUID | None]
    asks: Mapped[int]
    asked_on: Mapped[date | None]
    last_asked_on: Mapped[date | None]
    answer: Mapped[str | None] = mapped_column(String(10))
    declined_on: Mapped[date | None]
    joined_on: Mapped[date | None]
    member_id: Mapped[UUID | None]
    personal: Mapped[bytes | None] = mapped_column(LargeBinary)
    digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    email_mark: Mapped[bytes | None] = mapped_column(LargeBinary)
    phone_mark: Mapped[bytes | None] = mapped_column(LargeBinary)

    def ask(self, asked_on: date, answer: str | None) -> None:
        """Somebody asked; of several asks the last one's answer holds."""
        if self.status not in OPEN:
            raise Conflict("Who has joined or declined is not asked.")
        self._check_day("asked_on", asked_on, self.registered_on)
        self.status, self.asks = "asked", self.asks + 1
        self.asked_on = min(self.asked_on or asked_on, asked_on)
        self.heard_on = max(self.heard_on, asked_on)
        if self.last_asked_on is None or asked_on >= self.last_asked_on:
            self.last_asked_on, self.answer = asked_on, answer
            if answer == "declined":
                self.decline(asked_on)

    def decline(self, declined_on: date) -> bool:
        """Not want to be asked any more; False when that was said before, the same day."""
        if self.status == "declined":
            if self.declined_on != declined_on:
                raise Conflict("The prospect has declined before, on another day.")
            return False
        if self.status not in OPEN:
            raise Conflict("The prospect has become a member.")
        self._check_day("declined_on", declined_on, self.last_asked_on or self.registered_on)
        self.status, self.declined_on = "declined", declined_on
        return True

    def _check_day(self, field: str, day: date, first: date) -> None:
        _check_not_future(field, day)
        if day < first:
            raise Invalid("Too early", {field: ["Before the consent, or before the last ask."]})


def register(
    session: Session, tree: Tree, request: dict[str, Any], vault: Vault
) -> tuple[Prospect, bool]:
    """Keep somebody who consented to be contacted; answers the prospect, and whether it is new.

    Raises Invalid for a unit where nothing happens, for days that cannot be and for words that are
    not in the vocabulary, Conflict when the id is taken by another prospect, or by one that is
    deleted.
    """
    outcomes = create_all(
        [{**request, "id": request["id"] or new_id()}],
        check=lambda row: _check(session, tree, row),
        insert=lambda rows: _insert(session, rows, vault),
        stored=lambda ids: _stored(session, ids),
        same=lambda prospect, row: prospect.digest == _digest(vault, row),
    )
    return outcomes[0].answer()


def decline(session: Session, prospect_id: UUID, request: dict[str, Any]) -> tuple[Prospect, bool]:
    """Note that a prospect declined, once; answers the prospect, and whether it was new.

    Raises NotFound, Invalid for a day that cannot be, and Conflict for one who declined on another
    day or is a member.
    """
    prospect = get(session, prospect_id, lock=True)
    return prospect, prospect.decline(request["declined_on"])


def get(session: Session, prospect_id: UUID, *, lock: bool = False) -> Prospect:
    """The prospect with that id; NotFound if there is none, or none any more."""
    query = select(Prospect).where(Prospect.id == prospect_id)
    found = session.scalars(locked(session, query) if lock else query).one_or_none()
    if found is None or found.status == DELETED:
        raise NotFound("There is no such prospect.")
    return found


def opened(vault: Vault, prospect: Prospect) -> dict[str, Any]:
    """What a prospect told of who they are; nothing of one who has joined."""
    found = vault.unseal(prospect.personal or b"")
    return {name: found.get(name) for name in PERSONAL}


def _check(session: Session, tree: Tree, request: dict[str, Any]) -> None:
    vocabulary.check(session, request)
    registered_on = clock.day_of(request["consent_at"])
    _check_not_future("consent_at", registered_on)
    union, born = request["union"], request["birth_year"]
    if union is not None:
        _check_not_future("union.consent_at", clock.day_of(union["consent_at"]))
    if born is not None:
        _check_not_future("birth_year.consent_at", clock.day_of(born["consent_at"]))
        _check_not_future("birth_year.year", date(born["year"], 1, 1))
    tree.check_fact(request["unit"], registered_on)


def _check_not_future(field: str, day: date) -> None:
    if day > clock.today():
        raise Invalid("Not yet", {field: ["The day is in the future."]})


def _insert(session: Session, rows: list[dict[str, Any]], vault: Vault) -> dict[UUID, Prospect]:
    columns = {row["id"]: _columns(row, vault) for row in rows}
    new = insert_new(session, Prospect, list(columns.values()))
    facts = (ProspectRegistered(r["id"], r["unit"], r["source"]) for r in rows if r["id"] in new)
    outbox.append(session, *facts)
    return {key: Prospect(**columns[key]) for key in columns if key in new}


def _stored(session: Session, ids: set[UUID]) -> dict[UUID, Prospect]:
    query = select(Prospect).where(Prospect.id.in_(ids))
    return {prospect.id: prospect for prospect in session.scalars(query)}


def _columns(row: dict[str, Any], vault: Vault) -> dict[str, Any]:
    registered_on = clock.day_of(row["consent_at"])
    told = ("id", "unit", "source", "interests", "conversation_id", "activity_id")
    return {
        **{name: row[name] for name in told},
        "status": "registered",
        "registered_on": registered_on,
        "heard_on": registered_on,
        "consent_at": row["consent_at"].astimezone(UTC),
        "asks": 0,
        "personal": vault.seal(_personal(row)),
        "digest": _digest(vault, row),
        "email_mark": row["email"] and vault.index("email", row["email"].casefold()),
        "phone_mark": row["phone"] and vault.index("phone", row["phone"]),
    }


def _digest(vault: Vault, row: dict[str, Any]) -> bytes:
    told = ("unit", "source", "interests", "conversation_id", "activity_id")
    consent = {"consent_at": clock.rfc3339(row["consent_at"])}
    return vault.digest("prospect", {name: row[name] for name in told} | consent | _personal(row))


def _personal(row: dict[str, Any]) -> dict[str, Any]:
    """The part of a request that is sealed, as JSON."""
    found = {name: row[name] for name in PERSONAL}
    for name in ("union", "birth_year"):
        if found[name] is not None:
            consent = clock.rfc3339(found[name]["consent_at"])
            found[name] = {**found[name], "consent_at": consent}
    return found
