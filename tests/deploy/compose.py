"""The containers of docker-compose.yml as processes of this machine."""

import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.process import PROJECT, eventually
from tests.servers import PostgresServer, RabbitServer, free_ports, postgres, rabbitmq
from tests.servers.postgres import SUPERUSER, program
from tests.servers.process import clean_env, folder_for
from tests.servers.rabbitmq import listens, scripts

COPIED = re.compile(r"^COPY ([\w.]+) (?:\./)?([\w.]*)/?$", re.MULTILINE)
LOOPBACK = re.compile(r"\b(?:127\.0\.0\.1|0\.0\.0\.0)([:/])(\d+)\b")
LISTEN = re.compile(r"\blisten (\d+);")
SERVED = {"membership": 8001, "campaign": 8002, "training": 8003, "metrics": 8004, "gateway": 8080}


def read() -> dict[str, Any]:
    """The compose file."""
    found: dict[str, Any] = yaml.safe_load((PROJECT / "docker-compose.yml").read_text("utf-8"))
    return found


class Failed(Exception):
    """A container's command ended with an error; says what it printed."""


@dataclass
class Composition:
    """What stands in for each container, with all of it in one folder."""

    folder: Path
    file: dict[str, Any] = field(default_factory=read)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    ports: dict[tuple[str, int], int] = field(default_factory=dict)
    broker: RabbitServer | None = None
    databases: PostgresServer | None = None

    @classmethod
    @contextmanager
    def up(cls) -> Iterator["Composition"]:
        """As `scripts/secrets` and `docker compose up`."""
        with ExitStack() as stack:
            made = cls(stack.enter_context(folder_for("compose", None)))
            made.prepare()
            made.broker = stack.enter_context(rabbitmq(config=made.broker_config()))
            made.ports["rabbitmq", 5672] = made.broker.nodes[0].port
            made.databases = stack.enter_context(postgres())
            made.ports["postgres", 5432] = made.databases.port
            made.create_databases()
            stack.callback(made.down)
            made.start_all()
            yield made

    @property
    def services(self) -> dict[str, Any]:
        """The containers by name."""
        return self.file["services"]  # type: ignore[no-any-return]

    def prepare(self) -> None:
        """Make the secrets, and the image's /app by the COPY lines of the Dockerfile."""
        # nginx, started by root, works as somebody else, who has to get in.
        self.folder.chmod(0o711)
        command = [PROJECT / "scripts" / "secrets", self.folder / "secrets"]
        subprocess.run(command, check=True, capture_output=True)
        dockerfile = (PROJECT / "infra" / "deploy" / "Dockerfile").read_text("utf-8")
        for name, _ in COPIED.findall(dockerfile):
            if (PROJECT / name).is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(PROJECT / name, self.folder / "app" / name, ignore=ignored)

    def broker_config(self) -> str:
        """All that the compose file adds to RabbitMQ's configuration."""
        mounted = self._mounted("rabbitmq")
        (added,) = [path for path in mounted if path.startswith("/etc/rabbitmq/conf.d/")]
        given = self._paths("rabbitmq")["/etc/rabbitmq/definitions/20-topology.json"].parent
        return mounted[added].read_text("utf-8").replace("/etc/rabbitmq/definitions", str(given))

    def create_databases(self) -> None:
        """Run what the image of PostgreSQL would run on an empty volume."""
        setup = "/docker-entrypoint-initdb.d/databases.sh"
        script = self.translate("postgres", self._mounted("postgres")[setup].read_text("utf-8"))
        assert self.databases is not None
        env = clean_env(PGHOST="127.0.0.1", PGPORT=self.databases.port, POSTGRES_USER=SUPERUSER)
        env["PATH"] = f"{Path(program('psql')).parent}:{env['PATH']}"
        subprocess.run(["bash", "-c", script], env=env, check=True, capture_output=True)

    def start_all(self) -> None:
        """In the order in which the containers need each other; ready when this returns."""
        self.run_to_its_end("migrate")
        for name in SERVED:
            self.start(name)
        for name in SERVED:
            self.await_health(name)
        self.run_to_its_end("organisation")

    def down(self) -> None:
        """End everything, whatever happened."""
        for process in self.running.values():
            # One that a test holds still hears nothing else.
            process.send_signal(signal.SIGCONT)
            process.terminate()
        for process in self.running.values():
            process.wait(30)

    def start(self, name: str) -> None:
        """Start a container."""
        self._start(name, name, {})

    def start_replica(self, name: str) -> str:
        """Start one more replica of a service; answers its URL."""
        [port] = free_ports(1)
        self._start(name, f"{name}-2", {"SAMTAL_LISTEN_ADDRESS": f"127.0.0.1:{port}"})
        return f"http://127.0.0.1:{port}"

    def stop(self, name: str) -> None:
        """As `docker compose stop`: asked in good order, it ends without an error."""
        asked = signal.Signals[self.services[name.removesuffix("-2")].get("stop_signal", "SIGTERM")]
        process = self.running.pop(name)
        process.send_signal(asked)
        assert process.wait(30) == 0, self.log(name)

    def log(self, name: str) -> str:
        """The end of what a container has said."""
        return (self.folder / f"{name}.log").read_text("utf-8", "replace")[-3000:]

    def run_to_its_end(self, name: str) -> str:
        """Run a one-shot container; answers what it printed."""
        return self._run(name, self._command(name))

    def check_health(self, name: str) -> None:
        """Run a container's health check; Failed when it does not pass."""
        kind, *command = self.services[name]["healthcheck"]["test"]
        assert kind == "CMD"
        self._run(name, self._arguments(name, command))

    def await_health(self, name: str) -> None:
        """Wait until a container's health check passes; fails with its log."""
        port = self.port(name, SERVED[name])
        try:
            # Each check is a process of its own: not before it can pass.
            eventually(lambda: listens(port) and self.healthy(name), f"{name} is healthy", 60)
        except AssertionError as error:
            raise Failed(f"{error}; its log:\n{self.log(name)}") from error

    def healthy(self, name: str) -> bool:
        """Whether a container's health check passes."""
        with suppress(Failed):
            self.check_health(name)
            return True
        return False

    def port(self, container: str, port: int) -> int:
        """The port of this machine that stands for a container's."""
        if (container, port) not in self.ports:
            [self.ports[container, port]] = free_ports(1)
        return self.ports[container, port]

    def secret(self, name: str) -> str:
        """What a container reads as that secret."""
        return self.translate("", (self.folder / "secrets" / name).read_text("utf-8")).strip()

    def translate(self, container: str, text: str) -> str:
        """`text` as the process that stands for `container` is to see it: hosts, ports, paths."""
        hosts = re.compile(rf"\b({'|'.join(self.services)}):(\d+)\b")
        paths = self._paths(container)
        inside = re.compile(rf"(?<![\w./-])({'|'.join(map(re.escape, paths))})(?![\w.-])")

        def own(make: Callable[[re.Match[str], int], str], place: int) -> Any:
            return lambda match: make(match, self.port(container, int(match[place])))

        text = LOOPBACK.sub(own(lambda m, port: f"127.0.0.1{m[1]}{port}", 2), text)
        text = LISTEN.sub(own(lambda _, port: f"listen 127.0.0.1:{port};", 1), text)
        text = hosts.sub(lambda m: f"127.0.0.1:{self.port(m[1], int(m[2]))}", text)
        return inside.sub(lambda m: str(paths[m[1]]), text) if paths else text

    def _start(self, name: str, label: str, extra: dict[str, str]) -> None:
        env = self._environment(name) | extra
        with (self.folder / f"{label}.log").open("ab") as log:
            self.running[label] = subprocess.Popen(
                self._command(name), env=env, cwd=self.folder / "app", stdout=log, stderr=log
            )

    def _run(self, name: str, command: list[str]) -> str:
        done = subprocess.run(
            command,
            env=self._environment(name),
            cwd=self.folder / "app",
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        if done.returncode:
            said = f"{name}: {done.returncode}\n{done.stdout}{done.stderr}"
            raise Failed(said)
        return done.stdout

    def _environment(self, name: str) -> dict[str, str]:
        """What the compose file gives a container, and nothing of this process's own."""
        if name == "rabbitmq":
            assert self.broker is not None
            return self.broker.nodes[0]._env
        given = self.services[name].get("environment", {})
        return clean_env() | {key: self.translate(name, value) for key, value in given.items()}

    def _command(self, name: str) -> list[str]:
        service = self.services[name]
        return self._arguments(name, [*service.get("entrypoint", []), *service["command"]])

    def _arguments(self, name: str, command: list[str]) -> list[str]:
        programs = {
            "samtal": [sys.executable, "-m", "samtal"],
            "python": [sys.executable],
            "rabbitmq-diagnostics": [str(scripts() / "rabbitmq-diagnostics")],
            "pg_isready": [program("pg_isready")],
        }
        first, *rest = command
        return programs.get(first, [first]) + [self.translate(name, part) for part in rest]

    def _paths(self, container: str) -> dict[str, Path]:
        """Where a container's files are on this machine, translated like everything else."""
        if not container:
            return {}
        found = {"/app": self.folder / "app"}
        for path in self.services[container].get("tmpfs", []):
            found[path] = self.folder / "tmpfs" / container / path.lstrip("/")
            found[path].mkdir(parents=True, exist_ok=True)
        own = self.folder / "mounted" / container
        for path in self._mounted(container):
            found[path] = own / path.lstrip("/")
        if not own.exists():
            own.mkdir(parents=True)
            for path, source in self._mounted(container).items():
                found[path].parent.mkdir(parents=True, exist_ok=True)
                found[path].write_text(self.translate(container, source.read_text("utf-8")))
        return found

    def _mounted(self, container: str) -> dict[str, Path]:
        """The files that the compose file puts into a container, before translation."""
        service, found = self.services[container], {}
        for volume in service.get("volumes", []):
            source, inside, *_ = volume.split(":")
            if source.startswith("./"):
                found[inside] = PROJECT / source
        for secret in service.get("secrets", []):
            name = secret if isinstance(secret, str) else secret["source"]
            inside = f"/run/secrets/{name}" if isinstance(secret, str) else secret["target"]
            source = self.file["secrets"][name]["file"]
            assert source.startswith("./secrets/")
            found[inside] = self.folder / source
        return found
