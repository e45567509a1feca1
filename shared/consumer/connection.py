"""The consumer's connection to the broker: kombu, with every wait bounded and reads in large pieces."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from amqp.exceptions import AMQPError, MessageNacked
from amqp.transport import TCPTransport
from kombu.connection import Connection
from kombu.exceptions import KombuError

from shared import broker

HEARTBEAT_S = 15
TIMEOUT_S = 15
RECEIVE_BYTES = 256 * 1024

TROUBLE = (AMQPError, MessageNacked, OSError, KombuError)
"""What a connection may raise when it is of no use any more."""


def connect(url: str, *, heartbeat_s: int = HEARTBEAT_S, confirm: bool = False) -> Connection:
    """Open a connection. Nothing on it waits for ever, not even closing it.

    Somebody has to call `heartbeat_check` on it, or `heartbeat_s` has to be 0.
    """
    connection = Connection(
        url,
        heartbeat=heartbeat_s,
        connect_timeout=5,
        transport_options={
            "read_timeout": TIMEOUT_S,
            "write_timeout": TIMEOUT_S,
            "confirm_publish": confirm,
        },
    )
    connection.connect()
    return connection


class Incoming:
    """Messages of one queue as they arrive. Belongs to one thread.

    Deliveries are taken from the channel as they are, not through kombu's decoding: that would acknowledge
    what it cannot decode, and unpack compressed bodies of any size.
    """

    def __init__(self, url: str, queue: str, *, prefetch: int) -> None:
        self._connection = connect(url)
        self._waiting: list[Any] = []
        transport = self._connection.connection.transport
        self._buffer = _Buffer(transport) if type(transport) is TCPTransport else None
        self.channel = self._connection.channel()
        broker.declare(self.channel)
        self.channel.basic_qos(0, prefetch, False)
        self.channel.basic_consume(queue, callback=self._waiting.append)

    def take(self, limit: int, timeout_s: float) -> list[Any]:
        """Wait for the first message, then return it with those that are here already, up to `limit`."""
        if not self._waiting:
            self._drain(timeout_s)
        if self._waiting:
            self._take_what_is_here(limit)
        taken, self._waiting[:] = self._waiting[:limit], self._waiting[limit:]
        return taken

    def stay(self, seconds: float) -> None:
        """Keep the connection alive for a moment without handling anything."""
        self._drain(seconds)

    def acknowledge(self, last: Any) -> None:
        """Acknowledge this message and all before it."""
        self.channel.basic_ack(last.delivery_tag, True)

    def close(self) -> None:
        self._connection.close()

    def abandon(self) -> None:
        """Drop the connection without a word: the broker delivers what was not acknowledged again."""
        transport = self._connection.connection and self._connection.connection.transport
        if transport is not None:
            transport.close()

    def _drain(self, timeout_s: float) -> None:
        with suppress(TimeoutError):
            self._connection.drain_events(timeout=timeout_s)
        self._connection.heartbeat_check()

    def _take_what_is_here(self, limit: int) -> None:
        with suppress(TimeoutError):
            while len(self._waiting) < limit:
                if self._buffer is not None and self._buffer.more():
                    self._connection.connection.blocking_read()
                else:
                    self._connection.drain_events(timeout=0)


class _Buffer:
    """Reads from the socket in large pieces: py-amqp asks for six small ones a message, each a system call.

    Stands in for the `recv` of the transport's socket. Doubles the rate at which messages are taken in.
    """

    def __init__(self, transport: TCPTransport) -> None:
        self._recv: Callable[[int], bytes] = transport.sock.recv
        self._bytes = b""
        self._at = 0
        transport._quick_recv = self

    def more(self) -> bool:
        return self._at < len(self._bytes)

    def __call__(self, size: int) -> bytes:
        if self._at >= len(self._bytes):
            self._bytes, self._at = self._recv(RECEIVE_BYTES), 0
        piece = self._bytes[self._at : self._at + size]
        self._at += len(piece)
        return piece


def body_of(message: Any) -> bytes:
    """Return the bytes as they came: a content encoding makes py-amqp decode them to text."""
    body: bytes | str = message.body
    return body.encode("utf-8", "surrogatepass") if isinstance(body, str) else bytes(body)


__all__ = ["TROUBLE", "Incoming", "body_of", "connect"]
