"""samtal rotate-keys: seal all personal data with the first data key."""

import click
from sqlalchemy.exc import SQLAlchemyError

from infra import config
from infra.database import Database
from infra.sealing import Sealer
from samtal.migrate import first_line
from samtal.progress import progress
from services.membership import marking, resealing
from services.membership.vault import Vault, Vaults


@click.command("rotate-keys")
def command() -> None:
    """Seal all personal data with the first data key, while everything goes on.

    Who was a member before duplicates were looked for is found as one from then on.

    Give membership SAMTAL_DATA_KEY=new,old and start it again; run this with the same keys; then
    the old key may go. Broken off, it goes on where it was when it is run again.
    """
    settings = config.load()
    sealer = Sealer(settings.secrets.data_keys)
    database = Database(settings.database("membership"), "membership")
    try:
        renewed = _reseal(database, sealer, "Sealing")
        _mark(database, Vaults(sealer).open(database))
        late = _reseal(database, sealer, "Checking")
    except SQLAlchemyError as error:
        raise click.ClickException(f"membership: {first_line(error)}") from error
    finally:
        database.close()
    if late:
        raise click.ClickException(
            "Something was sealed with an older key meanwhile. Start membership again with the "
            "new key first in SAMTAL_DATA_KEY, then run this again."
        )
    click.echo(f"{renewed} sealed anew. All is sealed with the first key: the others may go.")


def _mark(database: Database, vault: Vault) -> None:
    with database.reading() as session:
        total = marking.count(session)
    with progress() as bars:
        task = bars.add_task("Marking members", total=total)
        for looked_at in marking.mark(database, vault):
            bars.update(task, advance=looked_at)


def _reseal(database: Database, sealer: Sealer, doing: str) -> int:
    renewed = unreadable = 0
    with database.reading() as session:
        totals = resealing.counts(session)
    with progress() as bars:
        tasks = {name: bars.add_task(f"{doing} {name}", total=n) for name, n in totals.items()}
        for chunk in resealing.reseal(database, sealer):
            bars.update(tasks[chunk.column], advance=chunk.rows)
            renewed += chunk.renewed
            unreadable += chunk.unreadable
    if unreadable:
        raise click.ClickException(f"None of the keys opens {unreadable} rows: no key may go.")
    return renewed
