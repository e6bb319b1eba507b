"""Run in a process of its own, patched as a service is: how long is each try given?

`green_patience.py URIS` tries twenty times, then takes the node for good.
"""

import infra.runner  # noqa: F401, I001  it patches the standard library, so it comes first

import json
import sys
from contextlib import suppress

from infra.bus.rabbitmq import Nodes

nodes = Nodes(sys.argv[1])
found = []
for _ in range(20):
    with suppress(OSError):
        nodes.connect()
    found.append(nodes.patience)
nodes.answered()
found.append(nodes.patience)
print(json.dumps(found))
