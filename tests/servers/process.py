"""One server process: started until it answers, stopped gently, killed, frozen, started again."""

import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.servers.guard import Guard, discard_tree, kill_tree, send, tree

LOCALHOST = "127.0.0.1"
PATIENCE = 90.0  # seconds: three broker nodes on a busy two-core machine take up to thirty

_guard = Guard()


class ServerFailed(Exception):
    """A server did not do what it was told; the message ends with the last lines of its log."""


def wait_until(true: Callable[[], bool], *, patience: float = PATIENCE, what: str = "") -> None:
    """Return as soon as `true()`; raise TimeoutError after `patience` seconds."""
    deadline = time.monotonic() + patience
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(what or f"not within {patience:g} s")
        time.sleep(0.05)


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on, below the range from which outgoing connections take theirs.

    A client that keeps dialling a stopped server on a port of that range may connect to itself.
    """
    free: list[int] = []
    for port in random.sample(range(12_000, 32_000), 2_000):
        with socket.socket() as candidate, suppress(OSError):
            candidate.bind((LOCALHOST, port))
            free.append(port)
        if len(free) == count:
            return free
    raise ServerFailed("no free port")


def as_user(name: str | None) -> dict[str, Any]:
    """Popen's arguments for running as somebody else; none for running as oneself."""
    return {"user": name, "group": name, "extra_groups": []} if name else {}


def clean_env(**extra: object) -> dict[str, str]:
    """An environment with nothing of the caller's but PATH."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin:/sbin:/bin"
    return {"PATH": path, "LANG": "C.UTF-8", **{name: str(value) for name, value in extra.items()}}


@contextmanager
def folder_for(name: str, folder: Path | None) -> Iterator[Path]:
    """The folder given, made if need be and kept; or a temporary one, removed whatever happens."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
        return
    made = Path(tempfile.mkdtemp(prefix=f"samtal-{name}-"))
    _guard.folder_made(made)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
        _guard.folder_gone(made)


class Process:
    """A server under our control. Every call returns when what it says has come about."""

    def __init__(
        self,
        name: str,
        command: list[str],
        folder: Path,
        answers: Callable[[], bool],
        *,
        env: dict[str, str],
        gently: signal.Signals = signal.SIGTERM,
        discard: signal.Signals = signal.SIGKILL,
        user: str | None = None,
    ) -> None:
        self.name, self.log = name, folder / f"{name}.log"
        self._command, self._folder, self._answers = command, folder, answers
        self._env, self._gently, self._discard, self._user = env, gently, discard, user
        self._popen: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        return self._started().pid

    @property
    def running(self) -> bool:
        return self._popen is not None and self._popen.poll() is None

    def start(self) -> None:
        self.launch()
        self.await_answer()

    def launch(self) -> None:
        """Start without waiting: for several at once, each with `await_answer` after."""
        if self.running:
            raise ServerFailed(f"{self.name} is started already")
        with self.log.open("ab") as log:
            self._popen = subprocess.Popen(
                self._command,
                cwd=self._folder,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Not in our terminal's process group: Ctrl-C is for the tests, not for the servers.
                start_new_session=True,
                **as_user(self._user),
            )
        _guard.process_started(self.pid, self._discard)

    def await_answer(self) -> None:
        """Return once it answers; raise ServerFailed if it ends first or takes too long."""
        with suppress(TimeoutError):
            wait_until(lambda: not self.running or self._answers())
            if self.running:
                return
        self.kill()
        raise ServerFailed(f"{self.name} did not start:\n{tail(self.log)}")

    def stop(self) -> None:
        """Ask it to end in good order, and wait for that."""
        if self.running:
            send([self.pid], self._gently)
            self._started().wait(PATIENCE)
        self.kill()

    def kill(self) -> None:
        """The power cut, for it and all its children: nothing is said goodbye to."""
        if self._popen is not None:
            kill_tree(self.pid)
            self._forget()

    def discard(self) -> None:
        """The quickest end that leaves nothing behind on the machine; for the end of the tests."""
        if self._popen is not None:
            discard_tree(self.pid, self._discard)
            self._forget()

    def freeze(self) -> None:
        """Hold it still, its connections open and nobody answering, until `thaw`."""
        send(tree(self.pid), signal.SIGSTOP)

    def thaw(self) -> None:
        send(tree(self.pid), signal.SIGCONT)

    def _forget(self) -> None:
        self._started().wait()
        _guard.process_ended(self.pid, self._discard)
        self._popen = None

    def _started(self) -> subprocess.Popen[bytes]:
        if self._popen is None:
            raise ServerFailed(f"{self.name} is not started")
        return self._popen


def tail(log: Path, lines: int = 30) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
