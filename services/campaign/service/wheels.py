"""The routes of wheels, their entries, and what units make of them."""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from infra.errors import Invalid
from infra.http import Created, route
from infra.service import Service
from infra.units import ROOT, Tree
from services.campaign import (
    adoption,
    next_wheels,
    unit_plans,
    wheel_adaptations,
    wheel_entries,
    wheels,
)
from services.campaign.schemas.wheels import (
    AdaptationAnswer,
    AdaptationRequest,
    AdoptionAnswer,
    EntryAnswer,
    EntryRequest,
    EntryWhole,
    NextWheelRequest,
    PublishRequest,
    WheelAnswer,
    WheelQuery,
    WheelRequest,
    WheelsQuery,
    WheelWhole,
    WithdrawRequest,
)
from services.campaign.wheels import Wheel

ADAPTATION = AdaptationAnswer()
ADOPTION = AdoptionAnswer()
ENTRY = EntryAnswer()
ENTRY_WHOLE = EntryWhole()
WHEEL = WheelAnswer()
WHOLE = WheelWhole()


class WheelRoutes(Service):
    """Wheels: plan, fill, publish, adapt, follow up, plan again."""

    @route(
        "POST",
        "/wheels",
        scope="campaign:write",
        body=WheelRequest,
        answer=WheelAnswer,
        creates=True,
    )
    def plan_wheel(self, body: dict[str, Any]) -> Created:
        """Plan a wheel."""
        with self.database.writing() as session:
            tree = self.units.tree(session)
            self.caller.must_reach(tree, body["unit"])
            wheel, new = wheels.plan(session, tree, body)
        return Created(WHEEL.dump(wheel), new)

    @route(
        "GET",
        "/wheels",
        scope="campaign:read",
        query=WheelsQuery,
        answer=WheelAnswer,
        many=True,
    )
    def list_wheels(self, query: dict[str, Any]) -> dict[str, Any]:
        """The wheels of a unit, of those above it and of those below, the last to begin first."""
        with self.database.reading() as session:
            tree = self.units.tree(session)
            self.caller.must_reach(tree, query["unit"])
            tree.check_known(query["unit"])
            own = self.caller.unit
            drafts_of = None if own == ROOT else tree.subtree(own)
            page = wheels.listed(session, tree, query, drafts_of)
        return {"items": WHEEL.dump(page.items, many=True), "next": page.next}

    @route(
        "GET",
        "/wheels/<uuid:wheel_id>",
        scope="campaign:read",
        query=WheelQuery,
        answer=WheelWhole,
    )
    def read_wheel(self, wheel_id: UUID, query: dict[str, Any]) -> dict[str, Any]:
        """A wheel with its entries; for a unit, with those that hold for it, as it has them."""
        with self.database.reading() as session:
            tree, wheel = self._looked_at(session, wheel_id, query["unit"])
            entries = unit_plans.plan(session, tree, wheel, query["unit"])
        return {**WHEEL.dump(wheel), **WHOLE.dump({"entries": entries})}

    @route(
        "POST",
        "/wheels/<uuid:wheel_id>/publish",
        scope="campaign:write",
        body=PublishRequest,
        answer=WheelAnswer,
    )
    def publish_wheel(self, wheel_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
        """Show a wheel to all units that it is for."""
        with self.database.writing() as session:
            self._own(session, wheel_id)
            wheel = wheel_entries.publish(session, wheel_id)
        return WHEEL.dump(wheel)  # type: ignore[no-any-return]

    @route(
        "POST",
        "/wheels/<uuid:wheel_id>/next",
        scope="campaign:write",
        body=NextWheelRequest,
        answer=WheelAnswer,
        creates=True,
    )
    def plan_next_wheel(self, wheel_id: UUID, body: dict[str, Any]) -> Created:
        """Copy a wheel and its entries for the years that come."""
        with self.database.writing() as session:
            tree = self._own(session, wheel_id)
            wheel, new = next_wheels.plan_next(session, tree, wheel_id, body)
        return Created(WHEEL.dump(wheel), new)

    @route(
        "POST",
        "/wheels/<uuid:wheel_id>/entries",
        scope="campaign:write",
        body=EntryRequest,
        answer=EntryAnswer,
        creates=True,
    )
    def add_entry(self, wheel_id: UUID, body: dict[str, Any]) -> Created:
        """Add an entry to a wheel, published or not."""
        with self.database.writing() as session:
            tree = self._own(session, wheel_id)
            entry, new = wheel_entries.add(session, tree, wheel_id, body)
        return Created(ENTRY.dump(entry), new)

    @route(
        "GET",
        "/wheels/<uuid:wheel_id>/entries/<uuid:entry_id>",
        scope="campaign:read",
        query=WheelQuery,
        answer=EntryWhole,
    )
    def read_entry(self, wheel_id: UUID, entry_id: UUID, query: dict[str, Any]) -> dict[str, Any]:
        """An entry with its material; for a unit, as it has it."""
        with self.database.reading() as session:
            tree, wheel = self._looked_at(session, wheel_id, query["unit"])
            found = wheel_entries.get(session, wheel_id, entry_id)
            whole = unit_plans.entry(session, tree, wheel, found, query["unit"])
        return ENTRY_WHOLE.dump(whole)  # type: ignore[no-any-return]

    @route(
        "POST",
        "/wheels/<uuid:wheel_id>/entries/<uuid:entry_id>/withdraw",
        scope="campaign:write",
        body=WithdrawRequest,
        answer=EntryAnswer,
    )
    def withdraw_entry(
        self, wheel_id: UUID, entry_id: UUID, body: dict[str, Any]
    ) -> dict[str, Any]:
        """Take an entry out of the plan; it stays to be seen as withdrawn."""
        with self.database.writing() as session:
            self._own(session, wheel_id)
            entry = wheel_entries.withdraw(session, wheel_id, entry_id)
        return ENTRY.dump(entry)  # type: ignore[no-any-return]

    @route(
        "PUT",
        "/wheels/<uuid:wheel_id>/entries/<uuid:entry_id>/adaptations/<unit>",
        scope="campaign:write",
        body=AdaptationRequest,
        answer=AdaptationAnswer,
    )
    def adapt_entry(
        self, wheel_id: UUID, entry_id: UUID, unit: str, body: dict[str, Any]
    ) -> dict[str, Any]:
        """Keep what a unit makes of an entry, in place of what it made of it before."""
        with self.database.writing() as session:
            tree = self.units.tree(session)
            self.caller.must_reach(tree, unit)
            wheel = wheels.get(session, wheel_id)
            made = wheel_adaptations.adapt(session, tree, wheel, entry_id, unit, body)
        return ADAPTATION.dump(made)  # type: ignore[no-any-return]

    @route(
        "GET",
        "/wheels/<uuid:wheel_id>/adoption",
        scope="campaign:read",
        query=WheelQuery,
        answer=AdoptionAnswer,
    )
    def read_adoption(self, wheel_id: UUID, query: dict[str, Any]) -> dict[str, Any]:
        """What of a wheel is planned and was held, in a unit and in each one level down."""
        with self.database.reading() as session:
            tree, wheel = self._looked_at(session, wheel_id, query["unit"])
            unit = query["unit"] or wheel.unit
            found = adoption.adoption(session, tree, wheel_id, unit)
        return ADOPTION.dump(found)  # type: ignore[no-any-return]

    def _own(self, session: Session, wheel_id: UUID) -> Tree:
        """The tree, and the wheel locked; Forbidden unless the caller may act for its unit."""
        tree: Tree = self.units.tree(session)
        self.caller.must_reach(tree, wheels.get(session, wheel_id, lock=True).unit)
        return tree

    def _looked_at(self, session: Session, wheel_id: UUID, unit: str | None) -> tuple[Tree, Wheel]:
        """The wheel for a unit of the caller's; a draft, and all of one, for its own unit alone."""
        tree, wheel = self.units.tree(session), wheels.get(session, wheel_id)
        if unit is None or wheel.published_at is None:
            self.caller.must_reach(tree, wheel.unit)
        if unit is not None:
            self.caller.must_reach(tree, unit)
            tree.check_known(unit)
            if not tree.within(unit, wheel.unit):
                raise Invalid("Not theirs", {"unit": ["The wheel is not for that unit."]})
        return tree, wheel
