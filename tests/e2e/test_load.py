"""More requests at once than there are workers: all are answered, and counting goes on."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

from tests.conftest import System

AT_ONCE = 300


def test_more_writers_than_workers_are_all_answered_and_counted(system: System) -> None:
    system.settle()
    before = conversations(system)
    token = system.token()

    def report(_: int) -> int:
        body = {"id": str(uuid4()), "unit": "0114", "arena": "phone", "held_on": "2026-02-02"}
        return system.call("POST", "campaign", "/conversations", body, token).status_code

    with ThreadPoolExecutor(AT_ONCE) as pool:
        assert set(pool.map(report, range(4 * AT_ONCE))) == {201}
    system.settle()
    assert conversations(system) == before + 4 * AT_ONCE


def conversations(system: System) -> int:
    answer = system.call("GET", "metrics", "/goals/conversations?unit=0114&year=2026").json()
    value: int = answer["value"]
    return value
