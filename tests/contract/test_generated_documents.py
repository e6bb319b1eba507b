"""The generated documents are current, and tell of every event and every subscription."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from samtal.catalogue import facts
from samtal.published import documents
from samtal.published.subscriptions import subscriptions
from tests.process import PROJECT


def test_asyncapi_tells_of_every_event_and_every_subscription() -> None:
    document = yaml.safe_load((PROJECT / "docs/asyncapi.yaml").read_text(encoding="utf-8"))
    types = {fact.type() for fact in facts()}
    assert set(document["channels"]) == set(document["components"]["messages"]) == types
    told = {
        (each["tags"][0]["name"], each["channel"]["$ref"].rsplit("/", 1)[1])
        for each in document["operations"].values()
        if each["action"] == "receive"
    }
    assert told == {(each.service, each.event_type) for each in subscriptions()}
    for reference in references(document):
        assert resolved(document, reference) is not None


def references(part: Any) -> list[str]:
    """Every `$ref` in the document."""
    if isinstance(part, list):
        return [each for item in part for each in references(item)]
    if isinstance(part, dict):
        own = [part["$ref"]] if "$ref" in part else []
        return own + [each for item in part.values() for each in references(item)]
    return []


def resolved(document: Any, reference: str) -> Any:
    """What a reference points at."""
    for key in reference.removeprefix("#/").split("/"):
        document = document[key]
    return document


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The project, with services and documents that may be changed."""
    for name in ("services", "docs", str(documents.DEFINITIONS.parent)):
        shutil.copytree(PROJECT / name, tmp_path / name)
    return tmp_path


def generate(root: Path, *options: str) -> tuple[int, str]:
    """The status of the script, and what it says of the tree at `root`."""
    command = [sys.executable, str(PROJECT / "scripts/generate-documents"), *options, str(root)]
    environment = {"PYTHONPATH": f"{root}:{PROJECT}", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout


def changed(root: Path, file: str, old: str, new: str) -> None:
    """The file says something else."""
    text = (root / file).read_text(encoding="utf-8")
    assert old in text
    (root / file).write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_generated_documents_are_current() -> None:
    assert generate(PROJECT, "--check") == (0, "")


def test_a_change_that_breaks_fails_the_check_and_is_not_written(tree: Path) -> None:
    changed(tree, "services/training/events.py", "    on_time: bool | None = None\n", "")
    before = {path: path.read_bytes() for path in (tree / "docs").rglob("*") if path.is_file()}
    for options in (["--check"], []):
        status, said = generate(tree, *options)
        assert status == 1
        assert "training.obligation_opened.v1: on_time is gone. Put it back" in said
        assert "new version" in said
    after = {path: path.read_bytes() for path in (tree / "docs").rglob("*") if path.is_file()}
    assert after == before


def test_a_new_field_is_stale_until_the_documents_are_made_anew(tree: Path) -> None:
    changed(
        tree,
        "services/training/events.py",
        "    on_time: bool | None = None\n",
        "    on_time: bool | None = None\n    remote: bool | None = None\n",
    )
    status, said = generate(tree, "--check")
    assert status == 1
    assert "docs/events/training.obligation_met.v1.json is not current" in said
    assert said.endswith("Mended by: scripts/generate-documents\n")
    assert generate(tree)[0] == 0
    assert generate(tree, "--check") == (0, "")
    assert "remote" in documents.published(tree)["training.obligation_met.v1"]["properties"]


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("docs/events.md", "conversation_logged"),
        ("docs/asyncapi.yaml", "conversation_logged"),
        (str(documents.DEFINITIONS), "subscription"),
    ],
)
def test_a_document_changed_by_hand_is_found(tree: Path, name: str, word: str) -> None:
    changed(tree, name, word, f"{word}s")
    assert generate(tree, "--check") == (
        1,
        f"{name} is not current\nMended by: scripts/generate-documents\n",
    )
