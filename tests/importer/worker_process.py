"""A worker in a process of its own, so that it can be killed: `python -m tests.importer.worker_process`."""

from __future__ import annotations

import signal
import threading

from services.importer.config import Settings
from services.importer.jobs import Jobs


def main() -> None:
    settings = Settings()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    Jobs(settings, settings.database()).run(stop)


if __name__ == "__main__":
    main()
