"""The vocabulary with the words it begins with, and the indexes by which members are listed."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

INTERESTS = (
    "antirasism", "arbete", "bostad", "demokrati", "ekonomi", "energi", "eu", "facket",
    "folkbildning", "funktionsrätt", "förskola", "försvar", "hbtq", "hälsa", "idrott",
    "integration", "internationellt", "jämlikhet", "jämställdhet", "kampanj", "klimat",
    "kollektivtrafik", "kultur", "landsbygd", "mänskliga_rättigheter", "näringsliv", "omsorg",
    "rättspolitik", "skatter", "skola", "socialpolitik", "stadsutveckling", "studier",
    "trygghet", "unga", "utbildning", "vård", "välfärd", "äldre",
)  # fmt: skip
COMPETENCES = (
    "administration", "arrangemang", "design", "ekonomi", "film", "foto", "förhandling",
    "insamling", "it", "journalistik", "juridik", "kampanj", "kommunikation", "körkort",
    "ledarskap", "matlagning", "musik", "mötesledning", "organisering", "pedagogik",
    "projektledning", "samtal", "skrivande", "sociala_medier", "språk", "studieledning",
    "talarvana", "teknik", "översättning",
)  # fmt: skip
SHOWN = {"eu": "EU", "hbtq": "HBTQ", "it": "IT"}


def upgrade() -> None:
    """Create the vocabulary and the indexes."""
    vocabulary = op.create_table(
        "vocabulary_word",
        sa.Column("kind", sa.String(20), primary_key=True),
        sa.Column("word", sa.String(50), primary_key=True),
        sa.Column("label", sa.String(100), nullable=False),
    )
    op.bulk_insert(vocabulary, [*_rows("interest", INTERESTS), *_rows("competence", COMPETENCES)])
    paid = sa.text("paid_until IS NOT NULL")
    op.create_index(
        "member_by_payment",
        "member",
        ["status", "paid_until", "id"],
        postgresql_where=paid,
        sqlite_where=paid,
    )
    op.create_index("member_by_status", "member", ["status", "joined_on", "id"])
    op.create_index("member_by_unit_and_day", "member", ["unit", "joined_on", "id"])
    op.create_index("member_by_cohort", "member", ["joined_unit", "joined_on", "left_on", "status"])
    op.create_index("past_membership_by_unit", "past_membership", ["unit", "joined_on", "left_on"])


def _rows(kind: str, words: tuple[str, ...]) -> list[dict[str, str]]:
    return [
        {
            "kind": kind,
            "word": word,
            "label": SHOWN.get(word) or word.replace("_", " ").capitalize(),
        }
        for word in words
    ]
