"""The faults, each a small piece of its own, by name."""

from tests.chaos.faults import broker, clock, consumer, database, messages, network, services
from tests.chaos.faults.fault import Fault

ALL: dict[str, Fault] = {
    fault.name: fault
    for module in (services, broker, database, network, messages, clock, consumer)
    for fault in module.FAULTS
}

__all__ = ["ALL", "Fault"]
