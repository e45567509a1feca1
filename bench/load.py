"""Requests per second over many keep-alive connections, one request under way on each."""

from __future__ import annotations

import itertools
import selectors
import socket
import time
from collections.abc import Sequence

CONNECTIONS = 32


def get(path: str, token: str = "") -> bytes:
    """Return a GET request as it goes over the wire."""
    authorization = f"Authorization: Bearer {token}\r\n" if token else ""
    return f"GET {path} HTTP/1.1\r\nHost: bench\r\n{authorization}\r\n".encode()


def requests_per_second(port: int, requests: Sequence[bytes], seconds: float) -> float:
    """Send the requests in turn for so long. Raises RuntimeError for an answer that is not 200."""
    following = itertools.cycle(requests)
    selector = selectors.DefaultSelector()
    connections = [socket.create_connection(("127.0.0.1", port)) for _ in range(CONNECTIONS)]
    try:
        for connection in connections:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(connection, selectors.EVENT_READ, bytearray())
            connection.sendall(next(following))
        answered, started = 0, time.perf_counter()
        while (passed := time.perf_counter() - started) < seconds:
            for key, _ in selector.select(timeout=5):
                connection, received = key.fileobj, key.data
                assert isinstance(connection, socket.socket)
                received += connection.recv(262_144)
                if _whole(received):
                    answered += 1
                    received.clear()
                    connection.sendall(next(following))
        return answered / passed
    finally:
        selector.close()
        for connection in connections:
            connection.close()


def _whole(received: bytearray) -> bool:
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return False
    head = bytes(received[:end]).lower()
    if not head.startswith(b"http/1.1 200"):
        raise RuntimeError(bytes(received[:500]).decode(errors="replace"))
    length = int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
    return len(received) >= end + 4 + length
