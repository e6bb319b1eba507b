"""`make run` from a bare clone, as somebody who has just fetched the project, and once more."""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.config import SERVICES
from tests.process import PROJECT
from tests.servers import free_ports

SERVED = b"Serving"
LIMIT = 600.0


def measure(folder: Path) -> dict[str, Any]:
    """Seconds from `make run` to the served board, the first time with set-up and downloads."""
    clone = folder / "clone"
    subprocess.run(["git", "clone", "--quiet", str(PROJECT), str(clone)], check=True)
    env = bare(folder)
    return {"first_seconds": served(clone, env), "again_seconds": served(clone, env)}


def bare(folder: Path) -> dict[str, str]:
    """An empty environment, but for a home without caches and ports of its own."""
    ports = zip(SERVICES, free_ports(len(SERVICES)), strict=True)
    addresses = {f"SAMTAL_{name.upper()}_ADDRESS": f"127.0.0.1:{port}" for name, port in ports}
    return {"HOME": str(folder), "PATH": "/usr/bin:/bin", **addresses}


def served(clone: Path, env: Mapping[str, str]) -> float:
    """How long it took until the board was shown and served; stops it again."""
    began = time.perf_counter()
    process = subprocess.Popen(
        ["make", "run"],
        cwd=clone,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        wait_for(process, SERVED, began + LIMIT)
        return round(time.perf_counter() - began, 1)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)


def wait_for(process: subprocess.Popen[bytes], word: bytes, deadline: float) -> None:
    """Read what the process prints until the word comes; fails at its end or the deadline."""
    assert process.stdout is not None
    printed = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while word not in printed:
            ready = selector.select(deadline - time.perf_counter())
            piece = os.read(process.stdout.fileno(), 65536) if ready else b""
            if not piece:
                raise AssertionError(printed[-2000:].decode(errors="replace"))
            printed += piece
