"""Who may do what with the broker, as RabbitMQ's definitions.

RabbitMQ asks for a pattern of names each to configure (declare, delete), to write (publish; what is
bound) and to read (consume; what is bound to). It does not tell exchanges from queues, and nobody
needs a permission for a passive declaration. Where an exchange has topic permissions, routing
keys are asked for as well.
"""

import os
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from infra.bus.rabbitmq.topology import (
    RPC_EXCHANGE,
    Exchange,
    dead_of,
    events_of,
    exchange_of,
    queue_of,
)
from infra.config import SERVICES

REPLY_KEY = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
"""Where nameko's callers wait for their answers: a UUID."""

NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
TAKEN = {*SERVICES, "rpc", "amq", "samtal", "guest"}
"""Names that would reach what others own, or are somebody already."""


@dataclass(frozen=True, slots=True)
class Topics:
    """What may be published with, and be bound by, which routing keys: patterns."""

    exchange: str
    write: str
    read: str


@dataclass(frozen=True, slots=True)
class User:
    """A user and the names that it may configure, write and read: patterns."""

    name: str
    configure: str
    write: str
    read: str
    topics: Topics | None = None
    tags: str = ""


def operator() -> User:
    """Whoever runs the broker: may do everything."""
    return User("samtal", ".*", ".*", ".*", tags="administrator")


def service(name: str) -> User:
    """A service: its own exchange and queues, its RPC, and to bind to the others' exchanges.

    Of the exchange for RPC it gets the calls of its own methods alone, and may only answer.
    """
    own = (queue_of(name), dead_of(name), f"rpc-{name}", RPC_EXCHANGE)
    others = [exchange_of(other) for other in SERVICES if other != name]
    owned = _names(exchange_of(name), *own)
    topics = Topics(RPC_EXCHANGE, write=rf"^(?!({_any_of(SERVICES)})\.)", read=rf"^{name}\.")
    return User(name, owned, owned, _names(*own, *others), topics)


def subscriber(name: str) -> User:
    """Another system that listens: queues `NAME`, `NAME.…` and plain nameko's, nothing else.

    To bind its queues it must be allowed to write to them.
    """
    _check(name)
    own = rf"{name}|{name}\..*|evt-[a-z]+-[a-z0-9_.]+--{name}\..*"
    exchanges = _any_of(map(exchange_of, SERVICES))
    return User(name, f"^({own})$", f"^({own})$", f"^({own}|{exchanges})$")


def caller(name: str) -> User:
    """Another system that calls over RPC: its queues of replies, and calls of any method."""
    _check(name)
    own = rf"^(rpc\.reply-.*|{RPC_EXCHANGE})$"
    methods = rf"^({_any_of(SERVICES)})\."
    return User(name, own, own, own, Topics(RPC_EXCHANGE, methods, f"^{REPLY_KEY}$"))


def definitions(vhost: str, users: Iterable[User], passwords: Mapping[str, str]) -> dict[str, Any]:
    """What `rabbitmqctl import_definitions` and `load_definitions` read.

    Users are made, with their passwords, only of those who have one in `passwords`. Exchanges are
    in it, so that a subscriber need not wait for its producer's first start; queues never are.
    """
    everyone = list(users)
    exchanges = [*map(events_of, SERVICES), Exchange(RPC_EXCHANGE)]
    made = [_user(user, passwords[user.name]) for user in everyone if user.name in passwords]
    return {
        **({"users": made} if made else {}),
        "vhosts": [{"name": vhost}],
        "permissions": [_permissions(user, vhost) for user in everyone],
        "topic_permissions": [_topics(u.name, u.topics, vhost) for u in everyone if u.topics],
        "exchanges": [_exchange(exchange, vhost) for exchange in exchanges],
    }


def hashed(password: str) -> str:
    """The password as RabbitMQ keeps it: SHA-256 with four bytes of salt before it, in base64."""
    salt = os.urandom(4)
    return b64encode(salt + sha256(salt + password.encode()).digest()).decode()


def _names(*names: str) -> str:
    return f"^({_any_of(names)})$"


def _any_of(names: Iterable[str]) -> str:
    return "|".join(name.replace(".", r"\.") for name in names)


def _check(name: str) -> None:
    if not NAME.fullmatch(name) or name in TAKEN:
        raise ValueError(
            f"{name!r}: small letters, digits and _, and not {', '.join(sorted(TAKEN))}"
        )


def _user(user: User, password: str) -> dict[str, Any]:
    return {
        "name": user.name,
        "password_hash": hashed(password),
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": user.tags,
    }


def _permissions(user: User, vhost: str) -> dict[str, Any]:
    allowed = {"configure": user.configure, "write": user.write, "read": user.read}
    return {"user": user.name, "vhost": vhost, **allowed}


def _topics(user: str, topics: Topics, vhost: str) -> dict[str, Any]:
    keys = {"write": topics.write, "read": topics.read}
    return {"user": user, "vhost": vhost, "exchange": topics.exchange, **keys}


def _exchange(exchange: Exchange, vhost: str) -> dict[str, Any]:
    return {
        "name": exchange.name,
        "vhost": vhost,
        "type": exchange.type,
        "durable": True,
        "auto_delete": False,
        "internal": False,
        "arguments": {},
    }
