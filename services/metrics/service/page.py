"""The goal board as a web page, and the files that it is made of."""

import mimetypes
from pathlib import Path

from infra.errors import NotFound
from infra.http import Raw, route
from infra.service import Service

WEB = Path(__file__).resolve().parent.parent / "web"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    # A page of one version must not run with the files of another.
    "Cache-Control": "no-cache",
}


def _whole(path: Path) -> Raw:
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Raw.tagged(path.read_bytes(), f"{kind}; charset=utf-8", HEADERS)


FILES = {path.name: _whole(path) for path in sorted(WEB.iterdir())}


class PageRoutes(Service):
    """The page and its files need no token; what the page shows does."""

    @route("GET", "/", scope=None)
    def page(self) -> Raw:
        """The goal board as a web page."""
        return _file("index.html")

    @route("GET", "/web/<name>", scope=None)
    def page_file(self, name: str) -> Raw:
        """A file that the page is made of."""
        return _file(name)


def _file(name: str) -> Raw:
    if name not in FILES:
        raise NotFound("There is no such file.")
    return FILES[name]
