"""The groups service through its HTTP door, and what it has told so far."""

from typing import Any
from uuid import UUID

from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from services.groups.handlers import HANDLERS
from shared.db import Database, utcnow
from shared.events import Event
from shared.events.customers import CustomerRegistered, CustomerSnapshot
from shared.outbox import Message, waiting

API = "/api/v1"


class Groups:
    """A caller of the service with a token."""

    def __init__(self, client: FlaskClient, database: Database) -> None:
        self.client = client
        self.database = database
        with database.reading() as session:
            self._before = {m.event_id for m in waiting(session, 100_000)}

    def get(self, path: str, /, **params: Any) -> TestResponse:
        return self.client.get(API + path, query_string=params)

    def post(self, path: str, body: Any, **headers: str) -> TestResponse:
        return self.client.post(API + path, json=body, headers=headers)

    def put(self, path: str, /, **params: Any) -> TestResponse:
        return self.client.put(API + path, query_string=params)

    def patch(self, path: str, body: Any, version: int | None = None) -> TestResponse:
        return self.client.patch(API + path, json=body, headers=_match(version))

    def delete(self, path: str, version: int | None = None, /, **params: Any) -> TestResponse:
        return self.client.delete(API + path, query_string=params, headers=_match(version))

    def group(self, path: str, **fields: Any) -> str:
        """Create the group at this path, below one that exists, and return its id."""
        above, _, name = path.rpartition("/")
        parent = self.named(above)["id"] if above else None
        made = self.post("/groups", {"name": name, "parent_id": parent, **fields})
        assert made.status_code == 201, made.json
        return str(made.json["id"])

    def named(self, path: str) -> dict[str, Any]:
        [group] = self.get("/groups", path=path).json["items"]
        return dict(group)

    def paths(self) -> list[str]:
        return [group["path"] for group in self.get("/groups", limit=500).json["items"]]

    def counts(self, path: str) -> tuple[int, int]:
        group = self.named(path)
        return group["member_count"], group["member_count_with_subgroups"]

    def add(self, path: str, customer_id: UUID | str) -> None:
        group_id = self.named(path)["id"]
        assert self.put(f"/groups/{group_id}/members/{customer_id}").status_code == 204

    def attribute(self, label: str, kind: str = "text", **fields: Any) -> dict[str, Any]:
        made = self.post("/attributes", {"label": {"de": label}, "type": kind, **fields})
        assert made.status_code == 201, made.json
        return dict(made.json)

    def batch(self, rows: list[dict[str, Any]], **options: Any) -> list[dict[str, Any]]:
        answer = self.post("/memberships/batch", {"rows": rows, **options})
        assert answer.status_code == 200, answer.json
        return list(answer.json["results"])

    def told(self, name: str = "") -> list[dict[str, Any]]:
        """Return what the events of this name, or all, say."""
        with self.database.reading() as session:
            return [m.body for m in self._news(session) if name in m.name]

    def told_names(self) -> list[str]:
        with self.database.reading() as session:
            return [m.name.partition(".")[2] for m in self._news(session)]

    def _news(self, session: Session) -> list[Message]:
        """Return what was told since this caller came: a new service tells its own fields first."""
        return [m for m in waiting(session, 100_000) if m.event_id not in self._before]

    def hear(self, *events: Event) -> None:
        """Handle events of one type, as the consumer does."""
        with self.database.transaction() as session:
            HANDLERS[type(events[0])](session, list(events))


def _match(version: int | None) -> dict[str, str]:
    return {} if version is None else {"If-Match": f'"{version}"'}


def snapshot(customer_id: UUID, version: int = 1, **fields: Any) -> CustomerSnapshot:
    values = {
        "number": 7,
        "active": True,
        "registered_at": utcnow(),
        "last_name": "Müller",
        **fields,
    }
    return CustomerSnapshot(id=customer_id, version=version, **values)


def registered(customer_id: UUID, source: str = "manual", **fields: Any) -> CustomerRegistered:
    return CustomerRegistered(
        customer_id=customer_id,
        version=1,
        source=source,
        occurred_at=utcnow(),
        customer=snapshot(customer_id, **fields),
    )
