"""A small world for follow-up: customers, groups and sequences, told by events and by HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count, groupby
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import inspect

from services.followup.handlers import HANDLERS
from services.followup.mailer import Mailer
from shared.db import Database, new_id, utcnow
from shared.events import Event
from shared.events.customers import (
    CustomerDeactivated,
    CustomerErased,
    CustomerReactivated,
    CustomerRegistered,
    CustomersMerged,
    CustomerSnapshot,
    FeedBeat,
    MergeUndone,
    OptInConfirmed,
    OptInRequested,
    OptInRevoked,
)
from shared.events.groups import CustomerAddedToGroup, CustomerRemovedFromGroup, GroupCreated
from shared.outbox import waiting
from tests.smtp_sink import Sink

HTML = "<p>Hallo {{ customer.first_name }}, willkommen!</p>"


class World:
    """`world.customer()`, `world.sequence()`, `world.join(...)`, `world.send()`: the business's words."""

    def __init__(self, database: Database, client: FlaskClient, app: Flask, sink: Sink) -> None:
        self.database, self.client, self.app, self.sink = database, client, app, sink
        self.settings = app.extensions["settings"]
        self.now: datetime | None = None
        self._versions: dict[UUID, int] = {}
        self._ticks = count()
        self._mailer = Mailer(self.settings, database, clock=self.clock)
        self.beat()

    def clock(self) -> datetime:
        return self.now or utcnow()

    # Events

    def hear(self, *events: Event) -> None:
        """Deliver events as the consumer does: runs of one type together, in one transaction."""
        with self.database.transaction() as session:
            for kind, some in groupby(events, type):
                HANDLERS[kind](session, list(some))

    def told(self) -> list[str]:
        """The names of the events this service has told so far."""
        with self.database.reading() as session:
            return [message.name for message in waiting(session)]

    def tables(self) -> list[str]:
        return inspect(self.database.engine).get_table_names()

    def version(self, customer_id: UUID) -> int:
        self._versions[customer_id] = self._versions.get(customer_id, 0) + 1
        return self._versions[customer_id]

    def snapshot(self, customer_id: UUID | None = None, **fields: Any) -> CustomerRegistered:
        customer_id = customer_id or new_id()
        version = self.version(customer_id)
        number = next(self._ticks)
        known = {
            "first_name": "Anna", "last_name": "Müller", "email": f"anna{number}@example.de",
            "language": "de", "opt_in": "confirmed",
        }  # fmt: skip
        customer = CustomerSnapshot(
            id=customer_id, number=10_000 + number, version=version, active=True,
            registered_at=utcnow(), **(known | fields),
        )  # fmt: skip
        return CustomerRegistered(
            customer_id=customer_id, version=version, source="manual", occurred_at=utcnow(),
            customer=customer,
        )  # fmt: skip

    def customer(self, **fields: Any) -> UUID:
        event = self.snapshot(**fields)
        self.hear(event)
        return event.customer_id

    def group(self, name: str = "Stammkunden", parent: UUID | None = None) -> UUID:
        group_id = new_id()
        self.hear(
            GroupCreated(
                group_id=group_id, version=1, group_name=name, path=name, parent_id=parent,
                ancestor_ids=[parent] if parent else [],
            )
        )  # fmt: skip
        return group_id

    def joined(
        self,
        customer_id: UUID,
        group_id: UUID,
        *,
        above: tuple[UUID, ...] = (),
        start: str = "yes",
        source: str = "manual",
    ) -> CustomerAddedToGroup:
        return CustomerAddedToGroup(
            customer_id=customer_id, group_id=group_id, group_path="x", ancestor_ids=list(above),
            source=source, start_sequences=start, occurred_at=self._tick(),
        )  # fmt: skip

    def left(
        self, customer_id: UUID, group_id: UUID, source: str = "manual"
    ) -> CustomerRemovedFromGroup:
        return CustomerRemovedFromGroup(
            customer_id=customer_id, group_id=group_id, group_path="x", ancestor_ids=[],
            source=source, occurred_at=self._tick(),
        )  # fmt: skip

    def join(self, customer_id: UUID, group_id: UUID, **how: Any) -> None:
        self.hear(self.joined(customer_id, group_id, **how))

    def newcomers(self, group_id: UUID, count: int) -> list[CustomerRegistered]:
        """So many new customers, who join the group together."""
        registered = [self.snapshot() for _ in range(count)]
        self.hear(*registered)
        self.hear(*(self.joined(r.customer_id, group_id) for r in registered))
        return registered

    def leave(self, customer_id: UUID, group_id: UUID) -> None:
        self.hear(self.left(customer_id, group_id))

    def confirm(self, customer_id: UUID, way: str = "link") -> None:
        self.hear(
            OptInConfirmed(
                customer_id=customer_id, version=self.version(customer_id), occurred_at=utcnow(),
                way=way,
            )
        )  # fmt: skip

    def revoke(self, customer_id: UUID) -> None:
        self.hear(
            OptInRevoked(
                customer_id=customer_id, version=self.version(customer_id), occurred_at=utcnow(),
                way="staff",
            )
        )  # fmt: skip

    def request(self, customer_id: UUID, email: str, wording: str = "Ja, ich will.") -> None:
        self.hear(
            OptInRequested(
                customer_id=customer_id, version=self.version(customer_id), occurred_at=utcnow(),
                email=email, wording=wording, form="web",
            )
        )  # fmt: skip

    def deactivate(self, customer_id: UUID) -> None:
        version = self.version(customer_id)
        self.hear(
            CustomerDeactivated(customer_id=customer_id, version=version, occurred_at=utcnow())
        )

    def reactivate(self, customer_id: UUID) -> None:
        version = self.version(customer_id)
        self.hear(
            CustomerReactivated(customer_id=customer_id, version=version, occurred_at=utcnow())
        )

    def erase(self, customer_id: UUID) -> None:
        version = self.version(customer_id)
        self.hear(CustomerErased(customer_id=customer_id, version=version, occurred_at=utcnow()))

    def merged(self, survivor: UUID, *losers: UUID) -> CustomersMerged:
        return CustomersMerged(
            customer_id=survivor, merged_ids=list(losers), version=self.version(survivor),
            merged_versions=[self.version(loser) for loser in losers], occurred_at=utcnow(),
        )  # fmt: skip

    def merge(self, survivor: UUID, *losers: UUID) -> None:
        self.hear(self.merged(survivor, *losers))

    def undone(self, survivor: UUID, *losers: UUID) -> MergeUndone:
        return MergeUndone(
            customer_id=survivor, merged_ids=list(losers), version=self.version(survivor),
            merged_versions=[self.version(loser) for loser in losers], occurred_at=utcnow(),
        )  # fmt: skip

    def undo(self, survivor: UUID, *losers: UUID) -> None:
        self.hear(self.undone(survivor, *losers))

    def _tick(self) -> datetime:
        return datetime(2026, 11, 1, tzinfo=UTC) + timedelta(seconds=next(self._ticks))

    # HTTP

    def sequence(self, *groups: UUID, activate: bool = True, **fields: Any) -> str:
        """A sequence with one mail at once, unless `steps` says otherwise; returns its id."""
        body = {
            "name": "Willkommen",
            "start_groups": [str(group) for group in groups],
            "steps": [{"subject": "Hallo {{ customer.first_name }}", "html": HTML}],
        } | fields
        made = self.client.post("/api/v1/sequences", json=body)
        assert made.status_code == 201, made.json
        if activate:
            self.activate(made.json["id"])
        return made.json["id"]

    def activate(self, sequence_id: str, **options: Any) -> dict[str, Any]:
        answer = self.client.post(f"/api/v1/sequences/{sequence_id}/activate", json=options)
        assert answer.status_code == 200, answer.json
        return answer.json

    def mails(self, **args: Any) -> list[dict[str, Any]]:
        """The oldest first."""
        return self.client.get("/api/v1/mails", query_string=args).json["items"][::-1]

    def enrolments(self, **args: Any) -> list[dict[str, Any]]:
        return self.client.get("/api/v1/enrolments", query_string=args).json["items"][::-1]

    def enrolment(self, customer_id: UUID) -> dict[str, Any]:
        [found] = self.enrolments(customer_id=customer_id)
        return found

    # Mails

    def beat(self, at: datetime | None = None) -> None:
        """All that customers said until then has been heard; without it newsletters wait."""
        self.hear(FeedBeat(at=at or self.clock()))

    def send(self) -> None:
        """Hand over all that is due."""
        self.beat()
        while self._mailer.step():
            pass

    @property
    def inbox(self) -> list[Any]:
        return self.sink.mails


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink() as server:
        yield server


@pytest.fixture
def world(
    database_for: Callable[[str], Database],
    app_of: Callable[..., Flask],
    client_for: Callable[..., FlaskClient],
    sink: Sink,
    tmp_path: Path,
) -> World:
    database = database_for("followup")
    app = app_of("followup", smtp_url=sink.url, mail_from="salon@example.com")
    return World(database, client_for("followup"), app, sink)
