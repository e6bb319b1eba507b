"""Broker nodes that are killed and frozen."""

import subprocess
from random import Random

from tests.chaos.faults.fault import Fault, last
from tests.chaos.stage import Stage
from tests.process import eventually
from tests.servers import RabbitNode, ServerFailed


def leader(stage: Stage, queue: str = "metrics.subscription") -> RabbitNode:
    """The node that leads a queue."""
    lines = stage.broker.ctl("list_queues", "--no-table-headers", "name", "leader").splitlines()
    (name,) = [line.split()[1] for line in lines if line.split()[0] == queue]
    (found,) = [node for node in stage.broker.nodes if node.node == name]
    return found


def is_whole(stage: Stage) -> bool:
    """Whether all nodes are in the cluster; one that the cluster restarts cannot be asked."""
    count = str(len(stage.broker.nodes))
    try:
        stage.broker.ctl("await_online_nodes", count, "--timeout", "20")
    except (ServerFailed, subprocess.TimeoutExpired):
        return False
    return True


def restart(stage: Stage, nodes: list[RabbitNode]) -> None:
    """Start killed nodes, and wait until the cluster is whole."""
    for node in nodes:
        node.launch()
    for node in nodes:
        node.await_answer()
    eventually(lambda: is_whole(stage), "the cluster is whole", 180)


def kill_leader(stage: Stage, chance: Random, pace: float) -> None:
    """kill -9 of the node that leads the queue of metrics."""
    node = leader(stage)
    node.kill()
    last(chance, pace, 6.0, 12.0)
    restart(stage, [node])


def kill_node(stage: Stage, chance: Random, pace: float) -> None:
    """kill -9 of any one node."""
    node = chance.choice(stage.broker.nodes)
    node.kill()
    last(chance, pace, 1.0, 12.0)
    restart(stage, [node])


def kill_all(stage: Stage, chance: Random, pace: float) -> None:
    """kill -9 of all three nodes."""
    stage.broker.kill()
    last(chance, pace, 1.0, 10.0)
    restart(stage, stage.broker.nodes)


def freeze(stage: Stage, node: RabbitNode, seconds: tuple[float, float], chance: Random) -> None:
    """SIGSTOP, and SIGCONT later: its connections stay open, and nobody answers."""
    node.freeze()
    try:
        last(chance, 1.0, *seconds)
    finally:
        node.thaw()
    eventually(lambda: is_whole(stage), "the cluster is whole", 180)


def freeze_leader(stage: Stage, chance: Random, pace: float) -> None:
    """The leader of the queue of metrics is frozen for longer than it may keep us waiting."""
    freeze(stage, leader(stage), (15.0, 30.0) if pace == 1.0 else (12.0, 15.0), chance)


def freeze_node(stage: Stage, chance: Random, pace: float) -> None:
    """Any one node is frozen."""
    freeze(stage, chance.choice(stage.broker.nodes), (10.0 * pace, 30.0 * pace), chance)


FAULTS = [
    Fault("kill-leader", "broker", kill_leader, limit=5.0),
    Fault("kill-node", "broker", kill_node, limit=5.0),
    Fault("kill-all-nodes", "broker", kill_all),
    Fault("freeze-leader", "broker", freeze_leader, limit=10.0),
    Fault("freeze-node", "broker", freeze_node, limit=10.0),
]
