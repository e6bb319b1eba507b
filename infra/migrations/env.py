"""Runs the migrations of one room on the connection that infra.migrate gives."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table=context.config.attributes["version_table"],
    target_metadata=None,
)
context.run_migrations()
