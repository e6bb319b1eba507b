"""The copy of the organisation."""

from sqlalchemy.orm import Session

from infra import units
from infra.event import Event
from infra.fields import UnitData
from infra.service import Service, subscribe


class UnitCopies(Service):
    """What is read of membership's events about units."""

    @subscribe("membership.unit_registered.v1", UnitData)
    @subscribe("membership.unit_changed.v1", UnitData)
    def copy_units(self, session: Session, events: list[Event]) -> None:
        """Keep the copy of the organisation."""
        units.copy(session, events)
