"""The embedded default in a process of its own, as `make run` starts it, with a mail server beside it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.servers.processes import Guarded, answers, free_port, own_directory, wait_until

ROOT = Path(__file__).resolve().parents[1]


class EmbeddedProcess:
    """`python -m deploy serve` on its own data directory."""

    def __init__(self, directory: Path, smtp_url: str, **environment: str) -> None:
        self.directory = directory
        self.port = free_port()
        self._environment = {
            "DATA_DIR": str(directory / "data"),
            "SMTP_URL": smtp_url,
            "LOG_LEVEL": "WARNING",
        }
        self.start(**environment)

    def start(self, **environment: str) -> None:
        """Start it, again on the same data and port; `environment` is added to its own."""
        self.process = Guarded(
            [sys.executable, "-m", "deploy", "serve", "--port", str(self.port)],
            directory=ROOT,
            log=self.directory / "serve.log",
            environment={**self._environment, **environment},
        )
        wait_until(lambda: answers(self.port), "the embedded system", server=self.process)

    def restart(self, **environment: str) -> None:
        """kill -9, then start."""
        self.process.kill()
        self.start(**environment)

    def client(self) -> httpx.Client:
        token = subprocess.run(
            [sys.executable, "-m", "deploy", "token", "--name", "bench", "--scope", "admin"],
            env={**os.environ, "DATA_DIR": str(self.directory / "data")},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}",
            headers={"Authorization": f"Bearer {token}"},
            timeout=120,
            trust_env=False,
        )

    def enrolled(self) -> int:
        return count_enrolments(f"sqlite:///{self.directory / 'data' / 'followup.sqlite3'}")


@contextmanager
def embedded_process(smtp_url: str) -> Iterator[EmbeddedProcess]:
    with own_directory("embedded") as directory:
        running = EmbeddedProcess(directory, smtp_url)
        try:
            yield running
        finally:
            running.process.kill()


def count_enrolments(url: str) -> int:
    from shared.db import Database

    database = Database(url)
    try:
        with database.reading() as session:
            found = session.connection().exec_driver_sql("SELECT count(*) FROM enrolments")
            return int(found.scalar() or 0)
    finally:
        database.dispose()


def first_answer_s() -> float:
    """Seconds from starting the embedded system on existing data to its first answer."""
    with own_directory("cold") as directory:
        EmbeddedProcess(directory, "smtp://127.0.0.1:9").process.kill()
        started = time.perf_counter()
        running = EmbeddedProcess(directory, "smtp://127.0.0.1:9")
        httpx.get(f"http://127.0.0.1:{running.port}/health/live", trust_env=False)
        seconds = time.perf_counter() - started
        running.process.kill()
        return seconds


__all__ = ["EmbeddedProcess", "count_enrolments", "embedded_process", "first_answer_s"]
