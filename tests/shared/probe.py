"""Looking into the broker from outside, with another client than the product's."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pika
from pika.adapters.blocking_connection import BlockingChannel

from shared import broker


@contextmanager
def channel(url: str) -> Iterator[BlockingChannel]:
    parameters = pika.URLParameters(url)
    parameters.virtual_host = parameters.virtual_host or "/"
    parameters.heartbeat = 0
    connection = pika.BlockingConnection(parameters)
    try:
        yield connection.channel()
    finally:
        if connection.is_open:
            connection.close()


def declare(url: str) -> None:
    """What the product declares, so that a test may publish before it runs."""
    with channel(url) as probe:
        probe.exchange_declare(broker.EXCHANGE, "topic", durable=True)
        for queue in broker.queues():
            probe.queue_declare(queue, durable=True, arguments=broker.QUEUE_ARGUMENTS)
        for queue, key in broker.bindings():
            probe.queue_bind(queue, broker.EXCHANGE, key)


def publish(
    url: str, *bodies: bytes, key: str = "followup.unsubscribed", **properties: Any
) -> None:
    with channel(url) as probe:
        probe.confirm_delivery()
        for body in bodies:
            probe.basic_publish(
                broker.EXCHANGE,
                key,
                body,
                pika.BasicProperties(
                    **({"content_type": broker.CONTENT_TYPE, "delivery_mode": 2} | properties)
                ),
                mandatory=True,
            )


def depth(url: str, queue: str) -> int:
    with channel(url) as probe:
        count: int = probe.queue_declare(queue, passive=True).method.message_count
        return count


def take(url: str, queue: str) -> list[tuple[Any, Any, bytes]]:
    """Take everything off a queue."""
    taken = []
    with channel(url) as probe:
        while True:
            method, properties, body = probe.basic_get(queue, auto_ack=True)
            if method is None:
                return taken
            taken.append((method, properties, body))
