"""The services as a child process of the demo."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import click

from infra.config import SERVICES, Config
from samtal.client import Client, Refused, Unreachable

START_LIMIT = 60.0
STOP_LIMIT = 30.0
LOOK = 0.1
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LOG_FILE = "samtal.log"


class Child:
    """`samtal run` in a process of its own."""

    def __init__(self, settings: Config) -> None:
        self.log = settings.home / LOG_FILE
        settings.home.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            # A session of its own: Ctrl-C reaches it through us alone, once.
            self._process = subprocess.Popen(
                [sys.executable, "-m", "samtal", "run"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """Wait for the services; a sentence if they stop, or take too long."""
        deadline = time.monotonic() + START_LIMIT
        while not ready():
            if self._process.poll() is not None:
                raise click.ClickException(
                    f"The services did not start; {self.log} says:\n{_last_lines(self.log)}"
                )
            if time.monotonic() > deadline:
                raise click.ClickException(f"The services are not ready in time; see {self.log}.")
            time.sleep(LOOK)

    def wait(self) -> int:
        """Wait until the services stop by themselves; their exit status."""
        return self._process.wait()

    def stop(self) -> None:
        """Let the services finish what is in hand and leave."""
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Stopped(BaseException):
    """We were told to stop."""


@contextmanager
def serving(settings: Config) -> Iterator[Child]:
    """The services for as long as the block runs; a signal ends the block with Stopped."""
    child = Child(settings)
    before = {number: signal.signal(number, _stop) for number in SIGNALS}
    try:
        yield child
    finally:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        child.stop()
        for number, handler in before.items():
            signal.signal(number, handler)


def all_ready(client: Client) -> bool:
    """Whether all four services are ready."""
    try:
        for service in SERVICES:
            client.once(service, "/health/ready")
    except (Unreachable, Refused):
        return False
    return True


def _stop(_number: int, _frame: FrameType | None) -> None:
    # Once: make passes its own signal on, and a second one would end the stop of the services.
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise Stopped


def _last_lines(log: Path) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-5:])
