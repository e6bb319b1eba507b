"""Values that a field must refuse, from what its OpenAPI schema says of it."""

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from itertools import chain
from typing import Any

from tests.contract.api import JSON_TYPES, Operation, Schema, types
from tests.contract.given import INSTEAD, TOMORROW

MARK = "qz7-"
"""In every text that must not come back in an answer."""

MAY_BE_FUTURE = {
    "closes_on",
    "ends_on",
    "mandate_until",
    "opens_on",
    "paid_until",
    "starts_on",
    "until",
}
UNKNOWN_FIELDS = (
    "x",
    "__proto__",
    "",
    f"{MARK}anna@example.se",
    f"{MARK}\x00",
    f"{MARK}\ud800",
    f"<script>{MARK}</script>",
    MARK * 500,
)
ANY_KIND: tuple[Any, ...] = (
    7,
    1.5,
    f"{MARK}text",
    [],
    [f"{MARK}item"],
    {},
    {f"{MARK}key": 1},
    True,
    None,
)
NUMBERS = ("7", f"{MARK}7", "١٢", "NaN", -1, 10**30, -(10**30), 1e300)
NO_NUMBERS = (
    "",
    f"{MARK}1",
    "1.5",
    "-1",
    "+1",
    "1e1",
    "0x1",
    "١٢",
    "٢٠٢٦",
    " 1",
    "1 ",
    "1\n",
    "1\x00",
)
NO_DAYS = (
    "2027-02-30",
    "0000-00-00",
    "2026-13-01",
    "2026-1-1",
    "20260101",
    "2026-W01-1",
    "٢٠٢٦-٠١-٠١",
    "2026-01-01T00:00:00Z",
    "2026-01-01\n",
    "1899-12-31",
)
NO_INSTANTS = (
    "2027-02-30T10:00:00Z",
    "0000-00-00T00:00:00Z",
    "2026-01-01T10:00:00",
    "2026-01-01T10:00:00٠",
    "2026-01-01",
    "2026-W01-1T10:00:00Z",
    "2026-01-01T25:00:00Z",
    "9999-12-31T23:59:59-14:00",
    "0001-01-01T00:00:00+14:00",
)
UNKEEPABLE = ("\x00", "\ud800", "\udfff")

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Spoiled:
    """A body with one thing wrong: where, what, and the name that the problem must give it."""

    body: Any
    field: str
    value: Any

    @property
    def marks(self) -> list[str]:
        """Texts that may not be in the answer."""
        sent = [self.value] if isinstance(self.value, str) else [MARK, str(10**30), "1e+30"]
        # What is short, or a word of the list but for its case, an answer may well hold.
        return [text for text in sent if len(text) > 3 and text.lower() not in KNOWN_WORDS]


KNOWN_WORDS = {"true", "false", "null"}


def spoiled(op: Operation, good: Any, closed: str) -> Iterator[Spoiled]:
    """The good body of a route, each time with one thing wrong."""
    for value in ANY_KIND:
        if not isinstance(value, dict):
            yield Spoiled(value, "body", None)
    for path, value, name in _object(op, op.resolved(op.body or {}), good, closed):
        field = ".".join(map(str, (*path[:-1], name)))
        whole = {key: INSTEAD[key] for key in path[:1] if key in INSTEAD} | good
        yield Spoiled(_changed(whole, path, value), field, value)


class Missing:
    """Stands for a field that is left out."""


def _object(
    op: Operation, schema: Schema, good: dict[str, Any], closed: str
) -> Iterator[tuple[Path, Any, str | int]]:
    for name in schema.get("required", ()):
        yield (name,), Missing, name
    for name in UNKNOWN_FIELDS:
        shown = name if re.fullmatch(r"[A-Za-z0-9_]{1,40}", name) else "(unknown)"
        yield (name,), f"{MARK}value", shown
    for name, wanted in schema["properties"].items():
        as_good = good[name] if name in good else INSTEAD[name]
        for path, value, leaf in _value(op, op.resolved(wanted), name, as_good, closed):
            yield (name, *path), value, leaf if path else name


def _value(
    op: Operation, schema: Schema, name: str, good: Any, closed: str
) -> Iterator[tuple[Path, Any, str | int]]:
    for value in wrong(schema, name, good, closed):
        yield (), value, name
    if isinstance(good, dict):
        yield from _object(op, schema, good, closed)
    if isinstance(good, list) and schema.get("items"):
        last = len(good) - 1
        items = _value(op, op.resolved(schema["items"]), name, good[last], closed)
        for path, value, leaf in items:
            yield (last, *path), value, leaf if path else last


def wrong(schema: Schema, name: str, good: Any, closed: str = "") -> Iterator[Any]:
    """Values, other than fields within it, that a field of this schema must refuse."""
    allowed = types(schema)
    if "number" in allowed:
        allowed.add("integer")
    yield from (value for value in ANY_KIND if JSON_TYPES[type(value)] not in allowed)
    if "string" in allowed:
        yield from wrong_texts(schema, name, good, closed)
    elif "integer" in allowed:
        yield from _wrong_numbers(schema)
    elif "boolean" in allowed:
        yield from (0, f"{MARK}yes", "true", 10**30)
    elif "maxItems" in schema:
        yield [good[0]] * (schema["maxItems"] + 1)


def wrong_texts(schema: Schema, name: str, good: str, closed: str) -> Iterator[str]:
    """Texts that a field of this schema must refuse."""
    yield from (f"{good}{character}" for character in UNKEEPABLE)
    form = schema.get("format")
    if "enum" in schema:
        yield from ("", f"{MARK}word", good.upper(), f"{good} ")
    elif form == "uuid":
        bare = good.replace("-", "")
        others = (bare, f"{{{good}}}", f"urn:uuid:{good}", f"{good}\n", f"{good[:-1]}١")
        yield from ("", f"{MARK}id", *others)
    elif form == "date":
        future = () if name in MAY_BE_FUTURE else (str(TOMORROW), "9999-12-31")
        yield from ("", f"{MARK}day", *NO_DAYS, *future)
    elif form == "date-time":
        yield from ("", f"{MARK}instant", *NO_INSTANTS, f"{TOMORROW}T23:30:00Z")
    else:
        yield from _wrong_length(schema, good)
        yield from _wrong_shape(schema)
        if name in ("unit", "parent"):
            yield from (code for code in (f"{MARK}nowhere", closed) if code)


def _wrong_length(schema: Schema, good: str) -> Iterator[str]:
    if schema.get("minLength"):
        yield ""
    yield f"{MARK}{'x' * schema['maxLength']}"
    yield good[-1] * (schema["maxLength"] + 1)


def _wrong_shape(schema: Schema) -> Iterator[str]:
    tried = ("", "x", f"{MARK}text", f"{MARK}a b@c.se", "a@b", "١٢٣٤٥٦٧٨٩٠١٢", "å", "-", "1;2--")
    if "pattern" in schema:
        pattern = re.compile(schema["pattern"])
        yield from (text for text in tried if not pattern.match(text))


def _wrong_numbers(schema: Schema) -> Iterator[Any]:
    yield from (n for n in NUMBERS if not isinstance(n, int) or n not in range(2**53))
    for bound, step in (("minimum", -1), ("maximum", 1)):
        if bound in schema:
            yield schema[bound] + step


def wrong_query(schema: Schema, good: str) -> Iterator[str]:
    """Texts that a parameter of this schema must refuse in a query string."""
    if "integer" in types(schema):
        bounds = (schema["minimum"] - 1, schema["maximum"] + 1)
        yield from chain(NO_NUMBERS, map(str, bounds), ("9" * 40, "9" * 5000, str(10**30)))
        return
    if schema.get("format") == "date":
        yield from ("", f"{MARK}day", *NO_DAYS, "2026-01-01\x00")
        return
    # Half a pair cannot be in an address: it would not be UTF-8.
    yield from (t for t in wrong_texts(schema, "", good, "") if not re.search("[\ud800-\udfff]", t))


def _changed(good: Any, path: Path, value: Any) -> Any:
    changed = at = deepcopy(good)
    for step in path[:-1]:
        at = at[step]
    if value is Missing:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return changed
