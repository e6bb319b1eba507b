"""Batches: every item answered, in order, none dropped; a bad item spoils no other."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol
from uuid import UUID

from marshmallow import Schema, ValidationError, fields, validate

from infra import http
from infra.errors import Problem
from infra.fields import HEX_ID, Count, Id, Request, Text, Word, flat

MOST = 1000


class Batch(Request):
    """`{"items": […]}`, up to 1,000; what an item is, the items' own schema says."""

    items = fields.List(
        fields.Raw(allow_none=True), required=True, validate=validate.Length(max=MOST)
    )


class Result(Request):
    """What became of one item; `errors` when it is rejected, `id` as far as it has one."""

    index = Count(required=True)
    id = Id(required=True, allow_none=True)
    status = Word("created", "exists", "rejected", required=True)
    errors = fields.Dict(keys=fields.String(), values=fields.List(Text()))


class BatchAnswer(Request):
    """Every item answered, in order, and how many of each there are."""

    results = fields.List(fields.Nested(Result), required=True)
    created = Count(required=True)
    exists = Count(required=True)
    rejected = Count(required=True)


class Outcome(Protocol):
    """What became of one item."""

    @property
    def id(self) -> UUID:
        """The id of the thing."""

    @property
    def created(self) -> bool:
        """Whether the item made it."""

    @property
    def problem(self) -> Problem | None:
        """Why the item was refused, if it was."""


def load(items: Any) -> list[Any]:
    """The items of a batch that comes in other than over HTTP; Invalid if they are none."""
    loaded: list[Any] = http.load(Batch(), {"items": items})["items"]
    return loaded


def load_items(schema: Schema, items: Sequence[Any]) -> "Loaded":
    """Each item through `schema`; those that it refuses are kept with the reason."""
    loaded = Loaded(items)
    for index, item in enumerate(items):
        try:
            loaded.accept(index, schema.load(item))
        except ValidationError as error:
            loaded.reject(index, flat(error.messages, ""))
    return loaded


class Loaded:
    """The items of a batch on their way to being answered."""

    def __init__(self, items: Sequence[Any]) -> None:
        self._items = items
        self._good: dict[int, dict[str, Any]] = {}
        self._bad: dict[int, dict[str, list[str]]] = {}

    @property
    def good(self) -> list[dict[str, Any]]:
        """The items that are still good, in order."""
        return list(self._good.values())

    def accept(self, index: int, item: dict[str, Any]) -> None:
        """The item can be worked on."""
        self._good[index] = item

    def reject(self, index: int, errors: dict[str, list[str]]) -> None:
        """The item is refused."""
        self._good.pop(index, None)
        self._bad[index] = errors

    def check(self, must_pass: Callable[[dict[str, Any]], None]) -> None:
        """Reject the items for which `must_pass` raises a problem."""
        for index, item in list(self._good.items()):
            try:
                must_pass(item)
            except Problem as problem:
                self.reject(index, _errors(problem))

    def answer(self, outcomes: Sequence[Outcome]) -> dict[str, Any]:
        """The answer to the batch; `outcomes` are those of `good`, in order."""
        by_index = dict(zip(self._good, outcomes, strict=True))
        results = [self._result(index, by_index) for index in range(len(self._items))]
        statuses = [result["status"] for result in results]
        return {
            "results": results,
            **{name: statuses.count(name) for name in ("created", "exists", "rejected")},
        }

    def _result(self, index: int, outcomes: dict[int, Outcome]) -> dict[str, Any]:
        errors = self._bad.get(index)
        if errors is None:
            outcome = outcomes[index]
            if outcome.problem is None:
                status = "created" if outcome.created else "exists"
                return {"index": index, "id": outcome.id, "status": status}
            errors = _errors(outcome.problem)
        item = self._items[index]
        given = item.get("id") if isinstance(item, dict) else None
        given = given if isinstance(given, str) and HEX_ID.match(given) else None
        return {"index": index, "id": given, "status": "rejected", "errors": errors}


def _errors(problem: Problem) -> dict[str, list[str]]:
    field = {403: "unit", 409: "id"}.get(problem.status, "body")
    return problem.errors or {field: [problem.detail]}
