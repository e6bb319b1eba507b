"""The peer: its own environment, and its service as one process."""

import hashlib
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.process import TOKEN_KEY, eventually
from tests.servers import PostgresServer, free_ports

BENCH = Path(__file__).resolve().parent
LOCK = BENCH / "peer" / "requirements.lock"
ENV = BENCH / ".env-peers"
PIP = (
    "--disable-pip-version-check",
    "--no-input",
    "--no-deps",
    "--only-binary=:all:",
    "--quiet",
    "--require-hashes",
)


def environment() -> Path:
    """The peer's Python, with everything in its lock; made once and kept until the lock changes."""
    stamp, wanted = ENV / ".lock", hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        print("Installing the peer ...", file=sys.stderr)
        shutil.rmtree(ENV, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(ENV)], check=True)
        python = str(ENV / "bin" / "python")
        subprocess.run([python, "-m", "pip", "install", *PIP, "-r", str(LOCK)], check=True)
        stamp.write_text(wanted)
    return ENV / "bin" / "python"


@contextmanager
def fastapi(
    databases: PostgresServer, database: str, home: Path, *, counts: bool = False
) -> Iterator[int]:
    """The peer under uvicorn, one process, on its own database; answers its port.

    One that `counts` is a monolith.
    """
    [port] = free_ports(1)
    url = databases.url(database).replace("postgresql://", "postgresql+asyncpg://", 1)
    env = {**os.environ, "PEER_DATABASE_URL": url, "PEER_TOKEN_KEY": TOKEN_KEY}
    if counts:
        env["PEER_COUNTS"] = "1"
    command = [str(environment()), "-m", "uvicorn", "peer.app:app", "--port", str(port)]
    with (home / f"{database}.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=BENCH, env=env, stdout=log, stderr=log)
    try:
        eventually(lambda: process.poll() is not None or _answers(port), "the peer answers")
        yield port
    finally:
        process.terminate()
        process.wait(timeout=30)


def _answers(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/openapi.json", timeout=5).close()
    except urllib.error.URLError:
        return False
    return True
