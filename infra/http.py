"""HTTP entrypoints: `@route` parses, authorises, runs the method, answers; errors are problems."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from logging import getLogger
from typing import Any, TypeVar

import eventlet
import structlog
from eventlet import wsgi
from eventlet.event import Event as Result
from marshmallow import Schema, ValidationError
from nameko.extensions import register_entrypoint
from nameko.web.handlers import HttpRequestHandler
from nameko.web.server import HttpOnlyProtocol, WebServer
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.exceptions import NotFound as NoSuchRoute
from werkzeug.wrappers import Request, Response

from infra import context, json, telemetry
from infra.context import Context, working_on
from infra.database import AWAY
from infra.errors import (
    Invalid,
    Malformed,
    NotAllowed,
    NotFound,
    Problem,
    TooLarge,
    Unavailable,
    Unsupported,
)
from infra.fields import flat, shown
from infra.identity import new_id

log = structlog.get_logger("infra.http")

MAX_BODY = 5_000_000
"""Bytes; a thousand items of the largest kind are well below it."""

DRAIN = 10.0
"""Seconds that a stopping service gives the requests in hand."""

Method = TypeVar("Method", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Created:
    """An answer to a create or an action: 201 the first time, 200 when sent again."""

    body: Any
    new: bool


@dataclass(frozen=True, slots=True)
class Raw:
    """An answer that is not made of fields: a page, a feed, a list of series."""

    body: bytes
    content_type: str
    status: int = 200


def route(
    method: str,
    url: str,
    *,
    scope: str | None,
    body: type[Schema] | None = None,
    query: type[Schema] | None = None,
    answer: type[Schema] | None = None,
    many: bool = False,
    creates: bool = False,
) -> Callable[[Method], Method]:
    """Answer `method url` with what the decorated service method returns.

    `scope` is what the token must have; None only for what needs no token. The method gets the
    parts of the path, the loaded `body` and the loaded `query` by name, and finds the caller in
    `self.caller`. `answer` (with `many`, a list of it) documents what it returns, which is a
    dict, a Created or a Raw.
    """

    def register(function: Method) -> Method:
        register_entrypoint(function, Route(method, url, scope, body, query, answer, many, creates))
        return function

    return register


class HttpServer(WebServer):
    """nameko's web server with our answers to what no route takes, and a log line a request."""

    def get_wsgi_app(self) -> Callable[..., Any]:
        """The application that all of a service's routes make up."""
        self._application = Application(self.make_url_map(), self.container.service_name)
        return self._application

    def get_wsgi_server(self, sock: Any, wsgi_app: Any, **_: Any) -> Any:
        """eventlet's server, without its own log and with a limit on silent connections."""
        return wsgi.Server(
            sock,
            sock.getsockname(),
            wsgi_app,
            protocol=HttpOnlyProtocol,
            log=getLogger("eventlet.wsgi"),
            log_output=False,
            socket_timeout=60,
        )

    def stop_accepting(self) -> None:
        """Take no more connections; those that are open go on."""
        if self._is_accepting:
            self._is_accepting: bool = False
            self._gt.kill()
            self._sock.close()

    def stop(self) -> None:
        """Wait until what was asked is answered, then stop."""
        self.stop_accepting()
        deadline = time.monotonic() + DRAIN
        while self._application.in_flight and time.monotonic() < deadline:
            eventlet.sleep(0.01)


class Application:
    """WSGI: finds the route and turns every outcome into an answer."""

    def __init__(self, url_map: Any, service: str) -> None:
        self._url_map = url_map
        self._service = service
        self.in_flight = 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Answer one request; never raises."""
        started = time.perf_counter()
        self.in_flight += 1
        environ["eventlet.posthooks"].append((self._answered, (), {}))
        # eventlet ends a chunked body itself.
        environ["wsgi.input_terminated"] = True
        request = Request(environ)
        about = _context(request)
        route_url = "unknown"
        with working_on(about):
            try:
                provider, values = self._url_map.bind_to_environ(environ).match()
                route_url = provider.url
                response = provider.answer(request, values)
            except Exception as error:
                response = problem_response(_as_problem(error))
            seconds = time.perf_counter() - started
            self._note(request, route_url, response, seconds)
        response.headers["X-Request-Id"] = about.correlation_id
        return response(environ, start_response)

    def _answered(self, _environ: dict[str, Any]) -> None:
        self.in_flight -= 1

    def _note(self, request: Request, url: str, response: Response, seconds: float) -> None:
        telemetry.REQUESTS.labels(self._service, url, str(response.status_code)).observe(seconds)
        caller = request.environ.get("samtal.caller")
        log.info(
            "request",
            service=self._service,
            method=request.method,
            route=url,
            status=response.status_code,
            ms=round(seconds * 1000, 2),
            caller=caller.subject if caller else None,
            unit=caller.unit if caller else None,
        )


class Route(HttpRequestHandler):
    """One method and address, and what may be sent to it."""

    server = HttpServer()

    def __init__(
        self,
        method: str,
        url: str,
        scope: str | None,
        body: type[Schema] | None,
        query: type[Schema] | None,
        answer: type[Schema] | None,
        many: bool,
        creates: bool,
    ) -> None:
        super().__init__(method, url)
        self.scope = scope
        self.body = body
        self.query = query
        self.answers = answer
        self.many = many
        self.creates = creates
        self._body = body() if body else None
        self._query = query() if query else None

    def stop(self) -> None:
        """Let no new request in once the service begins to stop."""
        self.server.stop_accepting()
        super().stop()

    def answer(self, request: Request, path_values: Mapping[str, Any]) -> Response:
        """Authorise, load, run, answer; raises what the application turns into a problem."""
        context_data: dict[str, Any] = {"context": context.current()}
        if self.scope is not None:
            caller = self.container.tokens.caller(request.headers.get("Authorization"))
            request.environ["samtal.caller"] = context_data["caller"] = caller
            caller.require(self.scope)
        arguments = dict(path_values)
        if self._query is not None:
            arguments["query"] = load(self._query, _single_values(request))
        if self._body is not None:
            arguments["body"] = load(self._body, read_json(request))
        return _response(self._run(arguments, context_data))

    def _run(self, arguments: dict[str, Any], context_data: dict[str, Any]) -> Any:
        outcome = Result()
        self.container.spawn_worker(
            self,
            (),
            arguments,
            context_data=context_data,
            handle_result=partial(self.handle_result, outcome),
        )
        return outcome.wait()


def load(schema: Schema, data: Any) -> Any:
    """What `schema` makes of `data`; Invalid, naming the fields, when it can't."""
    try:
        return schema.load(data)
    except ValidationError as error:
        raise Invalid("Some fields are wrong.", flat(error.messages)) from error


def read_json(request: Request) -> Any:
    """The JSON value in the body; an absent body is an empty object."""
    if (request.content_length or 0) > MAX_BODY:
        raise TooLarge(f"A body may have {MAX_BODY} bytes.")
    # Without a length the body is chunked: no more of it is read than may be there.
    body = request.stream.read(MAX_BODY + 1) if request.content_length is None else request.data
    if len(body) > MAX_BODY:
        raise TooLarge(f"A body may have {MAX_BODY} bytes.")
    if not body:
        return {}
    if request.mimetype != "application/json" or request.headers.get("Content-Encoding"):
        raise Unsupported("Send plain application/json.")
    return json.loads(body)


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
    response = Response(json.dumps(body), problem.status, content_type="application/problem+json")
    if problem.status == 503:
        response.headers["Retry-After"] = "1"
    if problem.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _response(result: Any) -> Response:
    if isinstance(result, Raw):
        return Response(result.body, result.status, content_type=result.content_type)
    status = 200
    if isinstance(result, Created):
        status = 201 if result.new else 200
        result = result.body
    return Response(json.dumps(result), status, content_type="application/json")


def _as_problem(error: Exception) -> Problem:
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


def _context(request: Request) -> Context:
    traceparent = request.headers.get("traceparent")
    given = request.headers.get("X-Request-Id")
    if given is None and traceparent is not None and traceparent.count("-") == 3:
        given = traceparent.split("-")[1]
    if given is None or not (0 < len(given) <= 64 and given.isascii() and given.isprintable()):
        given = str(new_id())
    return Context(given, None, traceparent if traceparent and len(traceparent) <= 64 else None)


def _single_values(request: Request) -> dict[str, str]:
    for name, values in request.args.lists():
        if len(values) > 1:
            raise Invalid("Given twice.", {shown(name): ["May be given once only."]})
    return request.args.to_dict()
