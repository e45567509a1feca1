"""The servers that tests share, found in this order: environment, localhost, Docker, installed, Debian.

All processes of one run (pytest-xdist starts several) use the same servers. The first that needs one has
it started under a lock and leaves its URL in the run's directory; it ends with the run's first process.
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import psycopg

from tests.servers.postgres import Postgres
from tests.servers.processes import ServerMissing
from tests.servers.rabbitmq import Broker, answers_amqp

ROOT = Path(__file__).resolve().parents[2]
RUN = "STAMMKUNDE_TEST_RUN"
POSTGRES_NEARBY = (
    "postgresql://postgres:postgres@localhost:5432/postgres",
    "postgresql:///postgres",
)
BROKER_NEARBY = ("amqp://guest:guest@localhost:5672//",)


def begin_run() -> None:
    """Called once, by the process that ends last."""
    os.environ[RUN] = f"{os.getpid()}:{tempfile.mkdtemp(prefix='stammkunde-tests-')}"


def end_run() -> None:
    _, directory = _run()
    shutil.rmtree(directory, ignore_errors=True)
    del os.environ[RUN]


def shared_postgres() -> Postgres:
    """A PostgreSQL in which databases may be created."""
    return Postgres(_shared("postgres", "TEST_DATABASE_URL", POSTGRES_NEARBY, _may_create))


def shared_broker() -> Broker:
    """A broker on which the services' queues belong to the tests."""
    return Broker(_shared("rabbitmq", "TEST_BROKER_URL", BROKER_NEARBY, answers_amqp))


def _shared(
    name: str, variable: str, nearby: tuple[str, ...], usable: Callable[[str], bool]
) -> str:
    given = os.environ.get(variable)
    if given:
        return given
    owner, directory = _run()
    answer = directory / f"{name}.json"
    with (directory / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not answer.exists():
            url = next((url for url in nearby if usable(url)), None)
            answer.write_text(json.dumps({"url": url}) if url else _start(name, owner, directory))
        said = json.loads(answer.read_text())
    if "missing" in said:
        raise ServerMissing(said["missing"])
    return str(said["url"])


def _start(name: str, owner: int, directory: Path) -> str:
    keeper = subprocess.Popen(
        [sys.executable, "-m", "tests.servers.keeper", name, str(owner), str(directory)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert keeper.stdout is not None
    line = keeper.stdout.readline()
    if not line:
        return json.dumps({"missing": f"{name} could not be started; its keeper said nothing."})
    keeper.returncode = 0  # it goes on; nobody waits for it
    return line


def _run() -> tuple[int, Path]:
    owner, _, directory = os.environ[RUN].partition(":")
    return int(owner), Path(directory)


def _may_create(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=2) as connection:
            row = connection.execute(
                "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
    except psycopg.OperationalError:
        return False
    return bool(row and row[0])
