"""A PostgreSQL server of one's own: installed binaries first, then a container."""

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg

from tests.servers import debian
from tests.servers.containers import Container, image_of, run_container
from tests.servers.processes import (
    Guarded,
    ServerMissing,
    free_port,
    own_directory,
    wait_until,
)

# Tests want speed, not durability against a power cut of the machine. `durable` keeps the defaults.
FAST = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]


class Postgres:
    """`url` leads to the maintenance database, as a superuser."""

    def __init__(self, url: str, server: "LocalPostgres | Container | None" = None) -> None:
        self.url = url
        self._server = server

    def kill(self) -> None:
        """kill -9, all of it. `start()` brings it back on the same data and port."""
        self._own().kill()

    def stop(self) -> None:
        self._own().stop()

    def start(self) -> None:
        self._own().start()
        wait_until(self.answers, "PostgreSQL")

    def restart(self) -> None:
        self.stop()
        self.start()

    def answers(self) -> bool:
        try:
            with psycopg.connect(self.url, connect_timeout=2) as connection:
                connection.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def create_database(self, name: str, template: str | None = None) -> str:
        """The new database's URL."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(
                f'CREATE DATABASE "{name}"'.encode()
                + (f' TEMPLATE "{template}"'.encode() if template else b"")
            )
        return self.url_of(name)

    def drop_database(self, name: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())

    def url_of(self, database: str) -> str:
        head, _, rest = self.url.rpartition("/")
        _, mark, options = rest.partition("?")
        return f"{head}/{database}{mark}{options}"

    def _own(self) -> "LocalPostgres | Container":
        if self._server is None:
            raise RuntimeError("This PostgreSQL was found running; only its owner stops it.")
        return self._server


class LocalPostgres:
    """Installed binaries on an own directory and port. As root they run as another user."""

    def __init__(self, directory: Path, *, durable: bool, owner: int | None) -> None:
        self.directory = directory
        self.owner = owner
        self.port = free_port()
        self.binaries = _binaries()
        self.user = _unprivileged() if os.geteuid() == 0 else None
        if self.user:
            account = pwd.getpwnam(self.user)
            os.chown(directory, account.pw_uid, account.pw_gid)
        data = directory / "data"
        self._run("initdb", "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8",
                  "--locale=C.UTF-8", "--no-sync")  # fmt: skip
        settings = [
            "listen_addresses='127.0.0.1'",
            f"unix_socket_directories='{directory}'",
            "max_connections=200",
            *([] if durable else FAST),
        ]
        self.command = [str(self.binaries / "postgres"), "-D", str(data), "-p", str(self.port)]
        for setting in settings:
            self.command += ["-c", setting.replace("'", "")]
        self.process: Guarded | None = None

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        self.process = Guarded(
            self.command,
            directory=self.directory,
            log=self.directory / "log",
            user=self.user,
            owner=self.owner,
            temporary=True,
        )

    def stop(self) -> None:
        if self.process:
            self.process.stop(signal.SIGINT)

    def kill(self) -> None:
        if self.process:
            self.process.kill()

    def _run(self, name: str, *arguments: str) -> None:
        account = {"user": self.user, "group": self.user, "extra_groups": []} if self.user else {}
        done = subprocess.run(
            [str(self.binaries / name), *arguments],
            cwd=self.directory,
            capture_output=True,
            text=True,
            check=False,
            **account,
        )
        if done.returncode:
            raise ServerMissing(f"{name} failed:\n{done.stderr}")


@contextmanager
def postgres_server(
    *, durable: bool = False, owner: int | None = None, container_first: bool = False
) -> Iterator[Postgres]:
    """An empty PostgreSQL. `durable`: with fsync, as in production. It ends with `owner` at the latest."""
    with ExitStack() as ends:
        if container_first or not installed():
            contained = _in_container(ends)
            if contained:
                yield contained
                return
        if not installed():
            debian.install("postgresql", needed_for="PostgreSQL")
        directory = ends.enter_context(own_directory("pg"))
        local = LocalPostgres(directory, durable=durable, owner=owner)
        ends.callback(local.kill)
        local.start()
        server = Postgres(local.url, local)
        wait_until(server.answers, "PostgreSQL", server=local.process)
        yield server


def _in_container(ends: ExitStack) -> Postgres | None:
    settings = [part for setting in FAST for part in ("-c", setting)]
    container = run_container(
        ends,
        image_of("postgres"),
        port=5432,
        environment={"POSTGRES_PASSWORD": "postgres"},
        command=["postgres", *settings],
    )
    if container is None:
        return None
    server = Postgres(
        f"postgresql://postgres:postgres@127.0.0.1:{container.host_port}/postgres", container
    )
    wait_until(server.answers, "PostgreSQL's container")
    return server


def installed() -> bool:
    return _find_binaries() is not None


def _binaries() -> Path:
    found = _find_binaries()
    if found is None:
        raise ServerMissing("PostgreSQL's server is not installed.")
    return found


def _find_binaries() -> Path | None:
    versions = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[4])
    )
    if versions:
        return versions[-1].parent
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def _unprivileged() -> str:
    for name in ("postgres", "nobody"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    raise ServerMissing("PostgreSQL refuses to run as root, and there is no other user.")
