"""The environment, read once. Section 3 of the contract names the variables."""

from dataclasses import dataclass
from pathlib import Path

from environs import Env, EnvError
from marshmallow.validate import OneOf, Range

from infra.errors import ConfigError
from infra.secrets import Secrets, embedded_secrets

SERVICES = ("membership", "campaign", "training", "metrics")
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
DEFAULT_PORTS = dict(zip(SERVICES, range(8001, 8005), strict=True))


@dataclass(frozen=True)
class Config:
    """How this process runs. Embedded when neither broker nor database is named."""

    home: Path
    amqp_uri: str | None
    database_url: str | None
    addresses: dict[str, str]
    listen: str | None
    broker_api: str | None
    secrets: Secrets
    log_level: str
    log_format: str
    replica: str
    prospect_days: int
    young_age: int

    @property
    def embedded(self) -> bool:
        """One process, SQLite and the in-process bus."""
        return self.amqp_uri is None

    def database(self, service: str) -> str:
        """The SQLAlchemy URL of a service's own database."""
        if self.database_url is None:
            return f"sqlite:///{self.home / service}.db"
        url = self.database_url.replace("{service}", service)
        return url.replace("postgresql://", "postgresql+psycopg2://", 1)

    def url(self, service: str) -> str:
        """Where a service answers HTTP, as its peers and callers reach it."""
        return f"http://{self.addresses[service]}"


def load() -> Config:
    """Read the environment.

    Raises ConfigError, naming the variable, when it cannot be used.
    """
    env = Env()
    try:
        return _read(env)
    except EnvError as error:
        raise ConfigError(str(error)) from error


def _read(env: Env) -> Config:
    home = Path(env.str("SAMTAL_HOME", "var")).absolute()
    amqp_uri = _read_secret(env, "SAMTAL_AMQP_URI")
    database_url = _read_secret(env, "SAMTAL_DATABASE_URL")
    _check_mode(amqp_uri, database_url)
    data_keys = (_read_secret(env, "SAMTAL_DATA_KEY") or "").split(",")
    given = Secrets(
        token_key=_read_secret(env, "SAMTAL_TOKEN_KEY"),
        token_jwks=env.str("SAMTAL_TOKEN_JWKS", None),
        service_token=_read_secret(env, "SAMTAL_SERVICE_TOKEN"),
        data_keys=tuple(key.strip() for key in data_keys if key.strip()),
    )
    secrets = given.checked() if amqp_uri else embedded_secrets(home, given)
    return Config(
        home=home,
        amqp_uri=amqp_uri,
        database_url=database_url,
        addresses={
            name: env.str(f"SAMTAL_{name.upper()}_ADDRESS", f"127.0.0.1:{port}")
            for name, port in DEFAULT_PORTS.items()
        },
        listen=env.str("SAMTAL_LISTEN_ADDRESS", None),
        broker_api=_read_secret(env, "SAMTAL_BROKER_API"),
        secrets=secrets,
        log_level=env.str("SAMTAL_LOG_LEVEL", "INFO", validate=OneOf(LEVELS)),
        log_format=env.str("SAMTAL_LOG_FORMAT", "auto", validate=OneOf(("auto", "json", "text"))),
        replica=env.str("SAMTAL_REPLICA", env.str("HOSTNAME", "1")),
        prospect_days=env.int("SAMTAL_PROSPECT_DAYS", 365, validate=Range(1, 36500)),
        young_age=env.int("SAMTAL_YOUNG_AGE", 30, validate=Range(1, 120)),
    )


def _check_mode(amqp_uri: str | None, database_url: str | None) -> None:
    if (amqp_uri is None) != (database_url is None):
        raise ConfigError(
            "SAMTAL_AMQP_URI and SAMTAL_DATABASE_URL go together: "
            "set both to run for real, neither to run embedded"
        )
    if database_url is None:
        return
    if not database_url.startswith("postgresql://"):
        raise ConfigError("SAMTAL_DATABASE_URL must begin with postgresql://")
    if "{service}" not in database_url:
        raise ConfigError("SAMTAL_DATABASE_URL must contain {service}: one database a service")


def _read_secret(env: Env, name: str) -> str | None:
    """A secret from its variable, or from the file that NAME_FILE points at."""
    path = env.str(f"{name}_FILE", None)
    if path is None:
        return env.str(name, None) or None
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigError(f"{name}_FILE cannot be read: {error.strerror}") from error
