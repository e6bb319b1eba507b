"""samtal dead: the events that could not be handled, and what becomes of them."""

from samtal.dead.broker import broker
from samtal.dead.letters import command
from samtal.dead.text import harmless

command.add_command(broker)

__all__ = ["command", "harmless"]
