"""Rows of text become the bodies that a service takes."""

import pytest

from infra import openapi
from infra.errors import Invalid
from samtal.shape import Shape
from services.campaign.service import CampaignService
from services.membership.service import MembershipService


@pytest.fixture(scope="module")
def member() -> Shape:
    return Shape(openapi.document(MembershipService), "/members")


@pytest.fixture(scope="module")
def conversation() -> Shape:
    return Shape(openapi.document(CampaignService), "/conversations")


def test_numbers_and_lists_are_converted(conversation: Shape) -> None:
    cells = {
        "id": "0123",
        "unit": "0114",
        "count": "12",
        "topics": "skola| vård |",
        "workplace": "",
    }
    assert conversation.body(cells) == {
        "id": "0123",
        "unit": "0114",
        "count": 12,
        "topics": ["skola", "vård"],
    }


def test_nested_fields_are_dotted(member: Shape) -> None:
    cells = {"union.organisation": "Kommunal", "union.official": "ja", "affiliations": "ssu"}
    assert member.body(cells) == {
        "union": {"organisation": "Kommunal", "official": True},
        "affiliations": ["ssu"],
    }


def test_a_phone_number_stays_text(member: Shape) -> None:
    assert member.body({"phone": "0701234567"}) == {"phone": "0701234567"}


def test_what_is_no_number_is_refused_by_name(conversation: Shape) -> None:
    with pytest.raises(Invalid) as refusal:
        conversation.body({"count": "tolv"})
    assert refusal.value.errors == {"count": ["Not a whole number."]}
