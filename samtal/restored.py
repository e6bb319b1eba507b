"""samtal restored: tell a service's database that it came from a backup."""

import click
from sqlalchemy.exc import SQLAlchemyError

from infra import config
from infra.config import SERVICES
from infra.database import Database
from infra.restore import restored
from samtal.migrate import first_line


@click.command("restored")
@click.argument("service", type=click.Choice(SERVICES))
def command(service: str) -> None:
    """Begin a new epoch of a SERVICE whose database was restored, before it is started again."""
    database = Database(config.load().database(service), service)
    try:
        with database.writing() as session:
            epoch = restored(session)
    except SQLAlchemyError as error:
        raise click.ClickException(f"{service}: {first_line(error)}") from error
    finally:
        database.close()
    click.echo(f"{service}: its feed is in epoch {epoch}. Start it, then run: samtal rebuild")
