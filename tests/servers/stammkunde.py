"""The whole system as real processes on real servers: for fault tests, system tests and the benchmark.

with running_system(postgres, broker, smtp_url=...) as system:
    system.start(*ROLES)
    api = system.client("admin")                 # httpx, routed as the edge does it
    system.kill("followup-worker")               # kill -9
    system.start("followup-worker", CRASH_AT="relay.after_publish:3")
"""

import os
import signal
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from deploy.edge import service_for
from shared.auth import issue_token
from shared.config import Settings
from shared.db import Database
from shared.testing import SECRET
from tests.servers.postgres import Postgres
from tests.servers.processes import Guarded, answers, free_port, own_directory, wait_until
from tests.servers.rabbitmq import Broker

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("customers", "groups", "importer", "followup", "console")
APIS = tuple(f"{service}-api" for service in SERVICES)
WORKERS = tuple(f"{service}-worker" for service in SERVICES if service != "console")
ROLES = (*APIS, *WORKERS, "followup-mailer")


class RunningSystem:
    """Roles are named as in docker-compose.yml; several of one role are `role`, `role#2`, ..."""

    def __init__(
        self, directory: Path, postgres: Postgres, broker: Broker, smtp_url: str | None
    ) -> None:
        self._directory = directory
        self._postgres = postgres
        self._run = f"system_{uuid.uuid4().hex[:8]}"
        self._urls = {
            service: postgres.create_database(f"{self._run}_{service}") for service in SERVICES
        }
        self.ports = {service: free_port() for service in SERVICES}
        self.processes: dict[str, Guarded] = {}
        self._databases: dict[str, Database] = {}
        self.environment = {
            "BROKER_URL": broker.url,
            "SECRET_KEY": SECRET,
            "DATA_DIR": str(directory / "data"),
            "PYTHONUNBUFFERED": "1",
            "PYTHONPATH": str(ROOT),
            "LOG_LEVEL": "WARNING",
            **({"SMTP_URL": smtp_url} if smtp_url else {}),
            **{f"{s.upper()}_URL": f"http://127.0.0.1:{p}" for s, p in self.ports.items()},
        }
        del self.environment["CONSOLE_URL"]

    def start(self, *roles: str, ready: bool = True, **environment: str) -> None:
        """Start the roles, wait until their doors are open; `environment` is added to theirs."""
        for role in roles:
            self.processes[role] = self._start(role, environment)
        if ready:
            for role in roles:
                self._wait(role)

    def kill(self, *roles: str) -> None:
        """kill -9, with all of the role's processes."""
        for role in roles:
            self.processes.pop(role).kill()

    def stop(self, *roles: str, within: float = 30) -> None:
        """SIGTERM."""
        for role in roles:
            self.processes.pop(role).stop(signal.SIGTERM, within)

    def running(self, role: str) -> bool:
        return role in self.processes and self.processes[role].running()

    def wait_for_end(self, role: str, within: float = 60) -> None:
        """Wait until a role has died, for instance at its CRASH_AT."""
        wait_until(lambda: not self.processes[role].running(), f"the end of {role}", within=within)
        del self.processes[role]

    def client(self, *scopes: str, timeout: float = 60) -> httpx.Client:
        """Speaks to every service, as through the edge."""
        token = issue_token(
            self._settings(), subject="user:test", name="Test", scopes=scopes, lifetime_s=86_400
        )
        return httpx.Client(
            base_url="http://edge",
            transport=_Edge(self.ports),
            headers={"Authorization": f"Bearer {token}"},
            timeout=timeout,
            trust_env=False,
        )

    def database(self, service: str) -> Database:
        """The service's own database, to look at."""
        if service not in self._databases:
            self._databases[service] = Database(self._urls[service])
        return self._databases[service]

    def log(self, role: str) -> str:
        return (self._directory / f"{role}.log").read_text(errors="replace")

    def close(self) -> None:
        for process in self.processes.values():
            process.kill()
        for database in self._databases.values():
            database.dispose()
        for service in SERVICES:
            self._postgres.drop_database(f"{self._run}_{service}")

    def _start(self, role: str, environment: dict[str, str]) -> Guarded:
        service, _, kind = role.partition("#")[0].partition("-")
        return Guarded(
            self._command(service, kind),
            directory=ROOT,
            log=self._directory / f"{role}.log",
            environment={
                **self.environment,
                "DATABASE_URL": self._urls[service],
                **(self._of_gunicorn(role, service) if kind == "api" else {}),
                **environment,
            },
        )

    def _of_gunicorn(self, role: str, service: str) -> dict[str, str]:
        return {
            "SERVICE": service,
            "WEB_WORKERS": os.environ.get("API_WORKERS", "1"),
            "PROMETHEUS_MULTIPROC_DIR": str(self._directory / f"{role}-metrics"),
        }

    def _command(self, service: str, kind: str) -> list[str]:
        if kind != "api":
            return [sys.executable, "-m", f"services.{service}.{kind}"]
        return [
            sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py",
            "--bind", f"127.0.0.1:{self.ports[service]}", "--graceful-timeout", "20",
        ]  # fmt: skip

    def _wait(self, role: str) -> None:
        service, _, kind = role.partition("-")
        if kind == "api":
            port = self.ports[service]
            wait_until(lambda: answers(port), role, server=self.processes[role])

    def _settings(self) -> Settings:
        class TestSettings(Settings):
            service = "console"

        return TestSettings(secret_key=SECRET)


class _Edge(httpx.BaseTransport):
    """Sends each request to the service that owns its path."""

    def __init__(self, ports: dict[str, int]) -> None:
        self._ports = ports
        self._http = httpx.HTTPTransport(limits=httpx.Limits(max_keepalive_connections=20))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        port = self._ports[service_for(request.url.path)]
        request.url = request.url.copy_with(host="127.0.0.1", port=port)
        return self._http.handle_request(request)

    def close(self) -> None:
        self._http.close()


@contextmanager
def running_system(
    postgres: Postgres, broker: Broker, *, smtp_url: str | None
) -> Iterator[RunningSystem]:
    """Databases and ports for one system; its processes end with the block, or with this process."""
    with own_directory("system") as directory:
        system = RunningSystem(directory, postgres, broker, smtp_url)
        try:
            yield system
        finally:
            system.close()
