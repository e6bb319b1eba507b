"""The real mode in an ordinary week: a platform of the tests' own, to be broken at will."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import pika

from infra.config import SERVICES
from tests import process
from tests.chaos.proxy import Network
from tests.chaos.stage import REDELIVERED
from tests.process import Running, eventually
from tests.servers import PostgresServer, RabbitServer, free_ports


class Platform:
    """A broker, databases and services, and a proxy between services and broker."""

    def __init__(self, home: Path, broker: RabbitServer, database: PostgresServer) -> None:
        self.home, self.broker, self.database = home, broker, database
        self.network = Network()
        self.to_broker = self.network.proxy(broker.nodes[0].port)
        self.env = {
            "SAMTAL_AMQP_URI": f"amqp://guest:guest@127.0.0.1:{self.to_broker.port}/",
            "SAMTAL_DATABASE_URL": database.url_template,
        }
        self.ports = dict(zip(SERVICES, free_ports(len(SERVICES)), strict=True))
        self.all: list[Running] = []
        self.running: dict[str, Running] = {}

    def start(self, *services: str) -> None:
        for name in services:
            self.running[name] = self.replica(name, self.ports)

    def replica(self, name: str, ports: dict[str, int] | None = None) -> Running:
        """One more process of a service, on a port of its own unless `ports` are given."""
        own = ports or {**self.ports, name: free_ports(1)[0]}
        return self.host([name], own)

    def host(self, services: list[str], ports: dict[str, int]) -> Running:
        """One process for several services."""
        started = process.start(services, self.home, self.env, ports=ports)
        self.all.append(started)
        return started

    def settle(self) -> None:
        """Wait until every event has reached its subscribers."""
        for name in ("campaign", "training", "metrics"):
            eventually(lambda at=name: self.is_current(at), f"{name} is current", 60)

    def report(self, count: int = 1, to: Running | None = None, unit: str = "1280") -> None:
        body = {
            "id": str(uuid4()),
            "unit": unit,
            "arena": "door",
            "held_on": "2026-03-03",
            "count": count,
        }
        answer = (to or self.running["campaign"]).call("POST", "campaign", "/conversations", body)
        assert answer.status_code == 201, answer.text

    def conversations(self, unit: str = "SE") -> int:
        goal = self.get("metrics", f"/goals/conversations?unit={unit}&year=2026")
        return int(goal["value"])

    def get(self, service: str, path: str) -> Any:
        """What a service answers, asked again while it finds its database away."""

        def answers() -> list[Any]:
            answer = self.running[service].call("GET", service, path)
            return [] if answer.status_code == 503 else [answer.json()]

        (found,) = eventually(answers, f"{service} answers {path}", 30)
        return found

    def counts(self, expected: int) -> None:
        """The board comes to show exactly that, and stays there once nothing is under way."""
        eventually(lambda: self.conversations() >= expected, f"{expected} counted", 60)
        self.settle()
        assert self.conversations() == expected

    def last_event(self) -> dict[str, Any]:
        """The last that campaign published."""
        head = eventually(lambda: self._events(0)["head"], "campaign has published", 20)
        (found,) = self._events(head - 1)["items"]
        return dict(found)

    def _events(self, after: int) -> Any:
        return self.get("campaign", f"/events?after={after}&limit=1")

    def offer(self, *messages: tuple[bytes, dict[str, Any]]) -> None:
        """Publish bodies with properties to campaign's exchange, past campaign."""
        with closing(pika.BlockingConnection(pika.URLParameters(self.broker.uri))) as connection:
            channel = connection.channel()
            channel.confirm_delivery()
            for body, properties in messages:
                channel.basic_publish(
                    "campaign.events",
                    "conversation_logged",
                    body,
                    pika.BasicProperties(**properties),
                )

    def stranger(self, count: int) -> bytes:
        """An event as campaign publishes it, of a life of its feed that nobody has heard of."""
        found = self.last_event()
        data = {**found["data"], "count": count}
        return json.dumps(
            {**found, "id": str(uuid4()), "epoch": str(uuid4()), "position": 1, "data": data}
        ).encode()

    def join(self) -> None:
        """Somebody becomes a member."""
        body = {
            "id": str(uuid4()),
            "unit": "1280",
            "joined_on": "2026-03-03",
            "source": "digital",
            "name": "Kim Larsson",
        }
        answer = self.running["membership"].call("POST", "membership", "/members", body)
        assert answer.status_code == 201, answer.text

    def is_published(self) -> bool:
        """Whether the broker has confirmed all of campaign's events."""
        unsent = "SELECT (SELECT count(*) FROM outbox) + head - position FROM feed_head, published"
        return self.database.execute(unsent, database="campaign") == "0"

    def is_current(self, service: str) -> bool:
        """Whether every event has reached a service, which may have kept some that failed."""
        sources = self.get(service, "/freshness")["sources"]
        return all(source["behind_events"] == 0 for source in sources)

    def redelivered(self) -> int:
        """How many messages the broker has delivered again."""
        found = self.broker.ctl("eval", "rabbit_global_counters:overview().")
        return sum(int(n) for n in REDELIVERED.findall(found))

    def kept(self) -> int:
        """How many failed events metrics keeps."""
        return int(self.get("metrics", "/freshness")["kept"])

    def close(self) -> None:
        """Leave nothing running."""
        for running in self.all:
            running.close()
        self.network.close()
