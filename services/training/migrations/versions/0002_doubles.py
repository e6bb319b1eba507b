"""Who turned out to be another member."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the table."""
    op.create_table("double_seen", sa.Column("member_id", sa.Uuid, primary_key=True))
