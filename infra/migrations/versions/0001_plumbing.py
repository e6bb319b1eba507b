"""The outbox, the feed, the handled marks, the dead letters, the cursors, the unit copy."""

from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

BIG_KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables and their one-row counters."""
    op.create_table(
        "outbox",
        sa.Column("id", BIG_KEY, primary_key=True, autoincrement=True),
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("time", INSTANT, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "feed",
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("time", INSTANT, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    head = op.create_table(
        "feed_head",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("epoch", sa.String(36), nullable=False),
        sa.Column("head", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(head, [{"id": 1, "epoch": str(uuid4()), "head": 0}])
    published = op.create_table(
        "published",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("position", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(published, [{"id": 1, "position": 0}])
    op.create_table(
        "handled",
        sa.Column("subscription", sa.String(80), primary_key=True),
        sa.Column("source", sa.String(40), primary_key=True),
        sa.Column("epoch", sa.String(36), primary_key=True),
        sa.Column("block", sa.BigInteger, primary_key=True),
        sa.Column("bits", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "cursor",
        sa.Column("subscription", sa.String(80), primary_key=True),
        sa.Column("source", sa.String(40), primary_key=True),
        sa.Column("epoch", sa.String(36), nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("behind", sa.Boolean, nullable=False),
    )
    op.create_table(
        "dead_letter",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("subscription", sa.String(80), nullable=False),
        sa.Column("type", sa.String(120)),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("traceback", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("failed_at", INSTANT, nullable=False),
        sa.Column("retry_at", INSTANT, index=True),
    )
    op.create_table(
        "unit",
        sa.Column("code", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("parent", sa.String(64), index=True),
        sa.Column("population", sa.Integer),
        sa.Column("open", sa.Boolean, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("valid_from", sa.Date, nullable=False),
    )
    version = op.create_table(
        "tree_version",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(version, [{"id": 1, "version": 0}])
