"""Routes as nameko entrypoints: `@route`, and how one is answered."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

from eventlet.event import Event as Result
from marshmallow import Schema
from nameko.extensions import register_entrypoint
from nameko.web.handlers import HttpRequestHandler
from werkzeug.wrappers import Request, Response

from infra import context
from infra.http.answers import response_to
from infra.http.requests import load, load_headers, read_json, single_values
from infra.http.server import HttpServer

Method = TypeVar("Method", bound=Callable[..., Any])


def route(
    method: str,
    url: str,
    *,
    scope: str | None,
    body: type[Schema] | None = None,
    query: type[Schema] | None = None,
    headers: type[Schema] | None = None,
    answer: type[Schema] | None = None,
    many: bool = False,
    creates: bool = False,
    anonymous: bool = False,
    keyed: bool = False,
) -> Callable[[Method], Method]:
    """Answer `method url` with what the decorated service method returns.

    `scope` is what the token must have; None only for what needs no token. The method gets the
    parts of the path, the loaded `body`, the loaded `query` and the loaded `headers` by name, and
    finds the caller in `self.caller`. `answer` (with `many`, a list of it) documents what it
    returns, which is a dict, a Created or a Raw. Of an `anonymous` one there is no line in the
    log, and what the caller says it belongs to is not looked at. A `keyed` one takes a `key` in
    the query string in place of a token: then there is no caller, and the method checks the key.
    """

    def register(function: Method) -> Method:
        entrypoint = Route(
            method, url, scope, body, query, headers, answer, many, creates, anonymous, keyed
        )
        register_entrypoint(function, entrypoint)
        return function

    return register


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
        headers: type[Schema] | None,
        answer: type[Schema] | None,
        many: bool,
        creates: bool,
        anonymous: bool = False,
        keyed: bool = False,
    ) -> None:
        super().__init__(method, url)
        self.scope = scope
        self.body = body
        self.query = query
        self.headers = headers
        self.answers = answer
        self.many = many
        self.creates = creates
        self.anonymous = anonymous
        self.keyed = keyed
        self._body = body() if body else None
        self._query = query() if query else None
        self._headers = headers() if headers else None

    def stop(self) -> None:
        """Let no new request in once the service begins to stop."""
        self.server.stop_accepting()
        super().stop()

    def answer(self, request: Request, path_values: Mapping[str, Any]) -> Response:
        """Authorise, load, run, answer; raises what the application turns into a problem."""
        context_data: dict[str, Any] = {"context": context.current()}
        by_key = self.keyed and "key" in request.args
        if self.scope is not None and not by_key:
            caller = self.container.tokens.caller(request.headers.get("Authorization"))
            request.environ["samtal.caller"] = context_data["caller"] = caller
            caller.require(self.scope)
        arguments = dict(path_values)
        if self._query is not None:
            arguments["query"] = load(self._query, single_values(request))
        if self._headers is not None:
            arguments["headers"] = load_headers(self._headers, request)
        if self._body is not None:
            arguments["body"] = load(self._body, read_json(request))
        response = response_to(self._run(arguments, context_data))
        # Only what tells its tag: the caller may have it already.
        return response.make_conditional(request) if "ETag" in response.headers else response

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
