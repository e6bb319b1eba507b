"""Broker nodes that are killed, frozen, parted, and short of memory or disk."""

import subprocess
from random import Random

from tests.chaos.faults.fault import Fault, last
from tests.chaos.stage import Stage
from tests.process import eventually
from tests.servers import RabbitNode, ServerFailed

# Asked of one node, since every call of rabbitmqctl starts an Erlang of its own.
WHOLE = """
lists:all(
    fun(Node) ->
        rpc:call(Node, rabbit_node_monitor, partitions, [], 5000) == []
            andalso length(rpc:call(Node, rabbit_nodes, all_running, [], 5000)) == {count}
    end,
    rabbit_nodes:all_running())
andalso length(rabbit_nodes:all_running()) == {count}.
"""
HEALING = 15.0
"""Seconds in which a cluster is whole again, or is not going to be."""


def leader(stage: Stage, queue: str = "metrics.subscription") -> RabbitNode:
    """The node that leads a queue."""
    lines = stage.broker.ctl("list_queues", "--no-table-headers", "name", "leader").splitlines()
    (name,) = [line.split()[1] for line in lines if line.split()[0] == queue]
    (found,) = [node for node in stage.broker.nodes if node.node == name]
    return found


def is_whole(stage: Stage) -> bool:
    """Whether all nodes see all others in one cluster, as far as they can be asked."""
    try:
        return stage.broker.ctl("eval", WHOLE.format(count=len(stage.broker.nodes))) == "true\n"
    except (ServerFailed, subprocess.TimeoutExpired):
        return False


def restart(stage: Stage, nodes: list[RabbitNode]) -> None:
    """Start killed nodes, and wait until the cluster is whole."""
    for node in nodes:
        node.launch()
    for node in nodes:
        node.await_answer()
    eventually(lambda: is_whole(stage), "the cluster is whole", 180)


def rejoin(stage: Stage, node: RabbitNode) -> None:
    """Wait until the cluster is whole; a node that stays out is restarted, as operators do.

    RabbitMQ 3.10 does not always heal by itself what was parted for a moment only.
    """
    try:
        eventually(lambda: is_whole(stage), "the cluster is whole", HEALING)
    except AssertionError:
        stage.nodes_restarted += 1
        node.kill()
        restart(stage, [node])


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
    rejoin(stage, node)


def freeze_leader(stage: Stage, chance: Random, pace: float) -> None:
    """The leader of the queue of metrics is frozen for longer than it may keep us waiting."""
    freeze(stage, leader(stage), (15.0, 30.0) if pace == 1.0 else (12.0, 15.0), chance)


def freeze_node(stage: Stage, chance: Random, pace: float) -> None:
    """Any one node is frozen."""
    freeze(stage, chance.choice(stage.broker.nodes), (10.0 * pace, 30.0 * pace), chance)


def part(stage: Stage, chance: Random, pace: float) -> None:
    """One node and the two others see each other no more, while clients see them all."""
    alone = chance.choice(stage.broker.nodes)
    others = [node.node for node in stage.broker.nodes if node is not alone]
    # Asked for another cookie than theirs, they cannot connect again.
    refuse = "".join(
        f"erlang:set_cookie('{o}', no), erlang:disconnect_node('{o}')," for o in others
    )
    accept = "".join(f"erlang:set_cookie('{o}', erlang:get_cookie())," for o in others)
    alone.ctl("eval", f"{refuse} ok.")
    try:
        last(chance, pace, 5.0, 15.0)
    finally:
        alone.ctl("eval", f"{accept} ok.")
    rejoin(stage, alone)


def run_out(
    what: str, too_little: str, usual: str, stage: Stage, chance: Random, pace: float
) -> None:
    """A node that is short of something lets nobody publish, on any node."""
    node = chance.choice(stage.broker.nodes)
    node.ctl(what, *too_little.split())
    try:
        last(chance, pace, 3.0, 12.0)
    finally:
        node.ctl(what, *usual.split())


def out_of_memory(stage: Stage, chance: Random, pace: float) -> None:
    """A node raises its memory alarm."""
    run_out("set_vm_memory_high_watermark", "absolute 1MB", "0.4", stage, chance, pace)


def out_of_disk(stage: Stage, chance: Random, pace: float) -> None:
    """A node raises its disk alarm."""
    run_out("set_disk_free_limit", "1000000GB", "50MB", stage, chance, pace)


FAULTS = [
    Fault("kill-leader", "broker", kill_leader, limit=5.0),
    Fault("kill-node", "broker", kill_node, limit=5.0),
    Fault("kill-all-nodes", "broker", kill_all),
    Fault("freeze-leader", "broker", freeze_leader, limit=10.0),
    Fault("freeze-node", "broker", freeze_node, limit=10.0),
    Fault("partition", "broker", part),
    Fault("broker-memory", "broker", out_of_memory),
    Fault("broker-disk", "broker", out_of_disk),
]
