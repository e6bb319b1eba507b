"""Personal data at rest: sealed with the first data key, opened with whichever fits."""

import hmac
from collections.abc import Iterable
from typing import Any

import orjson
from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class Sealer:
    """Seals with the first of some Fernet keys, opens with any: a new key is put before the old."""

    def __init__(self, keys: Iterable[str]) -> None:
        fernets = [Fernet(key) for key in keys]
        self._fernet = MultiFernet(fernets)
        self._first = fernets[0]

    def seal(self, data: dict[str, Any]) -> bytes:
        """`data`, of what JSON can hold, unreadable without a key."""
        return self._fernet.encrypt(orjson.dumps(data))

    def unseal(self, sealed: bytes) -> dict[str, Any]:
        """What was sealed; raises InvalidToken when no key fits."""
        data: dict[str, Any] = orjson.loads(self._fernet.decrypt(sealed))
        return data

    def renewed(self, sealed: bytes) -> bytes:
        """The same, sealed with the first key: `sealed` itself where it is that already.

        Raises InvalidToken when no key fits.
        """
        try:
            self._first.decrypt(sealed)
        except InvalidToken:
            return self._fernet.rotate(sealed)
        return sealed


class Blinder:
    """Indexes of personal data: alike for what is alike, and telling nothing without the key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def index(self, kind: str, value: str) -> bytes:
        """32 bytes for a value of a kind; the same value of another kind has others."""
        return hmac.digest(self._key, f"{kind}:{value}".encode(), "sha256")
