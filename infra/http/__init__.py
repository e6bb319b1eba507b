"""HTTP entrypoints: `@route` parses, authorises, runs the method, answers; errors are problems."""

from infra.http.answers import Created, Raw
from infra.http.requests import load
from infra.http.route import Route, route

__all__ = ["Created", "Raw", "Route", "load", "route"]
