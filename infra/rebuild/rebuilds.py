"""What a service offers of rebuilding: begin one, ask how it is, stop."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

import structlog

from infra.database import AWAY, Database
from infra.errors import Conflict
from infra.rebuild import record, turn
from infra.rebuild.record import Rebuild
from infra.rebuild.turn import Release
from infra.rebuild.work import Failed, Plan, Work

log = structlog.get_logger(__name__)

IDLE: dict[str, Any] = {
    "id": None,
    "state": "idle",
    "sources": [],
    "started_at": None,
    "finished_at": None,
    "error": None,
}


class Rebuilds:
    """The rebuilds of one database, one at a time of all processes.

    `plan` says what is rebuilt; `spawn` runs the work beside everything else.
    """

    def __init__(
        self,
        database: Database,
        plan: Callable[[], Plan],
        spawn: Callable[[Callable[[], None]], Any],
    ) -> None:
        self._database = database
        self._plan = plan
        self._spawn = spawn
        self._stopping = False
        self._thread: Any = None

    def begin(self, rebuild_id: UUID) -> tuple[dict[str, Any], bool]:
        """Begin a rebuild, unless there was one of that id; its status, and whether it is new.

        Conflict while another runs, here or in another process.
        """
        release = turn.take(self._database)
        try:
            found, new = self._begin(rebuild_id, may=release is not None)
        except BaseException:
            if release is not None:
                release()
            raise
        if release is not None:
            if new:
                self._thread = self._spawn(partial(self.run, rebuild_id, release))
            else:
                release()
        return found.status(), new

    def status(self) -> dict[str, Any]:
        """The last rebuild: `{id, state, sources: [{source, position, head}], started_at, …}`."""
        found = self._latest()
        if found is None:
            return IDLE
        if found.state != "running" or turn.is_taken(self._database):
            return found.status()
        # It may have ended just now, which is noted before the turn is given back.
        again = self._latest()
        if again is not None and again.id == found.id and again.state == "running":
            return {**again.status(), "state": "failed", "error": record.DIED}
        return again.status() if again else IDLE

    def stop(self) -> None:
        """End the rebuild that runs in this process, if one does, without an effect."""
        self._stopping = True
        if self._thread is not None:
            self._thread.wait()

    def run(self, rebuild_id: UUID, release: Release) -> None:
        """Do the work, and note how it ended; never raises."""
        log.info("rebuild_started", rebuild=str(rebuild_id))
        try:
            Work(rebuild_id, self._plan(), self._check).do()
            log.info("rebuild_done", rebuild=str(rebuild_id))
        except Exception as error:
            log.exception("rebuild_failed", rebuild=str(rebuild_id))
            self._note_failure(rebuild_id, error)
        finally:
            release()

    def _begin(self, rebuild_id: UUID, *, may: bool) -> tuple[Rebuild, bool]:
        with self._database.writing() as session:
            found = record.find(session, rebuild_id)
            if found is not None:
                return found, False
            if not may:
                raise Conflict("A rebuild is running.")
            return record.begin(session, rebuild_id), True

    def _latest(self) -> Rebuild | None:
        with self._database.reading() as session:
            return record.latest(session)

    def _check(self) -> None:
        if self._stopping:
            raise Failed("The service was stopped. Rebuild again.")

    def _note_failure(self, rebuild_id: UUID, error: Exception) -> None:
        text = str(error) if isinstance(error, Failed) else f"{type(error).__name__}: {error}"
        try:
            with self._database.writing() as session:
                mine = record.running(session, rebuild_id)
                if mine is not None:
                    record.finish(mine, "failed", text[:1000])
        except AWAY:
            # Whoever asks finds that nobody has the turn.
            log.warning("rebuild_not_noted", rebuild=str(rebuild_id))
