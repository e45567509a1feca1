"""What exists on the broker: a topic exchange, and per listening service a queue and one for dead letters.

Everybody who connects declares all of it, the relay before its first event: nothing is lost because a
listener has never run yet. Queues are declared with their type only; limits and dead-lettering are policies,
because a queue declared with other arguments than it has refuses the connection. `python -m shared.broker`
prints the definitions that deploy/rabbitmq/definitions.json holds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from shared.events import SUBSCRIPTIONS

EXCHANGE = "events"
CONTENT_TYPE = "application/cloudevents+json"
QUEUE_ARGUMENTS = {"x-queue-type": "quorum"}
MAX_BODY = 1024 * 1024
"""A larger message is not read but buried: events carry facts, not files."""

# Every lost connection counts against all messages that were under way, guilty or not. Messages that kill
# their process are found by counting in the database (`inbox_attempts`); this is only the net below.
DELIVERY_LIMIT = 1000
# Looking at dead letters counts as a delivery, and at the limit a queue without dead-lettering deletes. 3.10
# knows no "unlimited" (-1), and 4.x has a default of 20.
DEAD_DELIVERY_LIMIT = 1_000_000_000


def dead(service: str) -> str:
    """Return the name of the queue that keeps what `service` could not handle."""
    return f"{service}.dead"


def queues() -> Iterator[str]:
    for service in listeners():
        yield service
        yield dead(service)


def listeners() -> list[str]:
    """Return the services that hear anything; each has a queue of its own name."""
    return sorted(service for service, events in SUBSCRIPTIONS.items() if events)


def bindings() -> Iterator[tuple[str, str]]:
    """Yield (queue, routing key) for everything that is heard."""
    for service in listeners():
        for event in SUBSCRIPTIONS[service]:
            yield service, event.name


HEARD = frozenset(name for _, name in bindings())
"""The events that must reach a queue. Others may be published with nobody listening."""


def declare(channel: Any) -> None:
    """Declare everything on a kombu channel (py-amqp), one answer at a time."""
    channel.exchange_declare(EXCHANGE, "topic", durable=True, auto_delete=False)
    for queue in queues():
        channel.queue_declare(queue, durable=True, auto_delete=False, arguments=QUEUE_ARGUMENTS)
    for queue, key in bindings():
        channel.queue_bind(queue, EXCHANGE, key)


def definitions(vhost: str = "/") -> dict[str, Any]:
    """Return everything, with its policies, in RabbitMQ's definitions format (3.10 and 4.x)."""
    return {
        "vhosts": [{"name": vhost}],
        "exchanges": [
            {
                "name": EXCHANGE,
                "vhost": vhost,
                "type": "topic",
                "durable": True,
                "auto_delete": False,
                "internal": False,
                "arguments": {},
            }
        ],
        "queues": [
            {
                "name": queue,
                "vhost": vhost,
                "durable": True,
                "auto_delete": False,
                "arguments": QUEUE_ARGUMENTS,
            }
            for queue in queues()
        ],
        "bindings": [
            {
                "source": EXCHANGE,
                "vhost": vhost,
                "destination": queue,
                "destination_type": "queue",
                "routing_key": key,
                "arguments": {},
            }
            for queue, key in bindings()
        ],
        "policies": [policy for service in listeners() for policy in _policies(service, vhost)],
    }


def _policies(service: str, vhost: str) -> Iterator[dict[str, Any]]:
    # At-least-once dead-lettering works only where the queue refuses instead of dropping its oldest.
    yield _policy(
        service,
        vhost,
        {
            "delivery-limit": DELIVERY_LIMIT,
            "dead-letter-exchange": "",
            "dead-letter-routing-key": dead(service),
            "dead-letter-strategy": "at-least-once",
            "overflow": "reject-publish",
        },
    )
    yield _policy(dead(service), vhost, {"delivery-limit": DEAD_DELIVERY_LIMIT})


def _policy(queue: str, vhost: str, definition: dict[str, Any]) -> dict[str, Any]:
    return {
        "vhost": vhost,
        "name": queue,
        "pattern": f"^{queue.replace('.', '[.]')}$",
        "apply-to": "queues",
        "priority": 10,
        "definition": definition,
    }


def document() -> str:
    return json.dumps(definitions(), indent=2) + "\n"


if __name__ == "__main__":
    print(document(), end="")  # noqa: T201 - the command's result
