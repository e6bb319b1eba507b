"""An environment that cannot be used is refused with the variable's name; keys are kept."""

import json
import os
import stat
from pathlib import Path

import pytest

from infra import config
from infra.errors import ConfigError
from tests.process import DATA_KEY, TOKEN_KEY

REAL = {
    "SAMTAL_AMQP_URI": "amqp://guest:guest@127.0.0.1/",
    "SAMTAL_DATABASE_URL": "postgresql://postgres@127.0.0.1/{service}",
    "SAMTAL_TOKEN_KEY": TOKEN_KEY,
    "SAMTAL_DATA_KEY": DATA_KEY,
}


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("SAMTAL_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("SAMTAL_HOME", str(tmp_path))


def test_without_variables_everything_is_embedded_and_the_keys_are_made_once(
    tmp_path: Path,
) -> None:
    first, second = config.load(), config.load()
    assert first.embedded
    assert first.database("metrics") == f"sqlite:///{tmp_path}/metrics.db"
    assert first.url("campaign") == "http://127.0.0.1:8002"
    assert first.secrets == second.secrets
    kept = tmp_path / "secrets.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert json.loads(kept.read_text(encoding="utf-8"))["token_key"] == first.secrets.token_key


def test_for_real_each_service_has_a_database_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in REAL.items():
        monkeypatch.setenv(name, value)
    settings = config.load()
    assert not settings.embedded
    assert settings.database("metrics") == "postgresql+psycopg2://postgres@127.0.0.1/metrics"


def test_a_secret_may_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(TOKEN_KEY + "\n", encoding="utf-8")
    monkeypatch.setenv("SAMTAL_TOKEN_KEY_FILE", str(tmp_path / "key"))
    assert config.load().secrets.token_key == TOKEN_KEY


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"SAMTAL_AMQP_URI": None}, "SAMTAL_AMQP_URI"),
        ({"SAMTAL_DATABASE_URL": None}, "SAMTAL_DATABASE_URL"),
        ({"SAMTAL_DATABASE_URL": "mysql://127.0.0.1/{service}"}, "SAMTAL_DATABASE_URL"),
        ({"SAMTAL_DATABASE_URL": "postgresql://127.0.0.1/one"}, "{service}"),
        ({"SAMTAL_TOKEN_KEY": None}, "SAMTAL_TOKEN_KEY"),
        ({"SAMTAL_TOKEN_KEY": "short"}, "SAMTAL_TOKEN_KEY"),
        ({"SAMTAL_TOKEN_KEY": None, "SAMTAL_TOKEN_JWKS": "/jwks"}, "SAMTAL_SERVICE_TOKEN"),
        ({"SAMTAL_DATA_KEY": None}, "SAMTAL_DATA_KEY"),
        ({"SAMTAL_DATA_KEY": "no fernet key"}, "SAMTAL_DATA_KEY"),
        ({"SAMTAL_LOG_LEVEL": "LOUD"}, "SAMTAL_LOG_LEVEL"),
        ({"SAMTAL_TOKEN_KEY_FILE": "/nowhere"}, "SAMTAL_TOKEN_KEY_FILE"),
        ({"SAMTAL_PROSPECT_DAYS": "0"}, "SAMTAL_PROSPECT_DAYS"),
        ({"SAMTAL_YOUNG_AGE": "young"}, "SAMTAL_YOUNG_AGE"),
    ],
)
def test_what_is_missing_or_wrong_is_named(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, str | None], named: str
) -> None:
    for name, value in {**REAL, **changes}.items():
        if value is not None:
            monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=named):
        config.load()
