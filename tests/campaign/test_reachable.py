"""What reaches a person is found in a text, and what does not is let be."""

import pytest

from services.campaign import reachable


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ring 070-174 06 05 på kvällen", "a telephone number"),
        ("+46 70 174 06 05", "a telephone number"),
        ("0701740605", "a telephone number"),
        ("skriv till anna.berg@exempel.se", "an e-mail address"),
        ("anna@exempel.se", "an e-mail address"),
        ("19900101-0017", "a personal number"),
        ("900101-0017", "a personal number"),
        ("9001010017", "a personal number"),
        ("199001010017", "a personal number"),
        ("900161-0014", "a personal number"),
    ],
)
def test_what_reaches_a_person_is_named(text, found):
    assert reachable.what(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Skolan och vården",
        "hus 12, port B",
        "volontär-1280-17",
        "12 av 200 ville prata mer, 2026",
        "01234567-8901-2345-6789-012345678901",
        "900101-0018 ✓",
        "@ torget",
    ],
)
def test_what_reaches_nobody_is_let_be(text):
    assert reachable.what(text) is None
