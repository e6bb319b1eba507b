"""Tokens by key and by JWKS; the subtree that a token reaches."""

import json
import time
from datetime import date
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from infra.auth import Caller, Tokens
from infra.errors import Forbidden, Unauthorized
from infra.secrets import Secrets
from infra.units import Node, Tree
from tests.process import TOKEN_KEY

TREE = Tree(
    Node(code, code, "branch", parent, None, True, date(2000, 1, 1))
    for code, parent in (("SE", None), ("skane", "SE"), ("1280", "skane"), ("0114", "SE"))
)


def caller(unit: str) -> Caller:
    return Caller("x", frozenset({"campaign:read"}), unit, time.time() + 60)


def test_a_signed_token_says_who_calls_with_which_scopes_and_where() -> None:
    tokens = Tokens(Secrets(token_key=TOKEN_KEY))
    token = tokens.sign("kim", "campaign:read campaign:write", "skane", 60)
    found = tokens.caller(f"Bearer {token}")
    assert (found.subject, found.unit) == ("kim", "skane")
    assert found.scopes == {"campaign:read", "campaign:write"}


def test_a_token_that_was_good_is_refused_once_it_has_expired() -> None:
    tokens = Tokens(Secrets(token_key=TOKEN_KEY))
    token = tokens.sign("kim", "campaign:read", "SE", 60)
    tokens.caller(f"Bearer {token}")
    expired = tokens.sign("kim", "campaign:read", "SE", -1)
    with pytest.raises(Unauthorized):
        tokens.caller(f"Bearer {expired}")


def test_a_token_is_good_where_the_clock_is_behind_the_one_it_was_signed_by() -> None:
    claims = {"aud": "samtal", "sub": "x", "scope": "ops", "unit": "SE"}
    ahead = int(time.time()) + 3600
    signed = jwt.encode({**claims, "iat": ahead, "exp": ahead + 60}, TOKEN_KEY, "HS256")
    assert Tokens(Secrets(token_key=TOKEN_KEY)).caller(f"Bearer {signed}").subject == "x"


def test_a_caller_reaches_its_subtree_and_nothing_else() -> None:
    assert caller("skane").reaches(TREE, "1280")
    assert caller("SE").reaches(TREE, "not known yet")
    for unit in ("0114", "SE", "nowhere"):
        with pytest.raises(Forbidden):
            caller("skane").must_reach(TREE, unit)


def test_with_a_jwks_only_its_keys_are_good(tmp_path: Path) -> None:
    good, other = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(good.public_key()))
    jwks = tmp_path / "jwks.json"
    jwks.write_text(json.dumps({"keys": [{**public, "kid": "1", "alg": "ES256"}]}))
    tokens = Tokens(Secrets(token_jwks=str(jwks), service_token="given"))
    claims = {"aud": "samtal", "exp": 4_000_000_000, "sub": "x", "scope": "ops", "unit": "SE"}
    token = jwt.encode(claims, good, "ES256", headers={"kid": "1"})
    assert tokens.caller(f"Bearer {token}").scopes == {"ops"}
    assert tokens.for_service("metrics") == "given"
    forged = [
        jwt.encode(claims, other, "ES256", headers={"kid": "1"}),
        jwt.encode(claims, good, "ES256", headers={"kid": "2"}),
        jwt.encode(claims, "a symmetric key of at least 32 bytes", "HS256"),
    ]
    for token in forged:
        with pytest.raises(Unauthorized):
            tokens.caller(f"Bearer {token}")
