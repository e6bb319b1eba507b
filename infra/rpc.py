"""RPC entrypoints: nameko's, with the same rights and errors as HTTP; a direct call embedded.

Broken requests, which would kill a plain nameko container, are answered or dropped.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import structlog
from eventlet.event import Event as Result
from nameko.extensions import register_entrypoint
from nameko.rpc import Rpc as NamekoRpc
from nameko.rpc import RpcConsumer as NamekoRpcConsumer

from infra import json
from infra.config import SERVICES
from infra.context import Context
from infra.identity import new_id

log = structlog.get_logger("infra.rpc")

Method = TypeVar("Method", bound=Callable[..., Any])


def rpc(scope: str) -> Callable[[Method], Method]:
    """Offer the method over RPC to callers whose token has `scope`.

    The token travels in nameko's context data as `token`.
    """

    def register(function: Method) -> Method:
        register_entrypoint(function, Rpc(scope))
        return function

    return register


class RpcConsumer(NamekoRpcConsumer):
    """nameko's consumer, which no request can bring down."""

    def handle_message(self, body: Any, message: Any) -> None:
        """Hand a request to its method; one that nobody can be answered about is dropped."""
        properties = message.properties
        reply_to = properties.get("reply_to")
        # An answer that would be a call of a service's method: the broker may not let it pass.
        is_call = str(reply_to).partition(".")[0] in SERVICES
        if not reply_to or is_call or message.content_type != "application/json":
            log.warning("rpc_dropped", service=self.container.service_name)
            self.queue_consumer.ack_message(message)
            return
        if not isinstance(body, dict):
            body = {}
        super().handle_message(body, message)


class Rpc(NamekoRpc):
    """A method and the scope that it needs."""

    rpc_consumer = RpcConsumer()

    def __init__(self, scope: str) -> None:
        super().__init__()
        self.scope = scope

    def unpack_message_headers(self, message: Any) -> dict[str, Any]:
        """The caller behind the message's token; raises what the caller is then told."""
        headers = super().unpack_message_headers(message)
        return authorised(self, headers)

    def handle_result(self, message: Any, worker_ctx: Any, result: Any, exc_info: Any) -> Any:
        """Answer with the very JSON that HTTP answers with."""
        return super().handle_result(message, worker_ctx, json.plain(result), exc_info)


def authorised(entrypoint: Rpc, context_data: Mapping[str, Any]) -> dict[str, Any]:
    """Clean context data for a worker: the caller, once the token is known to be good for it."""
    token = context_data.get("token")
    caller = entrypoint.container.tokens.caller(f"Bearer {token}" if token else None)
    caller.require(entrypoint.scope)
    correlation = context_data.get("correlation_id")
    given = correlation if isinstance(correlation, str) and len(correlation) <= 64 else None
    return {"caller": caller, "context": Context(given or str(new_id()))}


_containers: dict[str, Any] = {}


def offer_directly(container: Any) -> None:
    """Let `call` reach the methods of this container; embedded mode only."""
    _containers[container.service_name] = container


def call(service: str, method: str, *args: Any, token: str, **kwargs: Any) -> Any:
    """Call a method of a service in this process, with the rights of `token`.

    Raises what the method raises; LookupError when there is no such service or method.
    """
    container = _containers[service]
    entrypoint = next(e for e in container.rpc_entrypoints if e.method_name == method)
    context_data = authorised(entrypoint, {"token": token})
    outcome = Result()

    def answered(_worker: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
        outcome.send(result, exc_info)
        return result, exc_info

    started = time.perf_counter()
    container.spawn_worker(
        entrypoint, args, kwargs, context_data=context_data, handle_result=answered
    )
    result = outcome.wait()
    log.debug("call", service=service, method=method, ms=(time.perf_counter() - started) * 1000)
    return json.plain(result)
