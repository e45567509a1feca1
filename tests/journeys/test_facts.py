"""What happens with a customer anywhere can be asked for in groups: all services, both databases."""

from __future__ import annotations

from typing import Any

import pytest

API = "/api/v1"
BOOKED = {"activity": {"kind": "booking", "revenue": {"gte": "1000"}}}
COMPLAINED = {"history": {"text": {"op": "contains", "value": "ölfleck"}}}
WRITTEN_TO = {"mail": {"state": "sent"}}


class Garage:
    """A workshop that asks at each booking for the vehicle, and thanks for it by mail."""

    def __init__(self, system: Any) -> None:
        self.system = system
        self.vehicle = self.post(
            "/attributes",
            {
                "label": {"de": "Fahrzeug"},
                "scope": "booking",
                "type": "choice",
                "choices": ["PKW", "Transporter"],
            },
        )
        group = self.post("/groups", {"name": "Kunden", "default_for": ["booking"]})
        steps = [{"key": "a", "delay": {"value": 0, "unit": "minutes"}, "subject": "Danke"}]
        self.sequence = self.post(
            "/sequences",
            {
                "name": "Danke",
                "purpose": "service",
                "start_groups": [group["id"]],
                "steps": [{**step, "text": "Gern."} for step in steps],
            },
        )["id"]
        self.post(f"/sequences/{self.sequence}/activate", {"existing_members": "ignore"})
        system.settle()
        booked = self.post(
            "/activities",
            {
                "customer": {"last_name": "Müller", "email": "ann@example.org"},
                "kind": "booking",
                "source": "booking",
                "external_id": "B-1",
                "revenue": {"amount": "1.234,50"},
                "attributes": {"fahrzeug": "pkw"},
            },
        )
        self.customer_id = booked["customer_id"]
        self.note = self.post(
            "/history",
            {
                "customer_id": self.customer_id,
                "text": "Ölfleck im Hof",
                "attributes": {"feld_5": "ja"},
            },
        )
        system.settle()

    def post(self, path: str, body: Any) -> Any:
        answer = self.system.http.post(API + path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def change(self, path: str, body: Any) -> Any:
        version = self.get(path).headers["ETag"]
        return self.system.http.patch(API + path, json=body, headers={"If-Match": version})

    def get(self, path: str) -> Any:
        return self.system.http.get(API + path)

    def found(self, filter_: Any) -> bool:
        items = self.post("/selections/query", {"filter": filter_})["items"]
        return [item["id"] for item in items] == [self.customer_id]


@pytest.fixture
def garage(system: Any) -> Garage:
    return Garage(system)


def test_what_was_booked_noted_and_sent_can_be_asked_for(garage: Garage) -> None:
    for filter_ in (BOOKED, COMPLAINED, WRITTEN_TO, {"all": [BOOKED, COMPLAINED, WRITTEN_TO]}):
        assert garage.found(filter_), filter_
    assert garage.found({"mail": {"sequence": garage.sequence, "state": "sent"}})
    assert not garage.found({"not": BOOKED})

    note = f"/history/{garage.note['id']}"
    assert garage.change(note, {"text": "war nur Wasser"}).is_success
    garage.system.settle()
    assert not garage.found(COMPLAINED)


def test_what_bookings_and_entries_hold_counts_as_use_of_their_attributes(garage: Garage) -> None:
    vehicle = f"/attributes/{garage.vehicle['id']}"
    own_fields = garage.get("/attributes?scope=history").json()["items"]
    field = next(f"/attributes/{a['id']}" for a in own_fields if a["key"] == "feld_5")

    assert garage.get(vehicle).json()["uses"]["count"] == 1
    assert garage.get(field).json()["uses"]["count"] == 1
    assert garage.change(vehicle, {"choices": ["Transporter"]}).status_code == 409
    assert garage.change(field, {"type": "date"}).status_code == 409
    note = f"/history/{garage.note['id']}"
    assert garage.change(note, {"attributes": {"feld_5": None}}).is_success
    garage.system.settle()
    assert garage.change(field, {"type": "date"}).is_success


def test_nothing_is_left_to_ask_for_once_the_person_is_erased(garage: Garage) -> None:
    customer = f"/customers/{garage.customer_id}"
    version = garage.get(customer).headers["ETag"]

    erased = garage.system.http.delete(API + customer, headers={"If-Match": version})
    assert erased.status_code == 204
    garage.system.settle()

    known = garage.get(f"/groups/data/{garage.customer_id}").json()
    assert (known["history"], known["activities"], known["mails"]) == ([], [], [])
    assert garage.get(f"/attributes/{garage.vehicle['id']}").json()["uses"]["count"] == 0
