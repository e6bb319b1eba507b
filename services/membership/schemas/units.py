"""What is asked and answered about units."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from infra.fields import Code, Count, Day, Flag, Paging, Request, Text, Word
from infra.units import KINDS
from services.membership.events.units import MOST_PEOPLE

MOST_UNITS = 5000


class EditionUnit(Request):
    """A unit of an edition."""

    code = Code(required=True)
    name = Text(required=True)
    kind = Word(*KINDS, required=True)
    parent = Code(load_default=None, allow_none=True)
    population = Count(0, MOST_PEOPLE, load_default=None, allow_none=True)


class EditionRequest(Request):
    """A whole organisation."""

    national = Flag(load_default=True)
    units = fields.List(
        fields.Nested(EditionUnit), required=True, validate=validate.Length(max=MOST_UNITS)
    )


class EditionAnswer(Request):
    """How many units an edition touched."""

    registered = Count()
    changed = Count()
    closed = Count()
    unchanged = Count()


class UnitRequest(EditionUnit):
    """A new unit, from a day on."""

    parent = Code(required=True)
    on = Day(load_default=None, allow_none=True)


class UnitPatch(Request):
    """What changes about a unit, from a day on."""

    on = Day(required=True)
    name = Text(load_default=None)
    parent = Code(load_default=None)
    open = Flag(load_default=None, validate=validate.Equal(False, error="Can only become false."))

    @validates_schema
    def something_changes(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a change of nothing."""
        if all(data[name] is None for name in ("name", "parent", "open")):
            raise ValidationError("Needs name, parent or open.")


class UnitAnswer(EditionUnit):
    """A unit as of its latest version."""

    open = Flag()
    version = Count()
    valid_from = Day()


class UnitsQuery(Paging):
    """Which units to list."""

    kind = Word(*KINDS, load_default=None)
    parent = Code(load_default=None)
