"""The feed in partitions, on PostgreSQL: what is there becomes the first of them."""

import sqlalchemy as sa
from alembic import op

from infra import partitions

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Note up to which position there is a partition; nowhere where the feed is one table."""
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    if on_postgresql:
        # In the order in which the sequencer and the readers come to them.
        op.execute("LOCK TABLE feed_head, feed IN ACCESS EXCLUSIVE MODE")
    op.add_column("feed_head", sa.Column("room", sa.BigInteger))
    if on_postgresql:
        _partition()


def _partition() -> None:
    """Attach the table as it is: no row is copied, all are read once to see that they fit."""
    connection = op.get_bind()
    head = connection.execute(sa.text("SELECT head FROM feed_head")).scalar_one()
    room = partitions.last_of(max(head, 1))
    op.execute("ALTER TABLE feed RENAME TO feed_1")
    op.execute("ALTER INDEX feed_pkey RENAME TO feed_1_pkey")
    op.execute("CREATE TABLE feed (LIKE feed_1 INCLUDING ALL) PARTITION BY RANGE (position)")
    op.execute(f"ALTER TABLE feed ATTACH PARTITION feed_1 FOR VALUES FROM (1) TO ({room + 1})")
    room = partitions.extend(connection, room, head)
    head_table = sa.table("feed_head", sa.column("room"))
    op.execute(head_table.update().values(room=room))
