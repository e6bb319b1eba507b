"""Tokens: who calls, with which scopes, in which part of the organisation."""

import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import jwt

from infra.errors import Forbidden, Unauthorized
from infra.secrets import Secrets
from infra.units import ROOT, Tree

AUDIENCE = "samtal"
SCOPES = (
    "membership:read",
    "membership:write",
    "membership:personal",
    "membership:erase",
    "campaign:read",
    "campaign:write",
    "training:read",
    "training:write",
    "metrics:read",
    "metrics:targets",
    "events:read",
    "ops",
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever holds the token; may act in the subtree of `unit`."""

    subject: str
    scopes: frozenset[str]
    unit: str
    expires: float

    def require(self, scope: str) -> None:
        """Forbidden unless the token has the scope."""
        if scope not in self.scopes:
            raise Forbidden(f"The token lacks the scope {scope}.")

    def reaches(self, tree: Tree, unit: str) -> bool:
        """Whether the caller may act in `unit`."""
        return self.unit == ROOT or tree.within(unit, self.unit)

    def must_reach(self, tree: Tree, unit: str) -> None:
        """Forbidden unless `unit` is in the caller's subtree."""
        if not self.reaches(tree, unit):
            raise Forbidden("The unit is outside the token's part of the organisation.")


class Tokens:
    """Checks tokens, and signs them where there is a key to sign with."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self._decode = lru_cache(maxsize=4096)(self._decode_once)

    def caller(self, header: str | None) -> Caller:
        """The caller behind an Authorization header; Unauthorized if there is none."""
        scheme, _, token = (header or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthorized("Send Authorization: Bearer <token>.")
        caller = self._decode(token.strip())
        if caller.expires <= time.time():
            raise Unauthorized("The token has expired.")
        return caller

    def sign(self, subject: str, scopes: str, unit: str, seconds: int) -> str:
        """A token for `scopes` (space-separated), valid for `seconds`."""
        if self._secrets.token_key is None:
            raise Unauthorized("There is no key here to sign tokens with.")
        now = int(time.time())
        claims = {
            "aud": AUDIENCE,
            "sub": subject,
            "scope": scopes,
            "unit": unit,
            "iat": now,
            "exp": now + seconds,
        }
        return jwt.encode(claims, self._secrets.token_key, algorithm="HS256")

    def for_service(self, service: str) -> str:
        """The token with which a service reads its peers' feeds."""
        if self._secrets.service_token is not None:
            return self._secrets.service_token
        return self.sign(f"service:{service}", "events:read", ROOT, 10 * 365 * 86400)

    def _decode_once(self, token: str) -> Caller:
        try:
            claims = self._claims(token)
            unit, scope = claims["unit"], claims["scope"]
        except (jwt.PyJWTError, ValueError, KeyError) as error:
            raise Unauthorized("The token is not valid.") from error
        if not isinstance(unit, str) or not isinstance(scope, str):
            raise Unauthorized("The token is not valid.")
        return Caller(str(claims["sub"]), frozenset(scope.split()), unit, float(claims["exp"]))

    def _claims(self, token: str) -> dict[str, Any]:
        options = {
            "require": ["aud", "exp", "sub", "scope", "unit"],
            # When it was signed says nothing of whether it is good: clocks differ, and are set.
            "verify_iat": False,
        }
        if self._secrets.token_key is not None:
            key: Any = self._secrets.token_key
            algorithms = ["HS256"]
        else:
            key = self._public_key(token)
            algorithms = ["RS256", "ES256", "EdDSA"]
        found: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=algorithms,
            audience=AUDIENCE,
            options=options,  # type: ignore[arg-type]
        )
        return found

    def _public_key(self, token: str) -> Any:
        source = self._secrets.token_jwks or ""
        if source.startswith(("https://", "http://")):
            return _jwks_client(source).get_signing_key_from_jwt(token).key
        keys = jwt.PyJWKSet.from_json(Path(source).read_text(encoding="utf-8"))
        wanted = jwt.get_unverified_header(token).get("kid")
        for key in keys.keys:
            if wanted in (None, key.key_id):
                return key.key
        raise jwt.InvalidTokenError("no such key")


@lru_cache(maxsize=8)
def _jwks_client(url: str) -> jwt.PyJWKClient:
    return jwt.PyJWKClient(url, cache_keys=True, timeout=5)
