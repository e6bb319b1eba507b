"""What a service can be asked, from its routes: the OpenAPI document and its page."""

import mimetypes
import re
from functools import cache
from importlib import resources
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from nameko.extensions import ENTRYPOINT_EXTENSIONS_ATTR

from infra.errors import NotFound
from infra.fields import Code, Day, Id, Word

VARIABLE = re.compile(r"<(?:(?P<kind>\w+):)?(?P<name>\w+)>")
BUNDLE = "swagger_ui_bundle"
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Samtal {service}</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="page"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script>SwaggerUIBundle({{url: "openapi.json", dom_id: "#page", validatorUrl: null}})</script>
</body>
</html>
"""


@cache
def document(service_cls: type) -> dict[str, Any]:
    """The OpenAPI 3.1 document of a service class."""
    plugin = MarshmallowPlugin(schema_name_resolver=_schema_name)
    spec = APISpec(
        title=f"Samtal {service_cls.name}",  # type: ignore[attr-defined]
        version="1",
        openapi_version="3.1.0",
        plugins=[plugin],
    )
    plugin.map_to_openapi_type(Id, "string", "uuid")  # type: ignore[no-untyped-call]
    plugin.map_to_openapi_type(Day, "string", "date")  # type: ignore[no-untyped-call]
    plugin.map_to_openapi_type(Code, "string", None)  # type: ignore[no-untyped-call]
    plugin.map_to_openapi_type(Word, "string", None)  # type: ignore[no-untyped-call]
    bearer = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    spec.components.security_scheme("token", bearer)
    spec.components.schema("Problem", _problem())
    for name, route in _routes(service_cls):
        function = getattr(service_cls, name)
        spec.path(VARIABLE.sub(r"{\2}", route.url), operations=_operation(route, function))
    return spec.to_dict()


def page(service: str) -> bytes:
    """The page that shows the document."""
    return PAGE.format(service=service).encode()


def asset(name: str) -> tuple[bytes, str]:
    """A file that the page needs, with its content type; NotFound for any other name."""
    if name not in ("swagger-ui.css", "swagger-ui-bundle.js"):
        raise NotFound("There is no such file.")
    vendor = resources.files(BUNDLE) / "vendor"
    folder = next(entry for entry in vendor.iterdir() if entry.name.startswith("swagger-ui"))
    return (folder / name).read_bytes(), mimetypes.guess_type(name)[0] or "text/plain"


def _routes(service_cls: type) -> list[tuple[str, Any]]:
    found = []
    for name in dir(service_cls):
        entrypoints = getattr(getattr(service_cls, name), ENTRYPOINT_EXTENSIONS_ATTR, ())
        found += [(name, entrypoint) for entrypoint in entrypoints if hasattr(entrypoint, "url")]
    return sorted(found, key=lambda pair: (pair[1].url, pair[1].method))


def _operation(route: Any, function: Any) -> dict[str, Any]:
    status = "201" if route.creates else "200"
    operation: dict[str, Any] = {
        "operationId": function.__name__,
        "summary": (function.__doc__ or "").strip().splitlines()[0],
        "parameters": [_path_parameter(match) for match in VARIABLE.finditer(route.url)],
        "responses": {status: _answer(route), "default": _problem_answer()},
    }
    if route.creates:
        operation["responses"]["200"] = _answer(route)
    if route.query is not None:
        operation["parameters"].append({"in": "query", "schema": route.query})
    if route.headers is not None:
        operation["parameters"].append({"in": "header", "schema": route.headers})
    if route.body is not None:
        content = {"application/json": {"schema": route.body}}
        operation["requestBody"] = {"required": True, "content": content}
    if route.scope is not None:
        operation["security"] = [{"token": []}]
        operation["description"] = f"Needs the scope `{route.scope}`."
        if route.keyed:
            operation["description"] += " A `key` in the query stands in for the token."
    return {route.method.lower(): operation}


def _path_parameter(match: re.Match[str]) -> dict[str, Any]:
    schema = {"type": "integer"} if match["kind"] == "int" else {"type": "string"}
    if match["kind"] == "uuid":
        schema["format"] = "uuid"
    return {"in": "path", "name": match["name"], "required": True, "schema": schema}


def _answer(route: Any) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": "Done"}
    if route.answers is None:
        return answer
    schema: Any = route.answers
    if route.many:
        schema = {
            "type": "object",
            "properties": {
                "items": {"type": "array", "items": route.answers},
                "next": {"type": ["string", "null"]},
            },
        }
    answer["content"] = {"application/json": {"schema": schema}}
    return answer


def _problem_answer() -> dict[str, Any]:
    content = {"application/problem+json": {"schema": "Problem"}}
    return {"description": "Refused; RFC 9457", "content": content}


def _problem() -> dict[str, Any]:
    messages = {"type": "array", "items": {"type": "string"}}
    return {
        "type": "object",
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "errors": {"type": "object", "additionalProperties": messages},
        },
    }


def _schema_name(schema: Any) -> str:
    cls = schema if isinstance(schema, type) else type(schema)
    return cls.__name__
