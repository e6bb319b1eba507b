"""A crowd that asks for one area at the same instant, over HTTP: exactly one gets it, each time."""

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import requests

from bench import figures, real
from infra import clock
from tests import process
from tests.campaign.mapped import square
from tests.process import Running

CROWD = 200
AREAS = 100


def measure(home: Path) -> dict[str, Any]:
    """How many got each area, and the milliseconds of an answer, in both modes."""
    with real.real(home, hosted=("membership", "campaign")) as system:
        found = {"crowd": CROWD, "areas": AREAS, "real": raced(system.services.running["campaign"])}
    embedded = process.start(["membership", "campaign"], home / "embedded")
    try:
        return {**found, "embedded": raced(embedded)}
    finally:
        embedded.close()


def raced(campaign: Running) -> dict[str, Any]:
    """Let the crowd ask for one area after the other."""
    token = campaign.token()
    ids = [drawn(campaign, column, token) for column in range(AREAS)]
    barrier = Barrier(CROWD)
    with ThreadPoolExecutor(CROWD) as pool:
        everyone = [pool.submit(asking(campaign, number, ids, barrier)) for number in range(CROWD)]
        answers = [each.result() for each in everyone]
    by_area = [Counter(status for status, _ in of_one) for of_one in zip(*answers, strict=True)]
    return {
        "one_got_it": by_area.count(Counter({201: 1, 409: CROWD - 1})),
        "answer_ms": figures.spread([taken for each in answers for _, taken in each]),
    }


def drawn(campaign: Running, column: int, token: str) -> str:
    """A new area."""
    body = {
        "unit": "1280",
        "name": f"Område {column}",
        "polygon": square(column),
        "households": 200,
    }
    answer = campaign.call("POST", "campaign", "/areas", body, token)
    answer.raise_for_status()
    return str(answer.json()["id"])


def asking(
    campaign: Running, number: int, ids: list[str], barrier: Barrier
) -> Callable[[], list[tuple[int, float]]]:
    """One volunteer, who asks for each area with all the others: statuses and milliseconds."""

    def ask() -> list[tuple[int, float]]:
        with requests.Session() as session:
            session.headers["Authorization"] = f"Bearer {campaign.token()}"
            return [one(session, area_id) for area_id in ids]

    def one(session: requests.Session, area_id: str) -> tuple[int, float]:
        until = clock.rfc3339(clock.now() + timedelta(hours=2))
        body = {"assignee": f"volontär {number}", "until": until, "mode": "visits"}
        barrier.wait()
        began = time.perf_counter()
        url = f"{campaign.url('campaign')}/areas/{area_id}/assignments"
        answer = session.post(url, json=body, timeout=60)
        return answer.status_code, (time.perf_counter() - began) * 1000

    return ask
