"""The web server of a service: nameko's, with our answers, a log line a request, and an end."""

import socket
import time
from collections.abc import Callable
from logging import getLogger
from typing import Any

import eventlet
import structlog
from eventlet import wsgi
from nameko.web.server import HttpOnlyProtocol, WebServer
from werkzeug.wrappers import Request, Response

from infra import telemetry
from infra.context import NOTHING, working_on
from infra.http.answers import as_problem, problem_response
from infra.http.requests import context_of

log = structlog.get_logger("infra.http")

BACKLOG = 1024
"""Connections that wait to be accepted before further ones are turned away."""

DRAIN = 10.0
"""Seconds that a stopping service gives the requests in hand."""


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

    def start(self) -> None:
        """Listen, with room for a crowd that connects at once: nameko's own queue takes 50."""
        super().start()
        self._sock.listen(BACKLOG)
        # Each connection has it from here: of a long answer, which is several writes, the last
        # would wait 40 ms for the client to acknowledge those before.
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def stop_accepting(self) -> None:
        """Take no more connections; those that are open go on."""
        if self._is_accepting:
            self._is_accepting: bool = False
            self._gt.kill()
            self._sock.close()

    def kill(self) -> None:
        """Leave nobody waiting for an answer of a service that has ended."""
        self.stop_accepting()

    def stop(self) -> None:
        """Wait until what was asked is answered, then stop."""
        self.stop_accepting()
        deadline = time.monotonic() + DRAIN
        while self._application.in_flight and time.monotonic() < deadline:
            eventlet.sleep(0.01)


class Nowhere:
    """Stands for the route where there is none."""

    url = "unknown"
    anonymous = False

    def __init__(self, error: Exception) -> None:
        self._error = error

    def answer(self, _request: Request, _values: Any) -> Response:
        """Raises why there is none."""
        raise self._error


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
        found, values = self._find(environ)
        about = NOTHING if found.anonymous else context_of(request)
        with working_on(about):
            try:
                response = found.answer(request, values)
            except Exception as error:
                response = problem_response(as_problem(error))
            self._note(request, found, response, time.perf_counter() - started)
        if about.correlation_id is not None:
            response.headers["X-Request-Id"] = about.correlation_id
        return response(environ, start_response)

    def _find(self, environ: dict[str, Any]) -> tuple[Any, Any]:
        try:
            return self._url_map.bind_to_environ(environ).match()  # type: ignore[no-any-return]
        except Exception as error:
            return Nowhere(error), {}

    def _answered(self, _environ: dict[str, Any]) -> None:
        self.in_flight -= 1

    def _note(self, request: Request, found: Any, response: Response, seconds: float) -> None:
        status = str(response.status_code)
        telemetry.REQUESTS.labels(self._service, found.url, status).observe(seconds)
        if found.anonymous:
            return
        caller = request.environ.get("samtal.caller")
        log.info(
            "request",
            service=self._service,
            method=request.method,
            route=found.url,
            status=response.status_code,
            ms=round(seconds * 1000, 2),
            caller=caller.subject if caller else None,
            unit=caller.unit if caller else None,
        )
