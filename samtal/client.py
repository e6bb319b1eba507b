"""HTTP to the four services: kept-alive connections, patience, and problems as one sentence."""

import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

import click
import orjson
import requests

from infra.auth import SCOPES, Tokens
from infra.config import Config
from infra.units import ROOT

DELAYS = (0.1, 0.2, 0.5, 1.0, 2.0, 4.0)
"""Seconds before each further try: a service that starts again is back within them."""

AGAIN = (429, 503)
TIMEOUT = (3.0, 60.0)
"""Seconds to be connected, and to be answered."""

SHORT = (2.0, 5.0)
"""The same for a single try."""

TOKEN_LIFE = 3600
BATCH = 1000


class Unreachable(click.ClickException):
    """A service does not answer."""

    def __init__(self, service: str, address: str) -> None:
        super().__init__(
            f"{service} does not answer at {address}. Start it with: samtal run {service}"
        )


class Refused(click.ClickException):
    """A service answered with a problem; `errors` names the fields at fault."""

    def __init__(self, service: str, what: str, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.errors: dict[str, list[str]] = problem.get("errors") or {}
        detail = problem.get("detail") or problem.get("title") or "no reason given"
        super().__init__(f"{service} refused {what} ({status}): {reason(detail, self.errors)}")


class Client:
    """Calls with one token for `scopes`; safe to share between threads."""

    def __init__(self, settings: Config, scopes: Sequence[str]) -> None:
        unknown = set(scopes) - set(SCOPES)
        if unknown:
            raise ValueError(f"no such scopes: {sorted(unknown)}")
        self._settings = settings
        self._scopes = " ".join(scopes)
        self._local = threading.local()
        self._token = ""
        self._renew_at = 0.0

    def get(self, service: str, path: str, **params: Any) -> Any:
        """What `GET path` answers; parameters that are None are left out."""
        return self.call(service, "GET", path, params=params)

    def post(self, service: str, path: str, body: Any) -> Any:
        """What `POST path` answers."""
        return self.call(service, "POST", path, body)

    def put(self, service: str, path: str, body: Any) -> Any:
        """What `PUT path` answers."""
        return self.call(service, "PUT", path, body)

    def call(
        self,
        service: str,
        method: str,
        path: str,
        body: Any = None,
        params: Mapping[str, Any] | None = None,
    ) -> Any:
        """The JSON of the answer.

        The same request is sent again while nobody answers or the service asks for patience, so
        a create must carry its id. Raises Unreachable and Refused.
        """
        data = None if body is None else orjson.dumps(body)
        answer = self._patiently(service, method, path, data, params or {})
        return self._content(service, f"{method} {path}", answer)

    def once(self, service: str, path: str) -> Any:
        """What `GET path` answers to a single try."""
        try:
            answer = self._send(service, "GET", path, None, {}, SHORT)
        except requests.RequestException as error:
            raise Unreachable(service, self.address(service)) from error
        return self._content(service, f"GET {path}", answer)

    def address(self, service: str) -> str:
        """Where the service is to be found."""
        return self._settings.addresses[service]

    def answers(self, service: str) -> bool:
        """Whether anything listens at the service's address; asks once."""
        try:
            self.once(service, "/health/live")
        except Unreachable:
            return False
        return True

    def _content(self, service: str, what: str, answer: requests.Response) -> Any:
        if answer.status_code >= 400:
            raise Refused(service, what, answer.status_code, _problem(answer))
        return orjson.loads(answer.content)

    def _patiently(
        self, service: str, method: str, path: str, data: bytes | None, params: Mapping[str, Any]
    ) -> requests.Response:
        for delay in (*DELAYS, None):
            try:
                answer = self._send(service, method, path, data, params, TIMEOUT)
            except (requests.ConnectionError, requests.Timeout) as error:
                if delay is None:
                    raise Unreachable(service, self.address(service)) from error
            else:
                if answer.status_code not in AGAIN or delay is None:
                    return answer
            time.sleep(delay)
        raise AssertionError("the last try returns or raises")

    def _send(
        self,
        service: str,
        method: str,
        path: str,
        data: bytes | None,
        params: Mapping[str, Any],
        timeout: tuple[float, float],
    ) -> requests.Response:
        return self._session().request(
            method,
            self._settings.url(service) + path,
            data=data,
            params={name: value for name, value in params.items() if value is not None},
            headers={
                "Authorization": f"Bearer {self._bearer()}",
                "Content-Type": "application/json",
            },
            timeout=timeout,
        )

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            # A proxy or a .netrc of this machine has no say between us and the services.
            session.trust_env = False
        return session

    def _bearer(self) -> str:
        if time.monotonic() >= self._renew_at:
            self._token = token(self._settings, self._scopes)
            self._renew_at = time.monotonic() + TOKEN_LIFE / 2
        return self._token


def token(settings: Config, scopes: str) -> str:
    """A token for `scopes`: signed here, or the given one where there is no key to sign with."""
    if settings.secrets.token_key is None and settings.secrets.service_token is not None:
        return settings.secrets.service_token
    return Tokens(settings.secrets).sign("samtal-cli", scopes, ROOT, TOKEN_LIFE)


def reason(detail: str, errors: Mapping[str, Sequence[str]]) -> str:
    """A problem in one line: the fields with their messages, or else the detail."""
    if not errors:
        return detail
    return "; ".join(f"{field}: {' '.join(messages)}" for field, messages in errors.items())


def _problem(answer: requests.Response) -> dict[str, Any]:
    try:
        found = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        found = None
    return found if isinstance(found, dict) else {"detail": answer.reason}
