"""Batches: every item is answered, in order, and a bad one spoils no other.

Whatever takes `{"items": […]}` is found in the OpenAPI documents.
"""

from collections import Counter
from typing import Any
from uuid import uuid4

import pytest
import requests

from tests.contract.api import Api
from tests.contract.conftest import Unchanged
from tests.contract.given import Given
from tests.contract.wrong import ANY_KIND, MARK, spoiled

OTHER: dict[str, dict[str, Any]] = {
    "membership /members": {"name": "Någon annan"},
    "campaign /conversations": {"count": 4},
    "campaign /visits": {"outcome": "declined"},
    "training /offers": {"via": "brev"},
}
"""What makes an item of each batch another one."""


class Batch:
    """One batch route, the route that takes one of its items, and good items."""

    def __init__(self, given: Given, name: str) -> None:
        self.name = name
        self.service, path = name.split(" ")
        self.given, self.api = given, given.api
        self.one = self.api.operation(f"{self.service} POST {path}")
        self.many = self.api.operation(f"{self.service} POST {path}/batch")

    def item(self, **changes: Any) -> dict[str, Any]:
        """A good item with an id of its own."""
        return {**self.given.body(self.one), **changes}

    def other(self, item: dict[str, Any]) -> dict[str, Any]:
        """Something else under the same id."""
        return {**item, **OTHER[self.name]}

    def post(self, items: Any) -> requests.Response:
        """Send it, whatever it is."""
        return self.api.send(self.many, body={"items": items})

    def results(self, items: list[Any]) -> list[dict[str, Any]]:
        """What became of each item, once the counts are checked."""
        answer = self.post(items)
        assert answer.status_code == 200, answer.text
        found = answer.json()
        results: list[dict[str, Any]] = found["results"]
        assert [result["index"] for result in results] == list(range(len(items)))
        counted = Counter(result["status"] for result in results)
        assert {name: found[name] for name in ("created", "exists", "rejected")} == {
            name: counted[name] for name in ("created", "exists", "rejected")
        }
        for result in results:
            assert (result["status"] == "rejected") == bool(result.get("errors")), result
        return results

    def statuses(self, items: list[Any]) -> list[str]:
        """The status of each item."""
        return [result["status"] for result in self.results(items)]


@pytest.fixture(params=OTHER, ids=lambda name: name.split("/")[1])
def batch(given: Given, request: pytest.FixtureRequest) -> Batch:
    """Each of the batches."""
    return Batch(given, request.param)


def test_every_batch_is_tested(api: Api) -> None:
    found = {
        f"{op.service} {op.path.removesuffix('/batch')}"
        for op in api.operations
        if op.path.endswith("/batch")
    }
    assert found == set(OTHER)


def test_a_batch_of_1001_or_of_no_list_is_refused_whole(batch: Batch, unchanged: Unchanged) -> None:
    with unchanged():
        for items in ([batch.item()] * 1001, {"0": batch.item()}, "[]", 7, True, None):
            answer = batch.post(items)
            assert answer.status_code == 422
            assert set(answer.json()["errors"]) == {"items"}
        answer = batch.api.send(batch.many, body=[batch.item()])
        assert (answer.status_code, set(answer.json()["errors"])) == (422, {"body"})
        answer = batch.api.send(batch.many, body={"items": [], "more": 1})
        assert (answer.status_code, set(answer.json()["errors"])) == (422, {"more"})


def test_an_empty_batch_is_answered(batch: Batch, unchanged: Unchanged) -> None:
    with unchanged():
        expected = {"results": [], "created": 0, "exists": 0, "rejected": 0}
        assert batch.post([]).json() == expected


def test_a_thousand_good_items_are_created_in_order_and_are_there_the_second_time(
    batch: Batch,
) -> None:
    items = [batch.item() for _ in range(1000)]
    first, again = batch.results(items), batch.results(items)
    assert [result["id"] for result in first] == [item["id"] for item in items]
    assert [result["id"] for result in again] == [item["id"] for item in items]
    assert {result["status"] for result in first} == {"created"}
    assert {result["status"] for result in again} == {"exists"}


def test_what_is_no_object_is_rejected_at_its_place(batch: Batch) -> None:
    deep: Any = "deep"
    for _ in range(300):
        deep = [deep]
    odd = [*ANY_KIND, deep, {"items": [{"items": [deep]}]}, [batch.item()]]
    items = [each for bad in odd for each in (batch.item(), bad)]
    expected = ["created", "rejected"] * len(odd)
    assert batch.statuses(items) == expected


def test_an_item_with_anything_wrong_is_rejected_by_name_and_the_others_are_created(
    batch: Batch,
) -> None:
    wrong = [
        each
        for each in spoiled(batch.one, batch.item(), batch.given.closed)
        if isinstance(each.body, dict)
    ]
    assert len(wrong) > 50
    for start in range(0, len(wrong), 400):
        some = wrong[start : start + 400]
        items = [each for bad in some for each in (bad.body, batch.item())]
        results = batch.results(items)
        assert {result["status"] for result in results[1::2]} == {"created"}
        for bad, result in zip(some, results[::2], strict=True):
            names = set(result.get("errors", {}))
            assert any(n == bad.field or n.startswith(f"{bad.field}.") for n in names), (
                bad.field,
                result,
            )
            assert MARK not in str(result)


def test_half_a_pair_or_a_nul_spoils_its_own_item_alone(batch: Batch) -> None:
    items = [batch.item() for _ in range(5)]
    items[1]["id"] = f"{MARK}\ud800"
    items[3][next(iter(OTHER[batch.name]))] = f"{MARK}\x00"
    answer = batch.post(items)
    statuses = [result["status"] for result in answer.json()["results"]]
    assert statuses == ["created", "rejected", "created", "rejected", "created"]
    assert MARK not in answer.text


def test_an_id_that_is_none_does_not_come_back(batch: Batch) -> None:
    ids = (f"{MARK}anna@example.se", 7, None, [], "\udfff", "\x00")
    results = batch.results([batch.item(id=given, unit=7) for given in ids])
    assert [result["id"] for result in results] == [None] * len(ids)


def test_an_item_without_an_id_is_given_one(batch: Batch) -> None:
    items = [{k: v for k, v in batch.item().items() if k != "id"} for _ in range(2)]
    first, second = batch.results(items)
    assert (first["status"], second["status"]) == ("created", "created")
    assert first["id"] != second["id"]


def test_an_id_twice_in_one_batch_is_one_thing(batch: Batch) -> None:
    first, second = batch.item(), batch.item()
    results = batch.results([first, first, second, batch.other(second), second])
    assert [result["status"] for result in results] == [
        "created",
        "exists",
        "created",
        "rejected",
        "exists",
    ]
    assert set(results[3]["errors"]) == {"id"}
    assert batch.statuses([first, second]) == ["exists", "exists"]


def test_a_bad_item_does_not_take_the_id_from_a_good_one(batch: Batch) -> None:
    item = batch.item()
    bad = {**item, "unit": "nowhere", "member_id": str(uuid4()), "area_id": str(uuid4())}
    bad = {k: v for k, v in bad.items() if k in item}
    assert batch.statuses([bad, item, bad]) == ["rejected", "created", "rejected"]


def test_another_body_under_a_stored_id_is_rejected_and_changes_nothing(
    batch: Batch, unchanged: Unchanged
) -> None:
    item, new = batch.item(), batch.item()
    assert batch.api.send(batch.one, body=item).status_code == 201
    with unchanged():
        (result,) = batch.results([batch.other(item)])
    assert (result["id"], result["status"]) == (item["id"], "rejected")
    assert set(result["errors"]) == {"id"}
    assert batch.statuses([batch.other(item), new, item]) == ["rejected", "created", "exists"]
    assert batch.api.send(batch.one, body=new).status_code == 200
