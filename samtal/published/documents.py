"""The generated documents: made from the code, and compared with what is committed."""

import json
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

from infra.bus.rabbitmq import users
from samtal.catalogue import facts
from samtal.published import asyncapi, changes, schema
from samtal.published.page import page
from samtal.published.schema import Schema
from samtal.published.subscriptions import subscriptions
from samtal.topology import ours

SCHEMAS = Path("docs/events")
DEFINITIONS = Path("infra/deploy/rabbitmq/definitions.json")
ENVELOPE = "envelope"
Dump = Callable[[Any], str]


def schemas() -> dict[str, Schema]:
    """The schema of the data of each type of event, and of the envelope."""
    return {ENVELOPE: schema.envelope(), **{fact.type(): schema.of(fact) for fact in facts()}}


def published(root: Path) -> dict[str, Schema]:
    """The schemas as they were published: the committed files."""
    return {
        path.stem: json.loads(path.read_text(encoding="utf-8"))
        for path in sorted((root / SCHEMAS).glob("*.json"))
    }


def broken(root: Path) -> list[str]:
    """A sentence for each change that breaks a published version."""
    return changes.broken(published(root), schemas())


def made(dump_yaml: Dump) -> dict[Path, str]:
    """Every generated file, by its path from the root."""
    found, events, subscribed = schemas(), facts(), subscriptions()
    document = asyncapi.document(events, found, subscribed, metadata.version("samtal"))
    return {
        **{SCHEMAS / f"{name}.json": _json(each) for name, each in found.items()},
        Path("docs/events.md"): page(events, found, subscribed),
        Path("docs/asyncapi.yaml"): dump_yaml(document),
        DEFINITIONS: _json(users.definitions("samtal", ours(), {})),
    }


def stale(root: Path, files: dict[Path, str]) -> list[Path]:
    """The files that are not there, or hold something else."""
    return [
        path
        for path, text in files.items()
        if not (root / path).is_file() or (root / path).read_text(encoding="utf-8") != text
    ]


def write(root: Path, files: dict[Path, str]) -> list[Path]:
    """Write what is stale; answer what that was."""
    changed = stale(root, files)
    for path in changed:
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text(files[path], encoding="utf-8")
    return changed


def _json(found: Schema) -> str:
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"
