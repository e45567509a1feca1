"""A worker's small HTTP port: is it alive, and its figures."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest


class WorkerPort:
    """Answers /health (503 and the names of the parts that hang) and /metrics on `port`; 0: not at all."""

    def __init__(self, port: int, silent: Callable[[], list[str]]) -> None:
        self._server = ThreadingHTTPServer(("", port), _requests(silent)) if port else None

    def __enter__(self) -> WorkerPort:
        if self._server is not None:
            threading.Thread(
                target=self._server.serve_forever, name="worker port", daemon=True
            ).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()


def _requests(silent: Callable[[], list[str]]) -> type[BaseHTTPRequestHandler]:
    class Requests(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            if self.path == "/health":
                hanging = silent()
                body = json.dumps({"status": "hangs" if hanging else "ok", "parts": hanging})
                self._answer(503 if hanging else 200, "application/json", body.encode())
            elif self.path == "/metrics":
                self._answer(200, CONTENT_TYPE_LATEST, generate_latest())
            else:
                self._answer(404, "text/plain", b"There are /health and /metrics.\n")

        def _answer(self, status: int, content_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            """Say nothing: a probe every few seconds is not news."""

    return Requests
