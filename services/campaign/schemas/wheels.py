"""What is asked and answered about wheels, their entries, and what units make of them."""

from typing import Any

from marshmallow import ValidationError, fields, validate

from infra.fields import Code, Count, Day, Flag, Id, Moment, Paging, Request, Text, Word
from services.campaign.conversations import FIRST_DAY
from services.campaign.schemas.kinds import Impersonal
from services.campaign.schemas.templates import FEW, LONGEST_MATERIAL, LinkToMaterial
from services.campaign.templates import MOST_VERSIONS

MOST_PHASES = 20
MOST_UNITS = 100
LONGEST_PHASE = 80
LEVELS = ("party", "district", "branch", "association", "club")


def once(values: list[Any]) -> None:
    if len(set(values)) < len(values):
        raise ValidationError("Something is there twice.")


class WheelPhase(Request):
    """A phase of a term: `to` is its last day."""

    name = Impersonal(high=LONGEST_PHASE, required=True)
    from_on = Day(FIRST_DAY, data_key="from", required=True)
    to_on = Day(FIRST_DAY, data_key="to", required=True)


class WheelRequest(Request):
    """A wheel for the party or a district, over a term of four years at most."""

    id = Id(load_default=None)
    unit = Code(required=True)
    title = Impersonal(required=True)
    starts_on = Day(FIRST_DAY, required=True)
    ends_on = Day(FIRST_DAY, required=True)
    phases = fields.List(
        fields.Nested(WheelPhase), load_default=list, validate=validate.Length(max=MOST_PHASES)
    )
    conference_id = Id(load_default=None, allow_none=True)


class WheelAnswer(WheelRequest):
    """A stored wheel; nobody below sees it until it is published."""

    previous_id = Id(allow_none=True)
    created_at = Moment()
    published_at = Moment(allow_none=True)


class WheelsQuery(Paging):
    """Which wheels to list: of a unit, of those above it and of those below."""

    unit = Code(load_default="SE")


class WheelQuery(Request):
    """For which unit; as the wheel was planned, unless it is said."""

    unit = Code(load_default=None)


class PublishRequest(Request):
    """To publish a wheel says nothing more."""


class NextWheelRequest(Request):
    """The next edition: everything `years` later."""

    id = Id(load_default=None)
    title = Impersonal(required=True)
    years = Count(1, 4, required=True)
    conference_id = Id(load_default=None, allow_none=True)


class EntryRequest(Request):
    """What is to be held from one day to another by some units, or those of a kind below them."""

    id = Id(load_default=None)
    template_id = Id(required=True)
    version = Count(1, MOST_VERSIONS, load_default=None, allow_none=True)
    title = Impersonal(required=True)
    phase = Text(high=LONGEST_PHASE, load_default=None, allow_none=True)
    from_on = Day(FIRST_DAY, data_key="from", required=True)
    to_on = Day(FIRST_DAY, data_key="to", required=True)
    units = fields.List(
        Code(), required=True, validate=[validate.Length(min=1, max=MOST_UNITS), once]
    )
    unit_kind = Word(*LEVELS, load_default=None, allow_none=True)


class EntryAnswer(EntryRequest):
    """A stored entry, withdrawn or not."""

    wheel_id = Id()
    created_at = Moment()
    withdrawn_at = Moment(allow_none=True)


class EntryPlanned(EntryAnswer):
    """An entry as a unit has it, and how many activities are planned and were held for it.

    `adapted_by` is the unit, itself or above, whose adaptation it is.
    """

    kind = Text(allow_none=True)
    dropped = Flag()
    adapted_by = Code(allow_none=True)
    planned = Count()
    held = Count()


class EntryWhole(EntryPlanned):
    """The same with its material."""

    material = Text(high=LONGEST_MATERIAL, allow_none=True)
    links = fields.List(fields.Nested(LinkToMaterial))


class WheelWhole(WheelAnswer):
    """A wheel with its entries."""

    entries = fields.List(fields.Nested(EntryPlanned))


class WithdrawRequest(Request):
    """To withdraw an entry says nothing more."""


class AdaptationRequest(Request):
    """What a unit has in place of what the entry says; what is left out is as in the entry."""

    title = Impersonal(load_default=None, allow_none=True)
    material = Impersonal(high=LONGEST_MATERIAL, load_default=None, allow_none=True)
    links = fields.List(
        fields.Nested(LinkToMaterial), load_default=None, allow_none=True, validate=FEW
    )
    from_on = Day(FIRST_DAY, data_key="from", load_default=None, allow_none=True)
    to_on = Day(FIRST_DAY, data_key="to", load_default=None, allow_none=True)
    dropped = Flag(load_default=False)


class AdaptationAnswer(AdaptationRequest):
    """What is kept of it."""

    entry_id = Id()
    unit = Code()
    version = Count()
    changed_at = Moment()


class UnitAdoption(Request):
    """How a wheel is carried out in a unit and below it.

    `entries` hold there; of those `planned` have an activity planned or held, and `held` one held.
    """

    unit = Code()
    name = Text()
    entries = Count()
    planned = Count()
    held = Count()
    activities_planned = Count()
    activities_held = Count()
    dropped = Count()


class AdoptionAnswer(UnitAdoption):
    """The same, and of each unit one level down."""

    wheel_id = Id()
    children = fields.List(fields.Nested(UnitAdoption))
