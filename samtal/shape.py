"""What the fields of a request are, by the service's own OpenAPI document, for rows of text."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from infra.errors import Invalid

WHOLE = re.compile(r"-?[0-9]{1,18}")
TRUTH = {
    **dict.fromkeys(("true", "yes", "ja", "1"), True),
    **dict.fromkeys(("false", "no", "nej", "0"), False),
}


class Shape:
    """The kinds of a body's fields, nested ones dotted: `union.official` → boolean."""

    def __init__(self, document: Mapping[str, Any], path: str) -> None:
        self._schemas = document["components"]["schemas"]
        content = document["paths"][path]["post"]["requestBody"]["content"]
        self.kinds = dict(self._walk(content["application/json"]["schema"], ""))

    def body(self, cells: Mapping[str, str]) -> dict[str, Any]:
        """The body that a row stands for; an empty cell is a field left out.

        Raises Invalid, naming the fields, for what is no number or no truth value.
        """
        found: dict[str, Any] = {}
        errors: dict[str, list[str]] = {}
        for name, text in cells.items():
            if text == "":
                continue
            try:
                _put(found, name, convert(text, self.kinds[name]))
            except ValueError as error:
                errors[name] = [str(error)]
        if errors:
            raise Invalid("Some fields are wrong.", errors)
        return found

    def _walk(self, schema: Mapping[str, Any], prefix: str) -> Iterable[tuple[str, str]]:
        for name, field in self._resolved(schema).get("properties", {}).items():
            resolved = self._resolved(field)
            if "properties" in resolved:
                yield from self._walk(resolved, f"{prefix}{name}.")
            else:
                yield prefix + name, _kind(resolved)

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """The schema behind a reference, alone or beside null."""
        for key in ("allOf", "anyOf", "oneOf"):
            for part in schema.get(key, ()):
                if part.get("type") != "null":
                    return self._resolved(part)
        if "$ref" in schema:
            return self._resolved(self._schemas[schema["$ref"].rsplit("/", 1)[-1]])
        return schema


def convert(text: str, kind: str) -> Any:
    """A cell as JSON of that kind; ValueError, with a sentence, when it is none."""
    if kind == "integer":
        if not WHOLE.fullmatch(text):
            raise ValueError("Not a whole number.")
        return int(text)
    if kind == "boolean":
        if text.lower() not in TRUTH:
            raise ValueError("Not true or false.")
        return TRUTH[text.lower()]
    if kind == "array":
        return [part.strip() for part in text.split("|") if part.strip()]
    return text


def _kind(field: Mapping[str, Any]) -> str:
    kind = field.get("type", "string")
    if isinstance(kind, list):
        kind = next((name for name in kind if name != "null"), "string")
    return str(kind)


def _put(body: dict[str, Any], dotted: str, value: Any) -> None:
    *above, name = dotted.split(".")
    for part in above:
        body = body.setdefault(part, {})
    body[name] = value
