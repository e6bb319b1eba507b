"""The party's topics with the words they begin with, and what a correction leaves."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

WORDS = (
    "a-kassa", "arbetslöshet", "arbetsmiljö", "barn", "bostad", "brott", "demokrati", "ekonomi",
    "el", "energi", "eu", "facket", "familj", "fred", "fritid", "funktionsrätt", "förskola",
    "försvar", "hyra", "hälsa", "idrott", "integration", "jobb", "jämlikhet", "jämställdhet",
    "klimat", "kollektivtrafik", "kultur", "landsbygd", "löner", "matpriser", "migration", "miljö",
    "omsorg", "pension", "psykisk hälsa", "rasism", "skatt", "skola", "tandvård", "trafik",
    "trygghet", "unga", "utbildning", "vård", "välfärd", "äldre",
)  # fmt: skip


def upgrade() -> None:
    """Create the list, and what tells of a correction and finds the reports of a member."""
    topic = op.create_table(
        "topic",
        sa.Column("word", sa.String(50), primary_key=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
    )
    now = datetime.now(UTC)
    op.bulk_insert(topic, [{"word": word, "added_at": now} for word in WORDS])
    op.add_column("conversation", sa.Column("corrects", sa.Uuid))
    op.add_column("conversation", sa.Column("logger_changed", sa.Boolean))
    named = sa.text("logged_by IS NOT NULL")
    op.create_index(
        "conversation_by_logger",
        "conversation",
        ["logged_by"],
        postgresql_where=named,
        sqlite_where=named,
    )
