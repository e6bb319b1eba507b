"""The same POST /conversations in FastAPI, SQLAlchemy and asyncpg."""
