"""Of what most members have none of, the indexes hold those who have: a join enters fewer."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

REFUSING = ("personal_number_mark", "name_email_mark", "name_phone_mark")
LIKELY = ("email_mark", "phone_mark", "name_birth_mark")


def upgrade() -> None:
    """Make the indexes anew, over the rows that they are asked for."""
    for name in REFUSING + LIKELY:
        _over_what_is_there(f"member_by_{name}", name, unique=name in REFUSING)
    _over_what_is_there("member_by_merge", "merged_into")
    _over_what_is_there("member_by_leave", "left_on")


def _over_what_is_there(index: str, column: str, *, unique: bool = False) -> None:
    op.drop_index(index, "member")
    there = sa.text(f"{column} IS NOT NULL")
    op.create_index(
        index, "member", [column], unique=unique, postgresql_where=there, sqlite_where=there
    )
