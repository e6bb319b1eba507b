"""The keys: given by the environment, or made on the first embedded start."""

import json
import os
import secrets as random_source
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from cryptography.fernet import Fernet

from infra.errors import ConfigError

FILE = "secrets.json"


@dataclass(frozen=True)
class Secrets:
    """What signs and checks tokens, and what encrypts personal data."""

    token_key: str | None = None
    token_jwks: str | None = None
    service_token: str | None = None
    data_keys: tuple[str, ...] = ()

    def checked(self) -> "Secrets":
        """Itself, once it is known to be complete and usable; ConfigError otherwise."""
        if self.token_key is None and self.token_jwks is None:
            raise ConfigError(
                "SAMTAL_TOKEN_KEY is missing: set a text of at least 32 bytes, "
                "or SAMTAL_TOKEN_JWKS with SAMTAL_SERVICE_TOKEN"
            )
        if self.token_key is not None and len(self.token_key.encode()) < 32:
            raise ConfigError("SAMTAL_TOKEN_KEY is too short: it must be at least 32 bytes")
        if self.token_key is None and self.service_token is None:
            raise ConfigError(
                "SAMTAL_SERVICE_TOKEN is missing: with SAMTAL_TOKEN_JWKS the services cannot "
                "sign tokens for their own calls"
            )
        if not self.data_keys:
            raise ConfigError(
                "SAMTAL_DATA_KEY is missing: set Fernet keys, comma-separated, the first encrypts"
            )
        for key in self.data_keys:
            _check_fernet(key)
        return self


def embedded_secrets(home: Path, given: Secrets) -> Secrets:
    """The given keys, completed by the ones kept under `home`, made there if need be."""
    kept = _kept(home)
    return replace(
        given,
        token_key=given.token_key or (None if given.token_jwks else kept.token_key),
        service_token=given.service_token or kept.service_token,
        data_keys=given.data_keys or kept.data_keys,
    ).checked()


def _kept(home: Path) -> Secrets:
    path = home / FILE
    if not path.exists():
        _make(path)
    found = json.loads(path.read_text(encoding="utf-8"))
    return Secrets(token_key=found["token_key"], data_keys=tuple(found["data_keys"]))


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    made = Secrets(
        token_key=random_source.token_urlsafe(48), data_keys=(Fernet.generate_key().decode(),)
    )
    draft = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(made), file)
        file.flush()
        os.fsync(file.fileno())
    try:
        # A link fails where the name exists: of two first starts, one makes the keys.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _check_fernet(key: str) -> None:
    try:
        Fernet(key)
    except ValueError as error:
        raise ConfigError(
            "SAMTAL_DATA_KEY holds a key that is no Fernet key (32 bytes in URL-safe base64)"
        ) from error
