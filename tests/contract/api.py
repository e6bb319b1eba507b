"""What the services say they can be asked: the operations of their `/openapi.json`."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import requests

from infra.auth import SCOPES
from infra.config import SERVICES
from tests.conftest import System

JSON_TYPES: dict[type, str] = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}

HEADERS = {"membership PATCH /members/{member_id}": {"X-Purpose": "kontraktet"}}
"""What a route is told beside the body, for all that the body may hold."""
WHY = "Kontraktet prövas"
"""What every header says that must be there."""

Schema = dict[str, Any]


@dataclass(frozen=True)
class Operation:
    """One method at one address of one service."""

    service: str
    method: str
    path: str
    scope: str | None
    body: Schema | None
    query: Mapping[str, Schema]
    in_path: Mapping[str, Schema]
    headers: Sequence[str]
    answers: Mapping[int, Schema | None]
    components: Mapping[str, Schema] = field(repr=False)

    def __str__(self) -> str:
        return f"{self.service} {self.method} {self.path}"

    def said(self) -> dict[str, str]:
        """The headers that must be there."""
        return dict.fromkeys(self.headers, WHY)

    @property
    def is_list(self) -> bool:
        """Whether it answers `items`."""
        answer = self.resolved(self.answers.get(200) or {})
        return self.method == "GET" and "items" in answer.get("properties", {})

    def resolved(self, schema: Schema) -> Schema:
        """The schema behind a reference; what may be null as well says so in its type."""
        choices = schema.get("anyOf", ())
        wanted = next((one for one in choices if "$ref" in one), schema)
        if "$ref" not in wanted:
            return schema
        found = self.components[wanted["$ref"].rsplit("/", 1)[1]]
        return {**found, "type": [found["type"], "null"]} if choices else found


class Api:
    """All operations of a running system, and a way to send them anything."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.documents = {name: self._document(name) for name in SERVICES}
        self.operations = [op for name in SERVICES for op in self._operations(name)]
        self._tokens: dict[tuple[str, str], str] = {}

    def of(self, service: str) -> list[Operation]:
        """The operations of one service."""
        return [op for op in self.operations if op.service == service]

    def token(self, scopes: str = " ".join(SCOPES), unit: str = "SE") -> str:
        """A token, signed once."""
        if (scopes, unit) not in self._tokens:
            self._tokens[scopes, unit] = self.system.token(scopes, unit)
        return self._tokens[scopes, unit]

    def send(
        self,
        op: Operation,
        path_values: Mapping[str, str] | None = None,
        body: Any = None,
        query: Mapping[str, Any] | str | None = None,
        token: str | None = None,
        more_headers: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """One request; the values of the path are quoted here. Token "" is none."""
        quoted = {name: quote(value, safe="") for name, value in (path_values or {}).items()}
        said = {**op.said(), **HEADERS.get(str(op), {}), **(more_headers or {})}
        headers = {"Content-Type": "application/json", **said}
        if token != "":
            headers["Authorization"] = f"Bearer {token or self.token()}"
        return self.system.running[op.service].http.request(
            op.method,
            self.system.url(op.service) + op.path.format_map(quoted),
            params=query,
            # Python's own JSON, since half a surrogate pair is sent as well.
            data=None if op.body is None else json.dumps(body),
            headers=headers,
            timeout=30,
        )

    def operation(self, name: str) -> Operation:
        """The operation of that name, as `membership POST /members`."""
        return next(op for op in self.operations if str(op) == name)

    def head(self, service: str) -> int:
        """The last position of the service's feed."""
        answer = self.system.call("GET", service, "/events?after=9007199254740990").json()
        head: int = answer["head"]
        return head

    def feed(self, service: str, after: int = 0) -> Iterator[dict[str, Any]]:
        """The events after a position, page by page, to the end."""
        while True:
            path = f"/events?after={after}&limit=5000"
            page = self.system.call("GET", service, path).json()
            yield from page["items"]
            if not page["items"]:
                return
            after = page["next"]

    def listed(self, op: Operation) -> list[dict[str, Any]]:
        """All items of a list, page by page."""
        items: list[dict[str, Any]] = []
        query = {"limit": "500"} if "limit" in op.query else {}
        while True:
            page = self.send(op, query=query).json()
            items += page["items"]
            if page["next"] is None:
                return items
            query["cursor"] = page["next"]

    def _document(self, service: str) -> dict[str, Any]:
        answer = requests.get(f"{self.system.url(service)}/openapi.json", timeout=30)
        found: dict[str, Any] = answer.json()
        return found

    def _operations(self, service: str) -> Iterator[Operation]:
        document = self.documents[service]
        for path, methods in document["paths"].items():
            for method, found in methods.items():
                needs = re.search(r"Needs the scope `(.+?)`", found.get("description", ""))
                parameters = found["parameters"]
                yield Operation(
                    service,
                    method.upper(),
                    path,
                    needs[1] if needs and "security" in found else None,
                    _content(found.get("requestBody")),
                    {p["name"]: p["schema"] for p in parameters if p["in"] == "query"},
                    {p["name"]: p["schema"] for p in parameters if p["in"] == "path"},
                    [p["name"] for p in parameters if p["in"] == "header" and p["required"]],
                    {
                        int(status): _content(answer)
                        for status, answer in found["responses"].items()
                        if status != "default"
                    },
                    document["components"]["schemas"],
                )


def types(schema: Schema) -> set[str]:
    """The JSON types that a value may have; every one if none is said."""
    said = schema.get("type", list(JSON_TYPES.values()))
    return {said} if isinstance(said, str) else set(said)


def _content(part: Schema | None) -> Schema | None:
    found = (part or {}).get("content", {}).get("application/json")
    schema: Schema | None = found["schema"] if found else None
    return schema
