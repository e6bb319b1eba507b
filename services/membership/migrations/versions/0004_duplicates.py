"""The marks by which members are found to be one person, and who was told apart.

Who joined before has none until their data is changed or merged: marking takes the data keys, which
a migration has not.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

REFUSING = ("personal_number_mark", "name_email_mark", "name_phone_mark")
LIKELY = ("email_mark", "phone_mark", "name_birth_mark")


def upgrade() -> None:
    """Add the columns, create their indexes and the table."""
    for name in REFUSING + LIKELY:
        op.add_column("member", sa.Column(name, sa.LargeBinary))
        op.create_index(f"member_by_{name}", "member", [name], unique=name in REFUSING)
    op.create_table(
        "different",
        sa.Column("first", sa.Uuid, primary_key=True),
        sa.Column("second", sa.Uuid, primary_key=True),
    )
