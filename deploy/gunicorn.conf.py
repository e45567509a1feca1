"""gunicorn in front of one service's Flask app. SERVICE says which; WEB_WORKERS and WEB_THREADS how many."""

from __future__ import annotations

import json
import os
import re
import tempfile
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from gunicorn.glogging import Logger

SERVICE = os.environ["SERVICE"]
# Where the processes of this container add up their figures. Before anything loads prometheus_client.
METRICS = Path(
    os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", f"{tempfile.gettempdir()}/metrics")
)
# Links in mails: whoever has the token may use it. A very long part of a path is one as well.
TOKEN = re.compile(r"(?<=/public/)([^/]+)/[^/]+|(?<=/)[\w.~=-]{41,}")


class PrivateLogger(Logger):
    """An access log in JSON lines, without query strings, addresses, tokens and health checks."""

    def access(self, resp: Any, req: Any, environ: dict[str, Any], request_time: Any) -> None:
        path = environ["PATH_INFO"]
        if path.startswith(("/health/", "/metrics")):
            return
        line = {
            "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "service": SERVICE,
            "method": environ["REQUEST_METHOD"],
            "path": TOKEN.sub(lambda found: f"{found[1]}/*" if found[1] else "*", path),
            "status": resp.status_code,
            "bytes": resp.sent,
            "ms": round(request_time.total_seconds() * 1000, 1),
        }
        self.access_log.info(json.dumps(line))


wsgi_app = f"services.{SERVICE}.app:create_app()"
bind = f"0.0.0.0:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "8"))
backlog = 512

# Each worker opens its own connections: nothing is shared over a fork.
preload_app = False
# Every service of a user would listen on the same path.
control_socket_disable = True
# Heartbeats of the workers: on a disk they could stall with it.
worker_tmp_dir = "/dev/shm"

# A worker whose main loop hangs is replaced. How long one request may take is the app's and nginx's matter.
timeout = 60
# Requests under way have this long to end after SIGTERM; the container's grace is longer.
graceful_timeout = 30
# Longer than the callers keep theirs, so that the caller is the one who hangs up.
keepalive = 75

# nginx is the only one in front; the app believes it (TRUSTED_PROXIES).
forwarded_allow_ips = ""
limit_request_line = 8190

logger_class = PrivateLogger
accesslog = "-"


def on_starting(_server: Any) -> None:
    METRICS.mkdir(parents=True, exist_ok=True)
    for left_over in METRICS.glob("*.db"):
        left_over.unlink()


def post_fork(_server: Any, _worker: Any) -> None:
    from shared import logs

    logs.configure(import_module(f"services.{SERVICE}.config").Settings())


def post_worker_init(_worker: Any) -> None:
    from shared import garbage

    garbage.settle()


def child_exit(_server: Any, worker: Any) -> None:
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)
