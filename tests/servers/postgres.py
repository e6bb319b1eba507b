"""A PostgreSQL of the tests' own."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.servers.process import (
    LOCALHOST,
    Process,
    ServerFailed,
    as_user,
    clean_env,
    folder_for,
    free_ports,
)

SUPERUSER = "samtal"
# Commits are flushed as in earnest, since tests kill the server and count what is left.
SETTINGS = {
    "listen_addresses": LOCALHOST,
    "fsync": "on",
    "synchronous_commit": "on",
    "max_connections": 200,
    "shared_buffers": "32MB",
    # In the data folder, not in the machine's shared memory, where a killed server leaves it.
    "dynamic_shared_memory_type": "mmap",
    # A socket's whole path must be under 108 characters, which a temporary folder can exceed.
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_checkpoints": "off",
}


def program(name: str) -> str:
    """The full path: Debian keeps the server's programs off PATH, a folder for each version."""
    versions = Path("/usr/lib/postgresql").glob(f"*/bin/{name}")
    newest = max(versions, key=lambda path: float(path.parts[-3]), default=shutil.which(name))
    if newest is None:
        raise ServerFailed(f"{name} is not installed: run scripts/servers-install")
    return str(newest)


class PostgresServer(Process):
    """One server, with any number of databases and one superuser who needs no password."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        [self.port] = free_ports(1)
        # PostgreSQL refuses to run as root; its package made this user for it.
        self._as = "postgres" if os.getuid() == 0 else None
        every = SETTINGS | settings | {"port": self.port}
        options = [part for name, value in every.items() for part in ("-c", f"{name}={value}")]
        super().__init__(
            "postgres",
            [program("postgres"), "-D", str(folder / "data"), *options],
            folder,
            self._answers_now,
            env=clean_env(),
            gently=signal.SIGINT,  # "fast": ends open transactions, then a clean shutdown
            discard=signal.SIGQUIT,  # "immediate": no checkpoint, but shared memory is given back
            user=self._as,
        )

    @property
    def url_template(self) -> str:
        """What SAMTAL_DATABASE_URL takes."""
        return f"postgresql://{SUPERUSER}@{LOCALHOST}:{self.port}/{{service}}"

    def url(self, database: str) -> str:
        return self.url_template.format(service=database)

    def initialise(self) -> None:
        """Make the empty data folder; once, before the first start."""
        if self._as:
            shutil.chown(self._folder, self._as, self._as)
        options = ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        self._run("initdb", "-D", str(self._folder / "data"), "-U", SUPERUSER, *options)

    def create_databases(self, names: Iterable[str]) -> None:
        self.execute(*(f'CREATE DATABASE "{name}"' for name in names))

    def execute(self, *statements: str, database: str = "postgres") -> str:
        """Run each statement in a transaction of its own; answer what psql prints, unaligned."""
        commands = [part for statement in statements for part in ("-c", statement)]
        return self._run("psql", "-XAtq", "-v", "ON_ERROR_STOP=1", self.url(database), *commands)

    def restart(self) -> None:
        """A stop in good order, and a start on the same port."""
        self.stop()
        self.start()

    def _answers_now(self) -> bool:
        asked = [program("pg_isready"), "-q", "-h", LOCALHOST, "-p", str(self.port)]
        return subprocess.run(asked, env=clean_env(), check=False).returncode == 0

    def _run(self, name: str, *arguments: str) -> str:
        done: subprocess.CompletedProcess[str] = subprocess.run(
            [program(name), *arguments],
            cwd=self._folder,
            env=clean_env(),
            capture_output=True,
            text=True,
            check=False,
            **as_user(self._as),
        )
        if done.returncode:
            raise ServerFailed(f"{name}: {done.stderr}")
        return done.stdout.strip()


@contextmanager
def postgres(
    folder: Path | None = None, settings: Mapping[str, str] | None = None
) -> Iterator[PostgresServer]:
    """A running server in `folder`, or in a temporary one that is removed with it.

    `settings` go before those of all tests.

    As root every folder above `folder` must be passable for the user postgres, which pytest's own
    temporary folders are not.
    """
    with folder_for("postgres", folder) as place:
        server = PostgresServer(place, settings or {})
        server.initialise()
        server.start()
        try:
            yield server
        finally:
            server.discard()
