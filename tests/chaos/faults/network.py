"""Connections that are cut, delayed, and lead nowhere."""

from collections.abc import Callable
from functools import partial
from random import Random

from tests.chaos.faults.fault import Fault, last
from tests.chaos.proxy import Proxy
from tests.chaos.stage import Stage


def to_broker(stage: Stage) -> list[Proxy]:
    """All the ways to the broker."""
    return stage.to_broker


def to_node(stage: Stage) -> list[Proxy]:
    """The way to the node that is asked first."""
    return stage.to_broker[:1]


def to_database(stage: Stage) -> list[Proxy]:
    """The way to the database."""
    return [stage.to_database]


def trouble(
    ways: Callable[[Stage], list[Proxy]],
    begin: Callable[[Proxy], None],
    seconds: tuple[float, float],
    stage: Stage,
    chance: Random,
    pace: float,
) -> None:
    """Something is wrong with the ways for a while."""
    try:
        for proxy in ways(stage):
            begin(proxy)
        last(chance, pace, *seconds)
    finally:
        for proxy in ways(stage):
            proxy.heal()


def slow(proxy: Proxy) -> None:
    """A twentieth of a second each way."""
    proxy.delay(0.05)


def _fault(name: str, family: str, *what: object, **limits: float) -> Fault:
    return Fault(name, family, partial(trouble, *what), **limits)  # type: ignore[arg-type]


FAULTS = [
    _fault("cut-broker", "broker", to_broker, Proxy.cut, (0.1, 5.0), after=2.0),
    _fault("cut-node", "broker", to_node, Proxy.cut, (0.1, 5.0), limit=5.0),
    _fault("cut-database", "database", to_database, Proxy.cut, (0.1, 5.0), after=2.0),
    _fault("delay-broker", "broker", to_broker, slow, (2.0, 8.0)),
    _fault("delay-database", "database", to_database, slow, (2.0, 8.0)),
    _fault("black-hole-broker", "broker", to_broker, Proxy.swallow, (4.0, 20.0)),
    _fault("black-hole-node", "broker", to_node, Proxy.swallow, (10.0, 25.0), limit=10.0),
    _fault("black-hole-database", "database", to_database, Proxy.swallow, (4.0, 20.0)),
]
