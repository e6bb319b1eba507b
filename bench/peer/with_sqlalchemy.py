"""The counting over SQLAlchemy and psycopg2, for nameko and for Celery."""

import os
from collections.abc import Mapping
from typing import Any

from peer.tables import ADD_DAYS, ADD_YEARS, NEW, added
from sqlalchemy import create_engine, text

engine = create_engine(os.environ["PEER_DATABASE_URL"].replace("://", "+psycopg2://"), pool_size=10)
with engine.begin() as connection:
    parents = dict(row.tuple() for row in connection.execute(text("TABLE unit")))
engine.dispose()


def count(event: Mapping[str, Any]) -> None:
    """Count one event, unless it was counted."""
    by_day, by_year = added(parents, event["data"])
    with engine.begin() as connection:
        if connection.scalar(NEW, {"event_id": event["id"]}) is None:
            return
        connection.execute(ADD_DAYS, by_day)
        connection.execute(ADD_YEARS, by_year)
