"""What goes out: answers, and refusals as RFC 9457 problems."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.exceptions import NotFound as NoSuchRoute
from werkzeug.wrappers import Response

from infra import json
from infra.database import AWAY
from infra.errors import Malformed, NotAllowed, NotFound, Problem, Unavailable

log = structlog.get_logger("infra.http")


@dataclass(frozen=True, slots=True)
class Created:
    """An answer to a create or an action: 201 the first time, 200 when sent again."""

    body: Any
    new: bool


@dataclass(frozen=True, slots=True)
class Raw:
    """An answer that is not made of fields: a page, a feed, a list of series.

    Of one with a `tag`, which is another for another body, a caller that has it is told just that.
    Pieces are sent one by one, as they are made; where one cannot be, the connection is closed.
    """

    body: bytes | Iterator[bytes]
    content_type: str
    status: int = 200
    tag: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def tagged(
        cls, body: bytes, content_type: str, headers: Mapping[str, str] | None = None
    ) -> "Raw":
        """A body whose tag is made of itself."""
        tag = hashlib.sha256(body).hexdigest()[:32]
        return cls(body, content_type, tag=tag, headers=headers or {})


def problem_response(problem: Problem) -> Response:
    """The RFC 9457 answer to a refusal."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": problem.title,
        "status": problem.status,
    }
    if problem.detail:
        body["detail"] = problem.detail
    if problem.errors:
        body["errors"] = problem.errors
    body |= problem.more
    response = Response(json.dumps(body), problem.status, content_type="application/problem+json")
    if problem.status == 503:
        response.headers["Retry-After"] = "1"
    if problem.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def response_to(result: Any) -> Response:
    """The answer that a service method's result makes."""
    if isinstance(result, Raw):
        response = Response(result.body, result.status, content_type=result.content_type)
        response.headers.update(result.headers)
        if result.tag is not None:
            response.set_etag(result.tag)
        return response
    status = 200
    if isinstance(result, Created):
        status = 201 if result.new else 200
        result = result.body
    return Response(json.dumps(result), status, content_type="application/json")


def as_problem(error: Exception) -> Problem:
    """The refusal that an error means to the caller; what is no refusal is logged and hidden."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, AWAY):
        log.warning("database_away", error=type(error).__name__)
        return Unavailable("The database cannot be reached right now.")
    if isinstance(error, NoSuchRoute):
        return NotFound("There is no such address.")
    if isinstance(error, MethodNotAllowed):
        return NotAllowed("The address takes: " + ", ".join(sorted(error.valid_methods or ())))
    if isinstance(error, HTTPException):
        return Malformed("The request cannot be understood.")
    log.error("request_failed", exc_info=error)
    return Problem("Something is wrong on our side; the log has it under the request's id.")
