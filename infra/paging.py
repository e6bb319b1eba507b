"""Lists by cursor: a page is cut after a key, so nothing shifts while it is read."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, TypeVarTuple

import orjson
from sqlalchemy import ColumnElement, Row, Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from infra.errors import Invalid

Item = TypeVar("Item")
Key = Sequence[InstrumentedAttribute[Any] | ColumnElement[Any]]
Columns = TypeVarTuple("Columns")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some rows, and the cursor with which the list goes on; None at its end."""

    items: Sequence[Item]
    next: str | None


def page(
    session: Session,
    found: Select[Item],
    key: Key,
    query: dict[str, Any],
    *,
    ascending: bool = False,
) -> Page[Item]:
    """The rows of `found` in descending (or ascending) order of `key`, after `query["cursor"]`.

    `key` ends with a unique column. Invalid when the cursor is none that was handed out.
    """
    rows = session.scalars(_after(found, key, query, ascending)).all()
    return _cut(rows, key, query)


def page_of_rows(
    session: Session,
    found: Select[*Columns],
    key: Key,
    query: dict[str, Any],
    *,
    ascending: bool = False,
) -> Page[Row[*Columns]]:
    """As `page`, of rows of several columns, those of `key` among them by their own names."""
    rows = session.execute(_after(found, key, query, ascending)).all()
    return _cut(rows, key, query)


def _after(
    found: Select[*Columns], key: Key, query: dict[str, Any], ascending: bool
) -> Select[*Columns]:
    if query["cursor"] is not None:
        after = _decode(query["cursor"], key)
        row, last = tuple_(*key), tuple_(*after)
        found = found.where(row > last if ascending else row < last)
    order = key if ascending else [column.desc() for column in key]
    return found.order_by(*order).limit(query["limit"] + 1)


def _cut(rows: Sequence[Item], key: Key, query: dict[str, Any]) -> Page[Item]:
    items = rows[: query["limit"]]
    more = len(rows) > len(items)
    return Page(items, _encode(items[-1], key) if more else None)


def _encode(row: Any, key: Key) -> str:
    values = [getattr(row, str(column.key)) for column in key]
    return urlsafe_b64encode(orjson.dumps(values)).decode().rstrip("=")


def _decode(cursor: str, key: Key) -> list[Any]:
    try:
        values = orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        types = [column.type.python_type for column in key]
        return [_value(kind, value) for kind, value in zip(types, values, strict=True)]
    except (ValueError, TypeError) as error:
        raise Invalid("Unknown cursor", {"cursor": ["Not a cursor of this list."]}) from error


def _value(kind: type, value: Any) -> Any:
    # A cursor is the caller's text: only what a cursor of ours holds may reach the database.
    if not isinstance(value, int if kind is int else str) or "\x00" in str(value):
        raise ValueError("not a value of the key")
    if isinstance(value, int) and abs(value) >= 2**63:
        raise ValueError("no number that a column holds")
    if hasattr(kind, "fromisoformat"):
        return kind.fromisoformat(value)
    return kind(value)
