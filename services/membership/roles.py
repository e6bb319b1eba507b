"""Roles: what an assignment of each may say, and which of them one alone can have."""

from typing import Any

from infra.errors import Invalid

ALONE = ("welcome_officer",)
"""The roles that one member at a time has in a unit."""

OF_ROLES = {
    "title": ("elected_post", "local"),
    "sphere": ("elected_post",),
    "mandate_until": ("elected_post",),
    "task_id": ("local",),
}
"""The fields that some roles alone have."""

NEEDED = ("title", "sphere")
"""Those of OF_ROLES that these roles cannot do without."""


def check(row: dict[str, Any]) -> None:
    """Invalid, naming the fields, unless what is said of an assignment fits its role."""
    errors = {}
    for name, roles in OF_ROLES.items():
        if row[name] is not None and row["role"] not in roles:
            errors[name] = ["The role has no such thing."]
        elif row[name] is None and name in NEEDED and row["role"] in roles:
            errors[name] = ["The role needs it."]
    if errors:
        raise Invalid("Some fields do not fit the role.", errors)


def post(row: dict[str, Any]) -> str | None:
    """What, within the unit, one at a time can have; None for what many can.

    The title of an elected post names it, however its letters are written.
    """
    if row["role"] in ALONE:
        return str(row["role"])
    if row["role"] == "elected_post":
        return f"{row['sphere']}/{' '.join(row['title'].casefold().split())}"
    return None if row["task_id"] is None else f"task/{row['task_id']}"
