"""Where personal data is kept: sealed with the data keys, found again by blind index.

The key of the indexes is made once and kept, sealed, in the database: indexes stay what they are
when the data keys are rotated.
"""

import secrets
from typing import Any

import orjson
from sqlalchemy import LargeBinary, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra.database import Base, Database, insert_new
from infra.sealing import Blinder, Sealer


class BlindKey(Base):
    """The key of the blind indexes, sealed; one row."""

    __tablename__ = "blind_key"

    id: Mapped[int] = mapped_column(primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class Vault:
    """Seals, unseals and indexes personal data."""

    def __init__(self, sealer: Sealer, blinder: Blinder) -> None:
        self._sealer = sealer
        self._blinder = blinder

    def seal(self, data: dict[str, Any]) -> bytes:
        """As Sealer.seal."""
        return self._sealer.seal(data)

    def unseal(self, sealed: bytes) -> dict[str, Any]:
        """As Sealer.unseal; of what is erased, which is empty, nothing."""
        return self._sealer.unseal(sealed) if sealed else {}

    def index(self, kind: str, value: str) -> bytes:
        """As Blinder.index: by which to find what is sealed."""
        return self._blinder.index(kind, value)

    def digest(self, kind: str, request: dict[str, Any]) -> bytes:
        """By which to tell whether a request is the same again, without keeping what it said."""
        shown = orjson.dumps(request, option=orjson.OPT_SORT_KEYS)
        return self.index(f"request.{kind}", shown.decode())


class Vaults:
    """Opens the vault of a database once; its key is made on the first day."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer
        self._vault: Vault | None = None

    def open(self, database: Database) -> Vault:
        """The vault; in no transaction of the caller's, since it may need one of its own."""
        if self._vault is None:
            self._vault = Vault(self._sealer, Blinder(self._key(database)))
        return self._vault

    def _key(self, database: Database) -> bytes:
        with database.reading() as session:
            sealed = _stored(session)
        if sealed is None:
            made = self._sealer.seal({"key": secrets.token_hex(32)})
            with database.writing() as session:
                insert_new(session, BlindKey, [{"id": 1, "sealed": made}])
                sealed = _stored(session) or made
        return bytes.fromhex(self._sealer.unseal(sealed)["key"])


def _stored(session: Session) -> bytes | None:
    return session.scalar(select(BlindKey.sealed))
