"""A batch of events as one piece of bytes on the wire.

pika encodes every message anew and sends it with three system calls. All of a relay's messages look the same
but for name and body: encoded once and sent together they cost a third, here and in the broker.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import pika
from pika import frame, spec
from pika.spec import PERSISTENT_DELIVERY_MODE

from shared import broker

PROPERTIES = pika.BasicProperties(
    content_type=broker.CONTENT_TYPE, delivery_mode=PERSISTENT_DELIVERY_MODE
)
FRAME_OVERHEAD = 8


class Wire:
    """Publishes on an open channel."""

    def __init__(self, connection: Any, channel: Any) -> None:
        self._connection = connection
        self._channel = int(channel.channel_number)
        self._longest = connection.params.frame_max - FRAME_OVERHEAD

    def publish(self, events: Iterable[tuple[str, bytes]]) -> None:
        """Publish the (name, document) pairs: persistent, mandatory, in their order."""
        pieces: list[bytes] = []
        for name, body in events:
            pieces += (_method(self._channel, name), _header(self._channel, len(body)))
            for start in range(0, len(body), self._longest):
                part = body[start : start + self._longest]
                pieces.append(frame.Body(self._channel, part).marshal())
        self._connection._output_marshaled_frames([b"".join(pieces)])


@lru_cache(maxsize=256)
def _method(channel: int, name: str) -> bytes:
    publish = spec.Basic.Publish(exchange=broker.EXCHANGE, routing_key=name, mandatory=True)
    return bytes(frame.Method(channel, publish).marshal())


@lru_cache(maxsize=4096)
def _header(channel: int, size: int) -> bytes:
    return bytes(frame.Header(channel, size, PROPERTIES).marshal())
