"""Figures about the road that events take, for Prometheus. One set per process; each carries its service."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import func, select

from shared.db import Database, utcnow
from shared.tables import dead_letters, outbox

_published = Counter("events_published", "Events that everybody who hears them has", ["service"])
_interrupted = Counter("relay_interruptions", "Times the relay had to begin anew", ["service"])
_handled = Counter(
    "events_handled",
    "Messages taken in, by outcome: handled, seen, ignored, buried",
    ["service", "outcome"],
)
_seconds = Histogram(
    "event_batch_seconds",
    "Time of one transaction of a consumer",
    ["service"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
_lag = Gauge("consumer_lag_seconds", "Age of the event that was handled last", ["service"])
_queued = Gauge("queue_messages", "Messages waiting on the broker", ["service"])
_dead = Gauge(
    "dead_letters", "Messages that could not be handled and wait for a person", ["service"]
)


class Sending:
    """What a relay tells about itself."""

    def __init__(self, service: str) -> None:
        self._published = _published.labels(service)
        self._interrupted = _interrupted.labels(service)

    def published(self, count: int) -> None:
        self._published.inc(count)

    def interrupted(self) -> None:
        self._interrupted.inc()


class Handling:
    """What a subscriber tells about itself."""

    def __init__(self, service: str) -> None:
        self._outcomes = {
            outcome: _handled.labels(service, outcome)
            for outcome in ("handled", "seen", "ignored", "buried")
        }
        self._seconds = _seconds.labels(service)
        self._lag = _lag.labels(service)

    def handled(self, new: int, seen: int, newest: datetime, seconds: float) -> None:
        self._outcomes["handled"].inc(new)
        self._outcomes["seen"].inc(seen)
        self._seconds.observe(seconds)
        self._lag.set(max(0.0, (utcnow() - newest).total_seconds()))

    def idle(self) -> None:
        """Nothing waits: there is no lag."""
        self._lag.set(0)

    def ignored(self) -> None:
        self._outcomes["ignored"].inc()

    def buried(self) -> None:
        self._outcomes["buried"].inc()


def queue_depths(service: str, *, waiting: int, dead: int) -> None:
    """Note how many messages the broker holds for the service."""
    _queued.labels(service).set(waiting)
    _dead.labels(service).set(dead)


class OutboxFigures(Collector):
    """Reads the outbox when it is asked, so that the figures are right even if the relay hangs."""

    def __init__(self, service: str, database: Database) -> None:
        self._service = service
        self._database = database

    def collect(self) -> Iterator[GaugeMetricFamily]:
        with self._database.reading() as session:
            count = session.scalar(select(func.count()).select_from(outbox)) or 0
            oldest = session.scalar(select(outbox.c.created_at).order_by(outbox.c.id).limit(1))
            buried = session.scalar(select(func.count()).select_from(dead_letters)) or 0
        age = (utcnow() - oldest).total_seconds() if oldest else 0.0
        for name, text, value in (
            ("outbox_events", "Events that are still to go out", count),
            ("outbox_oldest_age_seconds", "Age of the oldest of them", max(0.0, age)),
            ("dead_letters_table", "Dead letters kept in the database", buried),
        ):
            family = GaugeMetricFamily(name, text, labels=["service"])
            family.add_metric([self._service], value)
            yield family

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing is read at registration."""
        return iter(())
