"""The servers that tests share, found in this order: environment, localhost, Docker, installed, Debian.

All processes of one run (pytest-xdist starts several) use the same PostgreSQL. The first that needs it has
it started under a lock and leaves its URL in the run's directory; it ends with the run's first process.
Queues have fixed names, so each of these processes has a broker of its own.
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
FIRST = "gw0"
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
    """A broker on which the services' queues belong to this test process."""
    process = os.environ.get("PYTEST_XDIST_WORKER", FIRST)
    if process == FIRST:
        return Broker(_shared("rabbitmq", "TEST_BROKER_URL", BROKER_NEARBY, answers_amqp))
    return Broker(_kept("rabbitmq", process))


def _shared(
    name: str, variable: str, nearby: tuple[str, ...], usable: Callable[[str], bool]
) -> str:
    given = os.environ.get(variable)
    return given or next((url for url in nearby if usable(url)), None) or _kept(name)


def _kept(name: str, process: str = "") -> str:
    """The URL of a server that a keeper runs, for all processes of this run or for one."""
    owner, directory = _run()
    answer = directory / f"{name}{process}.json"
    with answer.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not answer.exists():
            answer.write_text(_start(name, owner, directory))
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
