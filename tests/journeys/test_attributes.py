"""One definition is read alike at every door: all services, both databases."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

API = "/api/v1"
KINDS: dict[str, dict[str, Any]] = {
    "beruf": {"type": "text"},
    "notiz": {"type": "multiline"},
    "newsletter": {"type": "yes_no"},
    "kinder": {"type": "integer"},
    "umsatz": {"type": "decimal"},
    "stil": {"type": "choice", "choices": ["Strand", "Städte"]},
    "anreise": {"type": "date"},
    "kennzeichen": {"type": "text", "pattern": "[A-Z]{1,3}-[A-Z]{1,2} [0-9]{1,4}"},
}
TYPED = {
    "beruf": "  Bäckerin ",
    "notiz": "Zeile eins\nZeile zwei",
    "newsletter": "x",
    "kinder": "1.234",
    "umsatz": "1.234,50",
    "stil": "STAEDTE",
    "anreise": "24.12.2026",
    "kennzeichen": "B-AB 12",
}
STORED = {
    "beruf": "Bäckerin",
    "notiz": "Zeile eins\nZeile zwei",
    "newsletter": True,
    "kinder": 1234,
    "umsatz": "1234.50",
    "stil": "Städte",
    "anreise": "2026-12-24",
    "kennzeichen": "B-AB 12",
}
WRONG = {
    "newsletter": "vielleicht",
    "kinder": "1,5",
    "umsatz": "viel",
    "stil": "Berge",
    "anreise": "31.02.2026",
    "kennzeichen": "b-ab",
}
ANN = {"last_name": "Müller", "email": "ann@example.org"}


class Business:
    """Has the same attributes for customers, bookings and history entries."""

    def __init__(self, system: Any) -> None:
        self.http, self.system = system.http, system
        for scope in "customer", "booking", "history":
            for key, kind in KINDS.items():
                label = {"de": f"{key.title()} ({scope})"}
                self.made("/attributes", {"key": key, "scope": scope, "label": label, **kind})
        system.settle()
        self.customer_id = self.made("/customers", ANN)["id"]
        system.settle()

    def made(self, path: str, body: Any) -> Any:
        answer = self.http.post(API + path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def values(self) -> Any:
        return self.http.get(f"{API}/attribute-values/{self.customer_id}").json()

    def by_hand(self, given: dict[str, str]) -> Any:
        return self.http.patch(f"{API}/attribute-values/{self.customer_id}", json=given)

    def in_a_batch(self, given: dict[str, str]) -> Any:
        rows = [{"customer_id": self.customer_id, "values": given}]
        return self.made("/attribute-values/batch", {"rows": rows})["results"][0]

    def by_file(self, given: dict[str, str]) -> Any:
        text = io.StringIO()
        keys = list(given)
        rows = csv.writer(text, delimiter=";")
        rows.writerow(["E-Mail", "Nachname", *(f"{key.title()} (customer)" for key in keys)])
        rows.writerow([ANN["email"], ANN["last_name"], *given.values()])
        arrived = self.http.post(
            f"{API}/imports?start=true",
            files={"file": ("kunden.csv", text.getvalue().encode("utf-8-sig"))},
            data={"options": '{"match_on": ["email"]}'},
        )
        assert arrived.status_code == 201, arrived.text
        self.system.settle()
        return self.http.get(f"{API}/imports/{arrived.json()['id']}/errors").json()["items"]

    def by_form(self, given: dict[str, str]) -> Any:
        fields = [{"field": "last_name"}, {"field": "email"}, *({"attribute": k} for k in given)]
        form = self.made("/forms", {"title": "Anfrage", "fields": fields})
        stranger = self.system.client(None)
        path = f"{API}/public/forms/{form['slug']}"
        token = stranger.get(path).json()["token"]
        typed = {**ANN, **{f"attribute:{key}": value for key, value in given.items()}}
        answer = stranger.post(f"{path}/submissions", json={"token": token, "fields": typed})
        self.system.settle()
        return answer

    def booked(self, given: dict[str, str]) -> Any:
        body = {"customer": {"id": self.customer_id}, "kind": "booking", "source": "booking"}
        return self.http.post(f"{API}/activities", json={**body, "attributes": given})

    def noted(self, given: dict[str, str]) -> Any:
        body = {"customer_id": self.customer_id, "text": "Anruf", "attributes": given}
        return self.http.post(f"{API}/history", json=body)


@pytest.fixture
def business(app_of: Any, request: pytest.FixtureRequest) -> Business:
    app_of("groups", form_min_seconds=0)  # before the system takes it as it is
    return Business(request.getfixturevalue("system"))


def test_what_people_type_becomes_the_same_value_at_every_door(business: Business) -> None:
    assert business.by_hand(TYPED).json() == STORED
    business.by_hand(dict.fromkeys(TYPED, ""))
    assert business.in_a_batch(TYPED)["errors"] == {}
    assert business.values() == STORED
    business.by_hand(dict.fromkeys(TYPED, ""))
    assert business.by_file(TYPED) == []
    assert business.values() == STORED
    business.by_hand(dict.fromkeys(TYPED, ""))
    assert business.by_form(TYPED).status_code == 202
    assert business.values() == STORED
    assert business.booked(TYPED).json()["activity"]["attributes"] == STORED
    assert business.noted(TYPED).json()["attributes"] == STORED


def test_what_is_no_value_is_refused_at_every_door(business: Business) -> None:
    def named(errors: Any) -> set[str]:
        return {key.removeprefix("attributes.").removeprefix("attribute:") for key in errors}

    assert named(business.by_hand(WRONG).json()["errors"]) == set(WRONG)
    assert named(business.in_a_batch(WRONG)["errors"]) == set(WRONG)
    columns = {problem["column"] for problem in business.by_file(WRONG)}
    assert columns == {f"{key.title()} (customer)" for key in WRONG}
    for answer in business.by_form(WRONG), business.booked(WRONG), business.noted(WRONG):
        assert answer.status_code == 422, answer.text
        assert {place.rpartition(".")[2] for place in named(answer.json()["errors"])} == set(WRONG)
    assert business.values() == {}
