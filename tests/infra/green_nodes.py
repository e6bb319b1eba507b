"""Run in a process of its own, patched as a service is: which node answers, asked twice?"""

import infra.runner  # noqa: F401, I001  it patches the standard library, so it comes first

import sys

from infra.bus.rabbitmq import Nodes

nodes = Nodes(sys.argv[1])
for _ in range(2):
    nodes.connect().collect()
    print(nodes.at)
