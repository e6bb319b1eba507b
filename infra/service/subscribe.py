"""Subscriptions as nameko entrypoints: `@subscribe`, and what runs them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from marshmallow import Schema
from nameko.extensions import (
    Entrypoint,
    ProviderCollector,
    SharedExtension,
    register_entrypoint,
)

from infra.bus import inprocess, rabbitmq
from infra.bus.pump import Pump
from infra.config import Config
from infra.feed import Feed, RemoteFeed
from infra.freshness import Freshness
from infra.subscription import Handler, Subscription
from infra.validation import quick

Method = TypeVar("Method", bound=Callable[..., Any])


class SubscriptionRunner(SharedExtension, ProviderCollector):
    """The one subscription of a service, driven by the bus of the mode."""

    def start(self) -> None:
        """Consume, once every handler has registered."""
        container = self.container
        self._subscription = Subscription(container.service_name, container.store)
        for provider in self._providers:
            self._subscription.add(provider.handler())
        self._consumer: inprocess.Consumer | rabbitmq.Consumer | None = None
        if container.rpc_only:
            return
        if container.settings.embedded:
            self._consumer = inprocess.Consumer(self._subscription)
        else:
            self._consumer = self._over_the_broker(container.settings)
        self._thread = container.host(self._consumer.run)

    def stop(self) -> None:
        """Finish the batch in hand, then stop."""
        if self._consumer is not None:
            self._consumer.stop()
            self._thread.wait()

    def freshness(self) -> Freshness:
        """How far behind the subscription is, to be asked."""
        return Freshness(self._subscription, self.feeds())

    def retry(self, letters: Sequence[UUID]) -> None:
        """Try these kept events now, in the green thread that asks."""
        self._subscription.retry(letters)

    @property
    def subscription(self) -> Subscription:
        """The subscription, with all its handlers."""
        return self._subscription

    def feeds(self) -> Mapping[str, Feed]:
        """The feeds that the subscription's events are in."""
        settings = self.container.settings
        if settings.embedded:
            return inprocess.BUS.feeds
        token = self.container.tokens.for_service(self.container.service_name)
        return {
            source: RemoteFeed(settings.url(source), token) for source in self._subscription.sources
        }

    def _over_the_broker(self, settings: Config) -> rabbitmq.Consumer:
        pump = Pump(self._subscription, self.feeds())
        consumer = rabbitmq.Consumer(settings.amqp_uri or "", self._subscription, pump)
        self.container.spawn_managed_thread(consumer.catch_up)
        return consumer


class Subscribe(Entrypoint):
    """One type of event that a method handles, in batches, inside the batch's transaction."""

    runner = SubscriptionRunner()

    def __init__(self, event_type: str, fields: type[Schema]) -> None:
        super().__init__()
        self.event_type = event_type
        self.fields = fields

    def setup(self) -> None:
        """Register with the service's subscription."""
        self.runner.register_provider(self)

    def stop(self) -> None:
        """Finish the batch in hand before the database and the relay go."""
        self.runner.stop()

    def handler(self) -> Handler:
        """What the subscription calls."""
        return Handler(self.event_type, quick(self.fields()), _Runs(self))


class _Runs:
    """Calls a method of the service; equal for the event types that share the method."""

    def __init__(self, entrypoint: Subscribe) -> None:
        self._entrypoint = entrypoint
        self._key = entrypoint.method_name

    def __call__(self, session: Any, events: list[Any]) -> None:
        service = self._entrypoint.container.worker(self._entrypoint)
        getattr(service, self._key)(session, events)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Runs) and other._key == self._key

    def __hash__(self) -> int:
        return hash(self._key)


def subscribe(event_type: str, fields: type[Schema]) -> Callable[[Method], Method]:
    """Handle `event_type` (`campaign.conversation_logged.v1`) with the decorated method.

    The method gets the transaction's session and a list of events, each once, whose data holds
    the loaded `fields`. What it writes and the mark that they are handled are one commit.
    """

    def register(function: Method) -> Method:
        register_entrypoint(function, Subscribe(event_type, fields))
        return function

    return register
