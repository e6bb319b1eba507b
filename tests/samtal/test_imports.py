"""Importing the register: a kill in the midst, repeats, and the years that rows are of."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from stdnum.luhn import calc_check_digit

from infra.config import SERVICES
from tests import process
from tests.process import Running, eventually

ROWS = 4000


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """All four services, embedded."""
    running = process.start(SERVICES, tmp_path_factory.mktemp("imports"))
    yield running
    running.close()


def personal_number(number: int) -> str:
    born, serial = f"19{50 + number % 50}0101", f"{number // 50:03}"
    return f"{born}-{serial}{calc_check_digit(born[2:] + serial)}"


def register(folder: Path, unit: str, rows: int, first: int = 0) -> Path:
    """A file as Excel writes it, of members without ids who joined in 2023 and 2024."""
    path = folder / "members.csv"
    lines = ["unit;joined_on;source;name;personal_number"]
    lines += [
        f'{unit};{2023 + n % 2}-03-04;import;"Åsa\r\nÖberg {n}";{personal_number(n)}'
        for n in range(first, first + rows)
    ]
    path.write_text("\r\n".join(lines), encoding="cp1252", newline="")
    return path


def goal(running: Running, key: str, unit: str, year: int) -> int:
    return int(
        running.call("GET", "metrics", f"/goals/{key}?unit={unit}&year={year}").json()["value"]
    )


def members(running: Running, unit: str) -> int:
    return goal(running, "members_total", unit, 2026)


def import_members(running: Running, path: Path) -> str:
    home = Path(running.env["SAMTAL_HOME"])
    return process.samtal(["import", "members", str(path)], home, running.env).stdout


def test_an_import_that_was_killed_is_gone_on_with_and_counted_once(
    running: Running, tmp_path: Path
) -> None:
    path = register(tmp_path, "0180", ROWS)
    command = [sys.executable, "-m", "samtal", "import", "members", str(path)]
    importing = subprocess.Popen(command, env=dict(running.env), cwd=process.PROJECT)
    eventually(lambda: members(running, "0180") > 0, "some are imported")
    importing.kill()
    importing.wait(10)
    kept = members(running, "0180")
    assert kept < ROWS, "it was killed in the midst of it"
    done = import_members(running, path)
    assert "0 rejected" in done
    assert f"{ROWS} created" not in done
    eventually(lambda: members(running, "0180") == ROWS, "each is counted once")
    assert f"0 created, {ROWS} exists, 0 rejected" in import_members(running, path)
    years = {year: goal(running, "members_recruited", "0180", year) for year in (2023, 2024, 2026)}
    assert years == {2023: ROWS // 2, 2024: ROWS // 2, 2026: 0}


def test_who_is_known_by_number_has_an_id_that_does_not_tell_it(
    running: Running, tmp_path: Path
) -> None:
    path = register(tmp_path, "0181", 1, first=ROWS)
    answers = []
    for _ in range(2):
        body = {
            "unit": "0182",
            "joined_on": "2025-01-02",
            "source": "digital",
            "name": "Bo Ek",
            "personal_number": personal_number(ROWS + 1),
        }
        answers.append(running.call("POST", "membership", "/members", body))
    assert [answer.status_code for answer in answers] == [201, 200]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert "1 created" in import_members(running, path)
