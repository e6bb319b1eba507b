"""A RabbitMQ of the tests' own: one node, or a cluster of several on this machine."""

import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.servers.process import (
    LOCALHOST,
    PATIENCE,
    Process,
    ServerFailed,
    clean_env,
    folder_for,
    free_ports,
)

# A broker tells its first frame (channel 0, method 10.10, connection.start) to whoever says this.
GREETING = b"AMQP\x00\x00\x09\x01"
CONFIG = """\
disk_free_limit.absolute = 50MB
log.console = false
raft.wal_max_size_bytes = 67108864
cluster_formation.peer_discovery_backend = classic_config
"""


def scripts() -> Path:
    """RabbitMQ's own scripts; those on PATH change the user and read the system's files."""
    for place in ["/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin", "/opt/rabbitmq/sbin"]:
        for found in sorted(Path("/").glob(place.lstrip("/")), reverse=True):
            return found
    raise ServerFailed("rabbitmq-server is not installed: run scripts/servers-install")


def listens(port: int) -> bool:
    try:
        socket.create_connection((LOCALHOST, port), timeout=1).close()
    except OSError:
        return False
    return True


def speaks_amqp(port: int) -> bool:
    """Whether a broker that has finished starting is there."""
    try:
        with socket.create_connection((LOCALHOST, port), timeout=2) as connection:
            connection.sendall(GREETING)
            return connection.recv(11)[7:11] == b"\x00\x0a\x00\x0a"
    except OSError:
        return False


class RabbitNode(Process):
    """One node. What it confirmed survives a `kill`, in queues that have settled."""

    def __init__(
        self,
        node: str,
        folder: Path,
        ports: tuple[int, int, int],
        config: str,
        plugins: Sequence[str],
    ) -> None:
        self.node = node
        self.port, distribution_port, mapper_port = ports
        folder.mkdir()
        (folder / "conf.d").mkdir()
        (folder / "rabbitmq.conf").write_text(config)
        (folder / "enabled_plugins").write_text(f"[{','.join(plugins)}].\n")
        # Everything that would otherwise be read from /etc or written to /var is named here.
        env = clean_env(
            HOME=folder.parent,
            ERL_EPMD_PORT=mapper_port,
            RABBITMQ_NODENAME=node,
            RABBITMQ_NODE_IP_ADDRESS=LOCALHOST,
            RABBITMQ_NODE_PORT=self.port,
            RABBITMQ_DIST_PORT=distribution_port,
            RABBITMQ_MNESIA_BASE=folder / "mnesia",
            RABBITMQ_LOG_BASE=folder / "log",
            RABBITMQ_SCHEMA_DIR=folder / "schema",
            RABBITMQ_GENERATED_CONFIG_DIR=folder / "config",
            RABBITMQ_CONFIG_FILE=folder / "rabbitmq.conf",
            RABBITMQ_CONFIG_FILES=folder / "conf.d",
            RABBITMQ_ADVANCED_CONFIG_FILE=folder / "advanced.config",
            RABBITMQ_CONF_ENV_FILE="/dev/null",
            RABBITMQ_ENABLED_PLUGINS_FILE=folder / "enabled_plugins",
            RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1}",
        )
        command = [str(scripts() / "rabbitmq-server")]
        super().__init__(node, command, folder, lambda: speaks_amqp(self.port), env=env)

    @property
    def uri(self) -> str:
        return f"amqp://guest:guest@{LOCALHOST}:{self.port}/"

    def settle(self) -> None:
        """Make every quorum queue declared so far survive a kill.

        RabbitMQ writes a new queue's place on disk up to half a second late. Killed before that, it
        comes back with an empty member that never elects a leader, and the queue hangs for ever.
        """
        self.ctl("eval", "dets:sync(ra_directory_reverse).")

    def ctl(self, *arguments: str) -> str:
        """What rabbitmqctl prints for this node; about a third of a second each."""
        done = subprocess.run(
            [scripts() / "rabbitmqctl", "--quiet", "--node", self.node, *arguments],
            env=self._env,
            cwd=self._folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        if done.returncode:
            raise ServerFailed(f"rabbitmqctl {' '.join(arguments)}: {done.stdout}{done.stderr}")
        return done.stdout


class RabbitServer:
    """The nodes together; `nodes[0]` is the one that `uri` and `ctl` speak to."""

    def __init__(self, folder: Path, count: int, config: str, plugins: Sequence[str] = ()) -> None:
        cookie = folder / ".erlang.cookie"
        cookie.write_text("SAMTALTESTS")
        cookie.chmod(0o400)
        # A port mapper of our own: the usual one would outlive the tests, or be somebody else's.
        mapper_port, *ports = free_ports(1 + 2 * count)
        self.mapper = Process(
            "epmd",
            [mapper_program(), "-port", str(mapper_port), "-address", LOCALHOST],
            folder,
            lambda: listens(mapper_port),
            env=clean_env(),
        )
        names = [f"samtal{number}@localhost" for number in range(1, count + 1)]
        peers = "".join(
            f"cluster_formation.classic_config.nodes.{number} = {name}\n"
            for number, name in enumerate(names, start=1)
        )
        lines = CONFIG + peers + config
        self.nodes = [
            RabbitNode(name, folder / name, (ports.pop(), ports.pop(), mapper_port), lines, plugins)
            for name in names
        ]

    @property
    def uri(self) -> str:
        return self.nodes[0].uri

    @property
    def uris(self) -> list[str]:
        return [node.uri for node in self.nodes]

    def ctl(self, *arguments: str) -> str:
        return self.nodes[0].ctl(*arguments)

    def settle(self) -> None:
        for node in self.nodes:
            if node.running:
                node.settle()

    def start(self) -> None:
        """All nodes at once: after a full stop the last to go must be among the first to come."""
        for node in self.nodes:
            node.launch()
        for node in self.nodes:
            node.await_answer()

    def stop(self) -> None:
        for node in self.nodes:
            node.stop()

    def kill(self) -> None:
        for node in self.nodes:
            node.kill()


def mapper_program() -> str:
    found = shutil.which("epmd", path=clean_env()["PATH"])
    if found is None:
        raise ServerFailed("epmd is not installed: run scripts/servers-install")
    return found


@contextmanager
def rabbitmq(
    folder: Path | None = None, nodes: int = 1, config: str = "", plugins: Sequence[str] = ()
) -> Iterator[RabbitServer]:
    """A running broker in `folder`, or in a temporary one; `config` is added to rabbitmq.conf.

    Plugins are on only if they are named.
    """
    with folder_for("rabbitmq", folder) as place:
        server = RabbitServer(place, nodes, config, plugins)
        server.mapper.start()
        try:
            server.start()
            if nodes > 1:
                server.ctl("await_online_nodes", str(nodes))
            yield server
        finally:
            for process in [*server.nodes, server.mapper]:
                process.discard()
