"""`scripts/check-documents` finds what is not true any more."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.process import PROJECT

SCRIPT = PROJECT / "scripts" / "check-documents"
CHANGED = ("docs", "infra", "README.md")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The project, with documents and plumbing that may be changed."""
    for path in PROJECT.iterdir():
        if path.name not in CHANGED:
            (tmp_path / path.name).symlink_to(path)
    for name in ("docs", "infra"):
        shutil.copytree(PROJECT / name, tmp_path / name)
    shutil.copy(PROJECT / "README.md", tmp_path)
    return tmp_path


def check(root: Path) -> str:
    """What the script says is wrong, with an exit status that fits."""
    command = [sys.executable, str(SCRIPT), str(root)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == (1 if done.stdout else 0), done.stderr
    return done.stdout


def test_the_documents_are_true() -> None:
    assert check(PROJECT) == ""


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("README.md", "(docs/operating.md)", "(docs/operate.md)", "dead link docs/operate.md"),
        ("docs/operating.md", "(#failed-events)", "(#failed)", "no such heading #failed"),
        ("docs/operating.md", "| `event_kept` |", "| |", "the log event event_kept of"),
        ("docs/operating.md", "| `stopped` |", "| `halted` |", "nothing logs halted"),
        ("docs/operating.md", "`SAMTAL_REPLICA`", "", "the variable SAMTAL_REPLICA is missing"),
        ("docs/operating.md", "`SAMTAL_DATA_KEY_FILE`", "", "SAMTAL_DATA_KEY_FILE is missing"),
        ("docs/operating.md", "`SAMTAL_METRICS_ADDRESS`", "", "SAMTAL_METRICS_ADDRESS is missing"),
        ("infra/relay.py", '"relay_flowing"', '"relay_goes_on"', "relay_goes_on of infra/relay.py"),
        ("infra/config.py", '"SAMTAL_REPLICA"', '"SAMTAL_NAME"', "SAMTAL_NAME is missing"),
        ("docs/architecture.md", "infra/relay.py", "infra/really.py", "no infra/really.py"),
        ("docs/architecture.md", "::test_an_event_that", "::test_no_event_that", "there is no"),
        ("docs/subscribing.md", "import pika", "import picka", "the listing is not"),
    ],
)
def test_what_is_not_true_is_found(tree: Path, file: str, old: str, new: str, said: str) -> None:
    text = (tree / file).read_text(encoding="utf-8")
    assert old in text
    (tree / file).write_text(text.replace(old, new), encoding="utf-8")
    assert said in check(tree)
