"""The consumer's connection to the broker: kombu, with every wait bounded and reads in large pieces."""

from __future__ import annotations

import select
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from amqp.exceptions import AMQPError, MessageNacked, UnexpectedFrame
from amqp.transport import TCPTransport
from kombu.connection import Connection
from kombu.exceptions import KombuError

from shared import broker

HEARTBEAT_S = 15
TIMEOUT_S = 15
RECEIVE_BYTES = 256 * 1024
HEADER = struct.Struct(">BHI")
"""Of an AMQP 0-9-1 frame: kind, channel, size."""
FRAME_END = 0xCE

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
        self._frames = (
            _Frames(self._connection.connection) if type(transport) is TCPTransport else None
        )
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
        if self._frames is not None:
            self._frames.dispatch(timeout_s)
        else:
            with suppress(TimeoutError):
                self._connection.drain_events(timeout=timeout_s)
        self._connection.heartbeat_check()

    def _take_what_is_here(self, limit: int) -> None:
        if self._frames is not None:
            while len(self._waiting) < limit and self._frames.dispatch(0):
                pass
            return
        with suppress(TimeoutError):
            while len(self._waiting) < limit:
                self._connection.drain_events(timeout=0)


class _Frames:
    """Reads from the socket in large pieces and gives py-amqp one frame after the other.

    py-amqp itself makes six system calls and some hundred function calls a message, more than all of the
    handling. When it reads on its own (an answer to a declaration, say), it finds what is left here through
    `recv`, which stands in for its socket's.
    """

    def __init__(self, connection: Any) -> None:
        self._socket = connection.transport.sock
        self._take: Callable[[tuple[int, int, bytes]], object] = connection.on_inbound_frame
        self._ready = select.poll()
        self._ready.register(self._socket, select.POLLIN)
        self._bytes = b""
        self._at = 0
        connection.transport._quick_recv = self.recv

    def dispatch(self, timeout_s: float) -> bool:
        """Hand over the frames that are here, or come within `timeout_s`. False if there are none."""
        if self._whole_frames():
            return True
        if not self._ready.poll(timeout_s * 1000):
            return False
        piece = self._socket.recv(RECEIVE_BYTES)
        if not piece:
            raise ConnectionResetError("the broker closed the connection")
        self._bytes, self._at = self._bytes[self._at :] + piece, 0
        self._whole_frames()
        return True

    def _whole_frames(self) -> bool:
        began = self._at
        end = len(self._bytes)
        while end - self._at >= HEADER.size:
            kind, channel, size = HEADER.unpack_from(self._bytes, self._at)
            start = self._at + HEADER.size
            if end <= start + size:
                break
            if self._bytes[start + size] != FRAME_END:
                raise UnexpectedFrame("a frame without its end")
            self._at = start + size + 1
            self._take((kind, channel, self._bytes[start : start + size]))
        return self._at > began

    def recv(self, size: int) -> bytes:
        if self._at >= len(self._bytes):
            piece: bytes = self._socket.recv(size)
            return piece
        piece = self._bytes[self._at : self._at + size]
        self._at += len(piece)
        return piece


def body_of(message: Any) -> bytes:
    """Return the bytes as they came: a content encoding makes py-amqp decode them to text."""
    body: bytes | str = message.body
    return body.encode("utf-8", "surrogatepass") if isinstance(body, str) else bytes(body)


__all__ = ["TROUBLE", "Incoming", "body_of", "connect"]
