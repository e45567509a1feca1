"""A worker in a process of its own, so that it can be killed: `python -m tests.importer.worker_process`."""

from __future__ import annotations

import signal
import threading

from services.importer.config import Settings
from services.importer.running.jobs import Jobs
from services.importer.running.undoing import Undoing


def main() -> None:
    settings = Settings()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    database = settings.database()
    undoing = threading.Thread(target=Undoing(settings, database).run, args=(stop,))
    undoing.start()
    Jobs(settings, database).run(stop)
    undoing.join()


if __name__ == "__main__":
    main()
