"""Personal data at rest: sealed with the first data key, opened with whichever fits."""

import hmac
from collections.abc import Iterable
from typing import Any

import orjson
from cryptography.fernet import Fernet, MultiFernet


class Sealer:
    """Seals with the first of some Fernet keys, opens with any: a new key is put before the old."""

    def __init__(self, keys: Iterable[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def seal(self, data: dict[str, Any]) -> bytes:
        """`data`, of what JSON can hold, unreadable without a key."""
        return self._fernet.encrypt(orjson.dumps(data))

    def unseal(self, sealed: bytes) -> dict[str, Any]:
        """What was sealed; raises InvalidToken when no key fits."""
        data: dict[str, Any] = orjson.loads(self._fernet.decrypt(sealed))
        return data


class Blinder:
    """Indexes of personal data: alike for what is alike, and telling nothing without the key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def index(self, kind: str, value: str) -> bytes:
        """32 bytes for a value of a kind; the same value of another kind has others."""
        return hmac.digest(self._key, f"{kind}:{value}".encode(), "sha256")
