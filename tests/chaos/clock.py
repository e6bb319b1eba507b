"""The clock of the services, which can be set while they run."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.servers import ServerFailed


class Clock:
    """What the services' processes take for the machine's clock (libfaketime)."""

    def __init__(self, home: Path) -> None:
        self._file = home / "clock"
        self._set("+0")

    @property
    def env(self) -> Mapping[str, str]:
        """What a process is started with to go by it."""
        return {
            "LD_PRELOAD": str(_library()),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            # Setting a clock leaves durations alone.
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    @contextmanager
    def moved(self, hours: int) -> Iterator[None]:
        """Inside, the clock is so many hours ahead, or behind."""
        self._set(f"{hours:+}h")
        try:
            yield
        finally:
            self._set("+0")

    def _set(self, offset: str) -> None:
        # Replaced, not written over: it is read at any time.
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{offset}\n")
        fresh.replace(self._file)


def _library() -> Path:
    for found in Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"):
        return found
    raise ServerFailed("libfaketime is not installed: run scripts/servers-install")
