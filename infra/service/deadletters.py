"""The dead letters of a service's subscription over HTTP: list, show, retry, discard."""

from base64 import b64encode
from typing import Any, ClassVar
from uuid import UUID

import structlog
from marshmallow import ValidationError, fields, validate, validates_schema

from infra import deadletters
from infra.deadletters import Selection
from infra.errors import Forbidden
from infra.fields import Count, Flag, Id, Moment, Paging, QueryFlag, Request, Text
from infra.http import route
from infra.units import ROOT

log = structlog.get_logger(__name__)

AT_ONCE = 100
"""Letters that are tried before a retry is answered; the others follow by themselves."""

MOST = 1000
"""Ids in one request."""


class EventType(fields.String):
    """A type of event with its version: `campaign.conversation_logged.v1`."""

    def __init__(self, **kwargs: Any) -> None:
        pattern = deadletters.TYPE.pattern.replace(r"\Z", "$")
        shape = {"pattern": pattern, "minLength": 1, "maxLength": deadletters.LONGEST_TYPE}
        super().__init__(metadata=shape, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if deadletters.legible(text) is None:
            raise ValidationError("Not a type of event, as campaign.conversation_logged.v1.")
        return text


class LettersQuery(Paging):
    """Which letters to list."""

    type = EventType(load_default=None)
    set_aside = QueryFlag(load_default=None)


class SelectionRequest(Request):
    """Which letters are meant, said in exactly one way."""

    ids = fields.List(Id(), validate=validate.Length(min=1, max=MOST))
    type = EventType()
    all = Flag(validate=validate.Equal(True, error="May only be true."))

    @validates_schema
    def _one_way(self, data: dict[str, Any], **_: Any) -> None:
        if len(data) != 1:
            message = "Give exactly one of ids, type and all."
            raise ValidationError({name: [message] for name in data or self.fields})


class LetterSummary(Request):
    """A dead letter in a list."""

    id = Id(required=True)
    subscription = Text(required=True)
    type = Text(required=True, allow_none=True)
    error = Text(required=True)
    attempts = Count(required=True)
    first_failed_at = Moment(required=True)
    failed_at = Moment(required=True)
    retry_at = Moment(required=True, allow_none=True)
    set_aside = Flag(required=True)


class LetterAnswer(LetterSummary):
    """A dead letter with the bytes that came: as text where they are UTF-8, or else in base64."""

    traceback = Text(required=True)
    body = Text(required=True)
    body_is_base64 = Flag(required=True)


class Retried(Request):
    """How many letters were made due."""

    retried = Count(required=True)


class Discarded(Request):
    """How many letters are no more."""

    discarded = Count(required=True)


SUMMARY = LetterSummary()


class DeadLetters:
    """The routes; a part of every service."""

    name: ClassVar[str]
    database: Any
    caller: Any
    subscription: Any

    @route("GET", "/dead-letters", scope="ops", query=LettersQuery, answer=LetterSummary, many=True)
    def list_dead_letters(self, query: dict[str, Any]) -> dict[str, Any]:
        """The events that this service could not handle, the newest first."""
        self._of_the_whole()
        with self.database.reading() as session:
            page = deadletters.listed(session, self.name, query)
            return {"items": SUMMARY.dump(page.items, many=True), "next": page.next}

    @route("GET", "/dead-letters/<uuid:letter_id>", scope="ops", answer=LetterAnswer)
    def show_dead_letter(self, letter_id: UUID) -> dict[str, Any]:
        """One of them, with error, traceback and the bytes that came."""
        self._of_the_whole()
        with self.database.reading() as session:
            letter = deadletters.get(session, self.name, letter_id)
        body, is_base64 = _shown(letter.body)
        seen = {"traceback": letter.traceback, "body": body, "body_is_base64": is_base64}
        return {**SUMMARY.dump(letter), **seen}

    @route("POST", "/dead-letters/retry", scope="ops", body=SelectionRequest, answer=Retried)
    def retry_dead_letters(self, body: dict[str, Any]) -> dict[str, int]:
        """Try letters again now; safe to repeat, since what was handled is no letter any more."""
        self._of_the_whole()
        with self.database.writing() as session:
            due = deadletters.make_due(session, self.name, _selection(body))
        about = {"subscription": self.name, "caller": self.caller.subject}
        log.info("dead_letters_retried", count=len(due), **about)
        self.subscription.retry(due[:AT_ONCE])
        return {"retried": len(due)}

    @route("POST", "/dead-letters/discard", scope="ops", body=SelectionRequest, answer=Discarded)
    def discard_dead_letters(self, body: dict[str, Any]) -> dict[str, int]:
        """Forget letters for good: they will never have their effect here."""
        self._of_the_whole()
        with self.database.writing() as session:
            count = deadletters.discard(session, self.name, _selection(body))
        about = {"subscription": self.name, "caller": self.caller.subject}
        log.info("dead_letters_discarded", count=count, **about)
        return {"discarded": count}

    def _of_the_whole(self) -> None:
        if self.caller.unit != ROOT:
            raise Forbidden("Dead letters need a token for the whole organisation.")


def _selection(body: dict[str, Any]) -> Selection:
    return Selection(ids=body.get("ids"), type=body.get("type"))


def _shown(body: bytes) -> tuple[str, bool]:
    try:
        return body.decode(), False
    except UnicodeDecodeError:
        return b64encode(body).decode(), True
