"""Kinds of activity, as they are asked and answered."""

from typing import Any

from marshmallow import validate

from infra.fields import Paging, Request, Text
from services.campaign.events.activities import KIND_PATTERN, LONGEST_KIND
from services.campaign.schemas.kinds import Impersonal


class KindWord(Text):
    """A kind of activity: words in small letters from a to z, joined by `_`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(high=LONGEST_KIND, **kwargs)
        pattern = KIND_PATTERN.replace("$", r"\Z")
        wanted = "Write words in small letters, a to z, joined by _."
        self.validators.append(validate.Regexp(pattern, error=wanted))


class ActivityKindRequest(Request):
    """A kind that the party adds to its list, and how it is shown."""

    word = KindWord(required=True)
    label = Impersonal(high=100, required=True)


class ActivityKindsQuery(Paging):
    """Which kinds to list: all."""
