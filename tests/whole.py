"""All services in one process and one thread: a test says when events, jobs and mails move on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from importlib import import_module
from typing import Any

import httpx
from flask import Flask

from deploy.edge import Edge
from shared.auth import issue_token
from shared.consumer import Subscriber
from shared.db import Database, utcnow
from shared.events import SUBSCRIPTIONS
from shared.relay import Handover
from tests.smtp_sink import Sink

SERVICES = ("customers", "groups", "importer", "followup", "console")
ENOUGH = 10_000


class System:
    """`system.http` speaks to every service as an administrator; `system.settle()` lets things happen.

    The business's clock is `system.now` if set, else the real one. Mails end in `system.smtp.mails`.
    """

    def __init__(
        self,
        app_of: Callable[..., Flask],
        database_for: Callable[[str], Database],
        smtp: Sink,
    ) -> None:
        self.smtp = smtp
        self.now: datetime | None = None
        self.database_for = database_for
        self.transport = httpx.WSGITransport(app=self._edge)
        self.apps = {
            service: app_of(service, smtp_url=smtp.url, **self._asking(service))
            for service in SERVICES
        }
        self._front = Edge(self.apps)
        self.http = self.client(("admin",))
        self._handovers: list[Handover] = []
        self._mailer: Any = None
        self._jobs: Any = None

    def client(self, scopes: tuple[str, ...] | None) -> httpx.Client:
        """A client with these scopes, or without a token."""
        headers = {}
        if scopes is not None:
            settings = self.apps["customers"].extensions["settings"]
            token = issue_token(settings, subject="user:test", name="Test", scopes=scopes)
            headers["Authorization"] = f"Bearer {token}"
        return httpx.Client(
            transport=self.transport, base_url="http://localhost:8080", headers=headers
        )

    def define(self, attributes: Iterable[dict[str, Any]]) -> None:
        """Let customers have these attributes."""
        for attribute in attributes:
            defined = self.http.post("/api/v1/attributes", json={"scope": "customer", **attribute})
            assert defined.status_code == 201, defined.text

    def drain(self) -> int:
        """Deliver events until no service has one left; returns how many were on the way."""
        if not self._handovers:
            self._handovers = [self._handover(service) for service in SERVICES]
        delivered = 0
        for _ in range(ENOUGH):
            moved = sum(handover.step() for handover in self._handovers)
            if not moved:
                return delivered
            delivered += moved
        raise AssertionError("The services go on telling each other things for ever.")

    def run_jobs(self) -> None:
        """Run the imports and exports that wait."""
        if self._jobs is None:
            parts = self._settings("importer"), self.database_for("importer"), self.transport
            imports = import_module("services.importer.running.jobs").Jobs(*parts)
            exports = import_module("services.importer.exports.run").Exports(*parts)
            undoing = import_module("services.importer.running.undoing").Undoing(*parts)
            self._jobs = lambda: imports.step() or exports.step() or undoing.step()
        _until_idle(self._jobs, "the importer's jobs")

    def send_mails(self) -> None:
        """Hand over the mails that are due now."""
        if self._mailer is None:
            mailer = import_module("services.followup.mailer")
            self._mailer = mailer.Mailer(
                self._settings("followup"), self.database_for("followup"), clock=self.clock
            )
        self.beat()
        _until_idle(self._mailer.step, "the mailer")

    def beat(self) -> None:
        """Let follow-up take it that it has heard all of customers until now. Nothing else is delivered."""
        circuit = import_module("services.followup.actions.circuit")
        with self.database_for("followup").transaction() as session:
            circuit.beat(session, self.clock())

    def settle(self) -> None:
        """Jobs, events and due mails, until all is quiet."""
        self.run_jobs()
        self.drain()
        self.send_mails()
        self.drain()

    def clock(self) -> datetime:
        return self.now or utcnow()

    def close(self) -> None:
        self.transport.close()

    def _asking(self, service: str) -> dict[str, Any]:
        return (
            {"transport": self.transport} if service in ("customers", "importer", "console") else {}
        )

    def _settings(self, service: str) -> Any:
        return self.apps[service].extensions["settings"]

    def _handover(self, service: str) -> Handover:
        hearing = [
            Subscriber(
                other,
                self.database_for(other),
                import_module(f"services.{other}.handlers").HANDLERS,
            )
            for other, heard in SUBSCRIPTIONS.items()
            if any(event.name.partition(".")[0] == service for event in heard)
        ]
        return Handover(service, self.database_for(service), hearing)

    def _edge(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        return self._front(environ, start_response)


def _until_idle(step: Callable[[], object], what: str) -> None:
    for _ in range(ENOUGH):
        if not step():
            return
    raise AssertionError(f"{what} never come to an end.")
