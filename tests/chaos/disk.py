"""A disk that can be full: a file system in memory that this process and its children alone see."""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.process import eventually
from tests.servers.process import folder_for

# From sched.h and mount.h.
NEW_MOUNTS, NEW_USER = 0x00020000, 0x10000000
REMOUNT, PRIVATE = 0x20, 0x4000 | 1 << 18
DETACH = 2
SIZE = 8 << 30
"""More than any run fills; only what is written takes memory."""

_libc = ctypes.CDLL(None, use_errno=True)


class Disk:
    """A file system whose size can be set to what is on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        _mount(folder, 0, SIZE)

    def fill(self) -> None:
        """No room is left from now on."""
        eventually(self._has_shrunk, "the disk is full")

    def clear(self) -> None:
        """There is room again."""
        _mount(self.folder, REMOUNT, SIZE)

    def _has_shrunk(self) -> bool:
        """False while more is written than was looked at."""
        found = os.statvfs(self.folder)
        try:
            _mount(self.folder, REMOUNT, (found.f_blocks - found.f_bfree) * found.f_bsize)
        except OSError:
            return False
        return True


def may_mount() -> bool:
    """Give this process mounts of its own; False where the machine lets nobody.

    To be called before there is a second thread. An ordinary user needs user namespaces.
    """
    user, group = os.getuid(), os.getgid()
    try:
        _done(_libc.unshare(NEW_MOUNTS | (NEW_USER if user else 0)))
        if user:
            Path("/proc/self/setgroups").write_text("deny")
            Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
            Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
        _done(_libc.mount(b"none", b"/", None, PRIVATE, None))
    except OSError:
        return False
    return True


@contextmanager
def disk() -> Iterator[Disk]:
    """An empty disk; gone with all that is on it when the block or the process ends."""
    with folder_for("disk", None) as place:
        try:
            yield Disk(place)
        finally:
            _done(_libc.umount2(os.fsencode(place), DETACH))


def _mount(folder: Path, flags: int, size: int) -> None:
    options = f"size={size},mode=755".encode()
    _done(_libc.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", flags, options))


def _done(status: int) -> None:
    if status:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
