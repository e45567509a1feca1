"""A mail server that takes every mail and sends none: for tests, benchmarks, and as a test mailbox.

    python -m tests.smtp_sink --port 2525 --http-port 8025 --keep

It counts, keeps the mails if told to, and misbehaves in the ways that mail servers do (`--mode`). Nothing
but the standard library, so it also runs as a plain file in a container. Over HTTP it answers the few
questions of Mailpit's interface that tests ask: GET /api/v1/messages, GET /api/v1/message/<ID>/raw,
DELETE /api/v1/messages.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import re
import ssl
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy

MODES = {
    "ok": "takes every mail",
    "slow": "takes the body and answers after --delay seconds",
    "drop_after_dot": "takes the body and hangs up without an answer",
    "drop_at_quit": "hangs up at QUIT",
    "drop_at_mail": "hangs up at MAIL",
    "drop_at_rcpt": "hangs up at RCPT",
    "421": "closes at MAIL",
    "greylist": "451 at RCPT for the first --times attempts of an address",
    "452": "452 at RCPT: full",
    "550": "550 5.1.1 at RCPT: nobody there",
    "550_bare": "550 at RCPT without an enhanced code",
    "554": "554 5.7.1 at RCPT: policy",
    "554_body": "554 5.6.0 after the body",
    "535": "535 at MAIL: not signed in",
    "sender": "550 5.7.1 at MAIL: not this sender",
    "tarpit": "says nothing at all, not even a greeting",
    "reset": "resets the connection in the middle of the body",
}


@dataclass
class Kept:
    """One mail the server took (or swallowed without an answer)."""

    sender: str
    to: str
    data: bytes

    @property
    def message_id(self) -> str:
        match = re.search(rb"(?im)^message-id: *(\S+)", self.data)
        return match[1].decode() if match else ""


@dataclass
class State:
    mode: str = "ok"
    delay_s: float = 1.0
    times: int = 1
    keep: bool = True
    pipelining: bool = True
    tls: ssl.SSLContext | None = None
    tls_at_once: bool = False  # else by STARTTLS
    user: str = ""  # who must sign in, as "name:password"
    modes: dict[str, str] = field(default_factory=dict)  # for single addresses and "@domain"s
    taken: int = 0
    refused: int = 0
    connections: int = 0
    mails: list[Kept] = field(default_factory=list)
    rcpt: Counter[str] = field(default_factory=Counter)
    rcpt_at: dict[str, float] = field(default_factory=dict)  # the last time, by the monotonic clock


class Session(asyncio.Protocol):
    """One connection."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.buffer = b""
        self.in_body = self.closing = False
        self.sender = self.to = ""
        self.mode = state.mode
        self.signed_in = not state.user
        self.secure = state.tls_at_once
        self.encrypting: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.state.connections += 1
        if self.state.mode != "tarpit":
            self.transport.write(b"220 sink ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if self.encrypting is not None:
            return
        answers: list[bytes] = []
        while not self.closing:
            if self.in_body:
                if not self._body(answers):
                    break
            else:
                line, found, rest = self.buffer.partition(b"\r\n")
                if not found:
                    break
                self.buffer = rest
                answer = self._command(line)
                if answer:
                    answers.append(answer)
        if answers and not self.transport.is_closing():
            self.transport.write(b"".join(answers))
        if self.closing:
            self.transport.close()

    def _command(self, line: bytes) -> bytes:
        verb = line[:4].upper()
        if self.state.mode == "tarpit":
            return b""
        if verb == b"EHLO":
            offers = [
                b"250-sink",
                *([b"250-PIPELINING"] if self.state.pipelining else []),
                *([b"250-STARTTLS"] if self.state.tls and not self.secure else []),
                *([b"250-AUTH PLAIN"] if self.state.user else []),
                b"250 8BITMIME",
            ]
            return b"\r\n".join(offers) + b"\r\n"
        if verb == b"STAR" and self.state.tls and not self.secure:
            self.transport.write(b"220 go on\r\n")
            self._encrypt(self.state.tls)
            return b""
        if verb == b"AUTH":
            given = base64.b64decode(line.rpartition(b" ")[2]).decode().strip("\0")
            self.signed_in = given.replace("\0", ":") == self.state.user
            return b"235 2.7.0 ok\r\n" if self.signed_in else b"535 5.7.8 wrong\r\n"
        if verb == b"MAIL" and not self.signed_in:
            return b"530 5.7.0 sign in first\r\n"
        if verb == b"MAIL":
            return self._mail(line)
        if verb == b"RCPT":
            return self._rcpt(line)
        if verb == b"DATA":
            if not self.to:
                return b"554 5.5.1 no valid recipients\r\n"
            self.in_body = True
            return b"354 go on\r\n"
        if verb == b"QUIT":
            self.closing = True
            return b"" if self.state.mode == "drop_at_quit" else b"221 bye\r\n"
        if verb == b"RSET":
            self.sender = self.to = ""
            return b"250 ok\r\n"
        return b"250 ok\r\n" if verb in (b"HELO", b"NOOP") else b"502 5.5.2 what?\r\n"

    def _encrypt(self, tls: ssl.SSLContext) -> None:
        self.secure, self.buffer = True, b""
        loop = asyncio.get_running_loop()

        async def start() -> None:
            with suppress(ssl.SSLError, ConnectionError):
                encrypted = await loop.start_tls(self.transport, self, tls, server_side=True)
                assert encrypted is not None
                self.transport, self.encrypting = encrypted, None
                self.data_received(b"")

        self.encrypting = loop.create_task(start())

    def _mail(self, line: bytes) -> bytes:
        self.sender = self.to = ""
        sender = _address(line)
        match self.state.modes.get(sender, self.state.mode):
            case "421":
                self.closing = True
                return b"421 4.3.2 not now\r\n"
            case "drop_at_mail":
                self.closing = True
                return b""
            case "535":
                return b"535 5.7.8 sign in first\r\n"
            case "sender":
                return b"550 5.7.1 not from this sender\r\n"
        self.sender = sender
        return b"250 ok\r\n"

    def _rcpt(self, line: bytes) -> bytes:
        if not self.sender:
            return b"503 5.5.1 MAIL first\r\n"
        address = _address(line)
        at_home = self.state.modes.get(address[address.find("@") :], self.state.mode)
        self.mode = self.state.modes.get(address, at_home)
        self.state.rcpt[address] += 1
        self.state.rcpt_at[address] = time.monotonic()
        if self.mode == "drop_at_rcpt":
            self.closing = True
            return b""
        refusals = {
            "452": b"452 4.2.2 full\r\n",
            "550": b"550 5.1.1 nobody here\r\n",
            "550_bare": b"550 nobody here\r\n",
            "554": f"554 5.7.1 <{address}>: not from you\r\n".encode(),
        }
        refusal = refusals.get(self.mode)
        if self.mode == "greylist" and self.state.rcpt[address] <= self.state.times:
            refusal = b"451 4.7.1 come back later\r\n"
        if refusal:
            self.state.refused += 1
            return refusal
        self.to = address
        return b"250 ok\r\n"

    def _body(self, answers: list[bytes]) -> bool:
        """Take the body if it is all there."""
        if self.mode == "reset" and self.buffer:
            self.closing = True
            self.transport.abort()
            return False
        body = b".\r\n" if self.buffer.startswith(b".\r\n") else b"\r\n.\r\n"
        data, found, rest = self.buffer.partition(body)
        if not found:
            return False
        self.buffer, self.in_body = rest, False
        if self.mode == "554_body":
            answers.append(b"554 5.6.0 not this\r\n")
            return True
        self.state.taken += 1
        if self.state.keep:
            self.state.mails.append(
                Kept(self.sender, self.to, data.replace(b"\r\n..", b"\r\n.") + b"\r\n")
            )
        self.sender = self.to = ""
        if self.mode == "drop_after_dot":
            self.closing = True
        elif self.mode == "slow":
            asyncio.get_running_loop().call_later(self.state.delay_s, self._late)
        else:
            answers.append(b"250 2.0.0 taken\r\n")
        return True

    def _late(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(b"250 2.0.0 taken\r\n")


def _address(line: bytes) -> str:
    match = re.search(rb"<([^>]*)>", line)
    return match[1].decode("ascii", "replace") if match else ""


class Sink:
    """The server in a thread of this process: `with Sink() as sink: sink.url`."""

    def __init__(self, port: int = 0, **state: object) -> None:
        self.state = State(**state)  # type: ignore[arg-type]
        self.port = port
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def mails(self) -> list[Kept]:
        return self.state.mails

    def __enter__(self) -> Sink:
        self._thread.start()
        self._ready.wait(5)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            self._loop.create_server(
                lambda: Session(self.state),
                "127.0.0.1",
                self.port,
                ssl=self.state.tls if self.state.tls_at_once else None,
            )
        )
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())


async def _http(state: State, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError, asyncio.IncompleteReadError):
        request = (await reader.readline()).decode("latin-1").split()
        while (await reader.readline()).strip():
            pass
        method, path = [*request, "", ""][:2]
        body, kind = _page(state, method, path.partition("?")[0])
        status = "200 OK" if body is not None else "404 Not Found"
        content = body or b"not found\n"
        head = (
            f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        writer.write(head.encode() + content)
        await writer.drain()
    writer.close()


def _page(state: State, method: str, path: str) -> tuple[bytes | None, str]:
    if path == "/api/v1/messages" and method == "DELETE":
        state.mails.clear()
        state.taken = 0
        return b"ok", "text/plain"
    if path == "/api/v1/messages":
        listed = [
            _summary(n, mail)
            for n, mail in enumerate(state.mails[-500:], max(0, len(state.mails) - 500))
        ]
        answer = {
            "total": state.taken,
            "messages_count": len(state.mails),
            "messages": listed[::-1],
        }
        return json.dumps(answer).encode(), "application/json"
    match = re.fullmatch(r"/api/v1/message/(\d+)/raw", path)
    if match and int(match[1]) < len(state.mails):
        return state.mails[int(match[1])].data, "text/plain; charset=utf-8"
    if path == "/count":
        return str(state.taken).encode(), "text/plain"
    return (b"ok", "text/plain") if path in ("/", "/livez", "/readyz") else (None, "text/plain")


def _summary(number: int, mail: Kept) -> dict[str, object]:
    message = message_from_bytes(mail.data, policy=policy.default)
    return {
        "ID": str(number),
        "MessageID": mail.message_id.strip("<>"),
        "From": {"Address": mail.sender},
        "To": [{"Address": mail.to}],
        "Subject": str(message["Subject"] or ""),
    }


async def _serve(arguments: argparse.Namespace) -> None:
    state = State(
        mode=arguments.mode, delay_s=arguments.delay, times=arguments.times,
        keep=arguments.keep, pipelining=not arguments.no_pipelining,
    )  # fmt: skip
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Session(state), arguments.host, arguments.port)
    ports = list(server.sockets)
    if arguments.http_port is not None:
        http = await asyncio.start_server(
            lambda r, w: _http(state, r, w), arguments.host, arguments.http_port
        )
        ports += http.sockets
    print(*(socket.getsockname()[1] for socket in ports), flush=True)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--http-port", type=int, help="answer questions about the mails here")
    parser.add_argument("--keep", action="store_true", help="keep the mails in memory")
    parser.add_argument("--mode", choices=MODES, default="ok")
    parser.add_argument("--delay", type=float, default=1.0)
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--no-pipelining", action="store_true")
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
