"""samtal migrate: bring the databases to the current schema."""

import click
from sqlalchemy.exc import SQLAlchemyError

from infra import config, migrate
from infra.config import SERVICES, Config
from infra.database import Database


@click.command("migrate")
@click.option(
    "--service",
    "services",
    multiple=True,
    type=click.Choice(SERVICES),
    help="Only this one; may be given more than once.",
)
def command(services: tuple[str, ...]) -> None:
    """Bring the databases to the current schema; safe to repeat and to run in parallel."""
    settings = config.load()
    settings.home.mkdir(parents=True, exist_ok=True)
    for service in services or SERVICES:
        changed = _upgrade(settings, service)
        click.echo(f"{service}: {'migrated' if changed else 'is current'}")


def _upgrade(settings: Config, service: str) -> bool:
    database = Database(settings.database(service), service)
    try:
        with database.reading() as session:
            if migrate.is_current(session.connection(), service):
                return False
        migrate.upgrade(database.engine, service)
    except SQLAlchemyError as error:
        raise click.ClickException(f"{service}: {first_line(error)}") from error
    finally:
        database.close()
    return True


def first_line(error: Exception) -> str:
    """The first line of an error's text, or its name."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
