"""What the tests of activities and history speak by."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask.testing import FlaskClient

from services.customers.handlers import HANDLERS
from shared.db import Database, new_id, utcnow
from shared.events import Event
from shared.events.groups import AttributeDefined

ACTIVITIES = "/api/v1/activities"
HISTORY = "/api/v1/history"


def tell(client: FlaskClient, **values: Any) -> Any:
    """Tell of an activity; by default a visit of the person with this address."""
    told = {"customer": {"email": "ann@example.de"}, "kind": "visit", "source": "pos", **values}
    return client.post(ACTIVITIES, json=told)


def taken(client: FlaskClient, **values: Any) -> dict[str, Any]:
    """The same, and it has to be taken as new."""
    response = tell(client, **values)
    assert response.status_code == 201, response.json
    return response.json


def hear(database: Database, *events: Event) -> None:
    """Have the service hear events of one type."""
    with database.transaction() as session:
        HANDLERS[type(events[0])](session, list(events))


def merge(client: FlaskClient, survivor: dict[str, Any], *losers: dict[str, Any]) -> None:
    merged = client.post(
        f"/api/v1/customers/{survivor['id']}/merge",
        json={"duplicates": [loser["id"] for loser in losers]},
    )
    assert merged.status_code in (200, 201, 202), merged.json


def defined(key: str, scope: str, type_: str = "text", **more: Any) -> AttributeDefined:
    return AttributeDefined(
        **{
            "attribute_id": new_id(),
            "version": 1,
            "key": key,
            "label": {"de": key.title()},
            "scope": scope,
            "type": type_,
            **more,
        }
    )


def ids(items: Iterable[dict[str, Any]]) -> list[str]:
    return [item["id"] for item in items]


NOW = utcnow().replace(microsecond=0)
