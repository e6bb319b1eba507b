"""Headers are loaded by a schema that names them."""

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request as HttpRequest

from infra.errors import Invalid
from infra.fields import Request, Text
from infra.http.requests import load_headers


class Told(Request):
    """A header that may be there and one that must."""

    why = Text(data_key="X-Why", load_default=None)
    how = Text(high=9, data_key="X-How", required=True)


def sent(**headers: str) -> HttpRequest:
    """A request with these headers, and others that nobody asked for."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpRequest(EnvironBuilder(headers={"X-Other": "x", **named}).get_environ())


def test_headers_are_found_whatever_their_case_and_others_are_left_alone() -> None:
    assert load_headers(Told(), sent(x_how="so")) == {"why": None, "how": "so"}
    assert load_headers(Told(), sent(X_HOW="so", X_Why="therefore"))["why"] == "therefore"


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_a_header_is_read_in_the_encoding_that_its_sender_used(encoding: str) -> None:
    request = sent(X_How="so")
    request.environ["HTTP_X_WHY"] = "välkommen".encode(encoding).decode("latin-1")

    assert load_headers(Told(), request)["why"] == "välkommen"


@pytest.mark.parametrize(
    ("headers", "named"),
    [({}, {"X-How"}), ({"X_How": "far too long"}, {"X-How"}), ({"X_Why": ""}, {"X-How", "X-Why"})],
)
def test_a_bad_header_is_named(headers: dict[str, str], named: set[str]) -> None:
    with pytest.raises(Invalid) as refused:
        load_headers(Told(), sent(**headers))

    assert set(refused.value.errors) == named
