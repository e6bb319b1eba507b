"""The parts that are measured with RabbitMQ and PostgreSQL, each on servers of its own."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench import board, drain, flow, peers, post, publishing, real
from bench.real import MONOLITH_DATABASE, PEER_DATABASE


def under_load(home: Path) -> dict[str, Any]:
    """From a report to the board, and reading the board, under load."""
    with real.real(home) as system:
        return {"latency_ms": flow.latency(system), "reads_ms": flow.reads(system)}


def posts(home: Path) -> dict[str, Any]:
    """One POST beside the peers, and a batch beside one by one."""
    with real.real(home) as system, ExitStack() as stack:
        system.stop_all_but("campaign")
        for database in (PEER_DATABASE, MONOLITH_DATABASE):
            real.give_units(system.databases, "campaign", database)
        campaign = system.services.running["campaign"]
        server, token, units = system.databases, campaign.token(), list(board.branches())
        peer = stack.enter_context(peers.fastapi(server, PEER_DATABASE, home))
        monolith = stack.enter_context(peers.fastapi(server, MONOLITH_DATABASE, home, counts=True))
        ports = {"samtal": campaign.ports["campaign"], "fastapi": peer, "monolith": monolith}
        return {
            "single": post.compare(ports, token, units),
            "batch": post.batches(ports["samtal"], token, units),
        }


def drained(home: Path) -> dict[str, Any]:
    """A full queue into the counters, beside the peers."""
    with real.real(home) as system:
        clubs = drain.with_clubs(system)
        real.give_units(system.databases, "metrics", PEER_DATABASE)
        drain.make_tables(system)
        for name in real.HOSTED:
            system.services.running[name].stop()
        return drain.measure(system, clubs, home)


def published(home: Path) -> dict[str, Any]:
    """A full outbox into one queue, beside the peers."""
    with real.real(home) as system:
        for name in real.HOSTED:
            system.services.running[name].stop()
        return publishing.measure(system, list(board.branches()), home)
