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
from infra.context import working_on
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
        about = context_of(request)
        route_url = "unknown"
        with working_on(about):
            try:
                provider, values = self._url_map.bind_to_environ(environ).match()
                route_url = provider.url
                response = provider.answer(request, values)
            except Exception as error:
                response = problem_response(as_problem(error))
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
