"""The Prometheus series that every service has; labels are names, never people."""

from prometheus_client import REGISTRY, Counter, Gauge, Histogram, generate_latest

REQUESTS = Histogram(
    "samtal_http_request_seconds",
    "Time to answer a request",
    ["service", "route", "status"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5),
)
HANDLED = Counter("samtal_events_handled_total", "Events handled", ["subscription", "seen"])
KEPT = Counter("samtal_events_kept_total", "Events kept after a failure", ["subscription"])
SEQUENCED = Counter("samtal_events_sequenced_total", "Events given a position", ["service"])
PUBLISHED = Counter("samtal_events_published_total", "Events the broker confirmed", ["service"])
RETURNED = Counter("samtal_events_returned_total", "Events that no queue took", ["service"])
LAG = Gauge("samtal_feed_lag_events", "Events not yet read", ["subscription", "source"])


def render() -> bytes:
    """Every series of this process in the Prometheus text format."""
    return generate_latest(REGISTRY)
