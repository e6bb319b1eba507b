"""Ids: new ones are version 7, so that rows made together lie together in their index."""

from typing import Any
from uuid import UUID, SafeUUID

from uuid_utils.compat import uuid7

# Looked up once: an enumeration's member costs as much as the rest of a UUID.
NEW, SET, UNKNOWN = object.__new__, object.__setattr__, SafeUUID.unknown


def new_id() -> UUID:
    """A new, time-ordered UUID."""
    return uuid7()


def id_of(text: Any) -> UUID:
    """The UUID that `text` is in its usual form; ValueError or TypeError if it is none.

    As `UUID(text)`, which reads other forms as well, at less cost: a consumer reads an id or two in
    every event.
    """
    if type(text) is not str or len(text) != 36:
        raise ValueError("not a UUID of 36 characters")
    digits = text.replace("-", "")
    if len(digits) != 32 or not text[8] == text[13] == text[18] == text[23] == "-":
        raise ValueError("the dashes of the UUID are elsewhere")
    octets = bytes.fromhex(digits)
    if len(octets) != 16:
        # What stands between digits, fromhex passes over.
        raise ValueError("not the digits of a UUID")
    made = NEW(UUID)
    # As UUID's own __init__ does it.
    SET(made, "int", int.from_bytes(octets))
    SET(made, "is_safe", UNKNOWN)
    return made
