"""Clearing up after a test process that died: its server processes and its temporary folders.

The guard is this very file, run as a process in a session of its own. It is told what there is to
clear up over its standard input, and acts when the other end closes, however that came about.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

DEADLINE = 30.0  # seconds


def parents() -> dict[int, int]:
    """The parent of every process that has not ended, by the kernel's account."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
            if state not in "ZX":
                found[int(stat.parent.name)] = int(parent)
    return found


def tree(root: int) -> list[int]:
    """The process and its descendants, itself first; empty if it has ended."""
    parent_of = parents()
    found = [root] if root in parent_of else []
    for member in found:
        found += [pid for pid, parent in parent_of.items() if parent == member]
    return found


def send(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def gone(pids: list[int], patience: float) -> bool:
    """Whether they have all ended, at once or within `patience` seconds."""
    deadline = time.monotonic() + patience
    while not parents().keys().isdisjoint(pids):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def kill(doomed: list[int]) -> None:
    """On return none of them runs; TimeoutError if one can't be killed."""
    send(doomed, signal.SIGKILL)
    if not gone(doomed, DEADLINE):
        raise TimeoutError(f"processes {doomed} survive a kill")


def kill_tree(root: int) -> None:
    # Frozen first, so that the root makes no new children between the look and the blow.
    send(tree(root)[:1], signal.SIGSTOP)
    kill(tree(root))


def discard_tree(root: int, how: signal.Signals) -> None:
    """End what is needed no more, by the signal with which it leaves nothing behind, or killed."""
    doomed = tree(root)
    if how != signal.SIGKILL:
        send(doomed[:1], how)
        send(doomed, signal.SIGCONT)
        if gone(doomed, 5.0):
            return
    kill(doomed)


class Guard:
    """Our end of the pipe. The guard process begins with the first note."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._one_at_a_time = threading.Lock()

    def process_started(self, pid: int, discard: signal.Signals) -> None:
        self._note(f"+process {pid} {int(discard)}")

    def process_ended(self, pid: int, discard: signal.Signals) -> None:
        self._note(f"-process {pid} {int(discard)}")

    def folder_made(self, folder: Path) -> None:
        self._note(f"+folder {folder}")

    def folder_gone(self, folder: Path) -> None:
        self._note(f"-folder {folder}")

    def _note(self, line: str) -> None:
        with self._one_at_a_time:
            if self._process is None:
                self._process = _guarding()
            assert self._process.stdin
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()


def _guarding() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-I", "-S", __file__],
        cwd="/",
        stdin=subprocess.PIPE,
        # A guard that held our standard output would keep `pytest | tee` from ending.
        stdout=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )


def stand() -> None:
    """The guard's whole life: take notes until the other end closes, then clear up what is left."""
    left: list[str] = []
    for line in sys.stdin:
        sign, what = line[0], line[1:].rstrip("\n")
        if sign == "+":
            left.append(what)
        else:
            left.remove(what)
    # The latest first: a folder was made before the processes that live in it.
    for kind, _, what in (item.partition(" ") for item in reversed(left)):
        with suppress(TimeoutError):
            if kind == "folder":
                shutil.rmtree(what, ignore_errors=True)
            else:
                pid, discard = map(int, what.split())
                discard_tree(pid, signal.Signals(discard))


if __name__ == "__main__":
    stand()
