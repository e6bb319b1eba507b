"""A rebuild, as it is asked for and answered."""

from marshmallow import fields

from infra.fields import Count, Id, Moment, Request, Text, Word


class RebuildRequest(Request):
    """A rebuild to begin."""

    id = Id(load_default=None)


class SourceAnswer(Request):
    """How far one feed has been read, and where it ends."""

    source = Text()
    position = Count()
    head = Count()


class RebuildAnswer(Request):
    """The last rebuild; `state` is idle when there was none."""

    id = Id(allow_none=True)
    state = Word("idle", "running", "done", "failed")
    sources = fields.List(fields.Nested(SourceAnswer))
    started_at = Moment(allow_none=True)
    finished_at = Moment(allow_none=True)
    error = Text(high=1000, allow_none=True)
