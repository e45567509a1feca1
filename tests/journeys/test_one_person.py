"""One person through all services: found twice and merged, parted again, shown everything, forgotten."""

from __future__ import annotations

import io
import json
import zipfile
from email import message_from_bytes, policy
from typing import Any

import pytest
from sqlalchemy import inspect, text

CONSENT = {"action": "confirm", "evidence": "Karte vom 3. März", "wording": "Ja, gern."}
API = "/api/v1"


class Salon:
    """A salon with a sequence that starts with the group "Neukunden"."""

    def __init__(self, system: Any) -> None:
        self.system = system
        self.http = system.http
        self.groups = {
            name: self.post("/groups", {"name": name})["id"]
            for name in ("Neukunden", "Farbe", "Newsletter")
        }
        self.post(
            "/attributes",
            {"label": {"de": "Haarfarbe"}, "key": "haarfarbe", "scope": "customer", "type": "text"},
        )
        steps = [
            {
                "key": key,
                "delay": {"value": days, "unit": "days"},
                "subject": f"{key} für {{{{ customer.first_name }}}}",
                "text": "Hallo",
            }
            for key, days in (("Willkommen", 0), ("Tipps", 7))
        ]
        self.sequence = self.post(
            "/sequences",
            {
                "name": "Willkommen",
                "purpose": "newsletter",
                "start_groups": [self.groups["Neukunden"]],
                "steps": steps,
            },
        )["id"]
        self.post(f"/sequences/{self.sequence}/activate", {"existing_members": "ignore"})

    def get(self, path: str, **params: Any) -> Any:
        answer = self.http.get(API + path, params=params)
        assert answer.is_success, answer.text
        return answer.json()

    def post(self, path: str, body: Any = None) -> Any:
        answer = self.http.post(API + path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def customer(self, first_name: str, email: str, *groups: str, **more: Any) -> str:
        made = self.post(
            "/customers",
            {"first_name": first_name, "last_name": "Müller", "email": email, **more},
        )
        self.post(f"/customers/{made['id']}/opt-in", CONSENT)
        for group in groups:
            path = f"{API}/groups/{self.groups[group]}/members/{made['id']}"
            self.http.put(path).raise_for_status()
        self.system.settle()
        return made["id"]

    def colour(self, customer_id: str, value: str) -> None:
        self.http.patch(
            f"{API}/attribute-values/{customer_id}", json={"haarfarbe": value}
        ).raise_for_status()

    def values_of(self, customer_id: str) -> dict[str, Any]:
        return self.get(f"/attribute-values/{customer_id}")

    def groups_of(self, customer_id: str) -> set[str]:
        return {g["path"] for g in self.get(f"/customers/{customer_id}")["groups"]}

    def erase(self, customer_id: str) -> None:
        version = self.http.get(f"{API}/customers/{customer_id}").headers["ETag"]
        answer = self.http.delete(f"{API}/customers/{customer_id}", headers={"If-Match": version})
        assert answer.status_code == 204

    def subjects(self) -> list[tuple[str, str]]:
        return sorted((mail.to, _read(mail)["Subject"]) for mail in self.system.smtp.mails)


@pytest.fixture
def salon(system: Any) -> Salon:
    return Salon(system)


def test_two_who_are_one_become_one_everywhere_and_two_again(salon: Salon) -> None:
    anna = salon.customer("Anna", "anna@example.org", "Newsletter")
    twin = salon.customer("Anna", "anna@example.org", "Neukunden", "Farbe", source="booking")
    salon.colour(twin, "rot")
    visit = {"customer": {"id": twin}, "kind": "visit", "source": "pos", "description": "Färben",
             "revenue": {"amount": "85.00", "currency": "EUR"}, "external_id": "b1"}  # fmt: skip
    salon.post("/activities", visit)
    salon.post(f"/history?customer_id={twin}", {"text": "mag es dunkel"})
    salon.system.settle()
    before = {who: salon.get(f"/customers/{who}") for who in (anna, twin)}

    [merge] = salon.post(f"/customers/{anna}/merge", {"duplicates": [twin]})["merges"]
    salon.system.settle()

    assert salon.groups_of(anna) == {"Farbe", "Neukunden", "Newsletter"}
    assert salon.values_of(anna)["haarfarbe"] == "rot"
    summary = salon.get(f"/customers/{anna}/summary")
    assert summary["total_revenue"] == {"amount": "85.00", "currency": "EUR"}
    assert salon.get("/history", customer_id=anna)["items"][0]["text"] == "mag es dunkel"
    kinds = {a["kind"] for a in salon.get("/activities", customer_id=anna)["items"]}
    assert kinds >= {"visit", "mail", "sequence"}
    [enrolment] = salon.get("/enrolments", customer_id=anna)["items"]
    assert enrolment["state"] == "active"
    assert len(salon.subjects()) == 1, "the first mail came once"

    salon.post(f"/operations/{merge['operation_id']}/undo")
    salon.system.settle()

    assert salon.groups_of(anna) == {"Newsletter"}
    assert salon.groups_of(twin) == {"Farbe", "Neukunden"}
    assert salon.values_of(anna) == {}
    assert salon.values_of(twin) == {"haarfarbe": "rot"}
    assert salon.get(f"/customers/{anna}/summary")["total_revenue"]["amount"] == "0.00"
    assert salon.get("/enrolments", customer_id=anna)["items"] == []
    [enrolment] = salon.get("/enrolments", customer_id=twin)["items"]
    assert enrolment["state"] == "active"
    for who, was in before.items():
        now = salon.get(f"/customers/{who}")
        assert {k: v for k, v in now.items() if k not in ("version", "updated_at")} == {
            k: v for k, v in was.items() if k not in ("version", "updated_at")
        }
    assert len(salon.subjects()) == 1


def test_a_no_from_an_old_mail_of_the_merged_one_holds_for_the_survivor(salon: Salon) -> None:
    anna = salon.customer("Anna", "anna@example.org")
    twin = salon.customer("Anna", "anna@example.org", "Neukunden")
    salon.post(f"/customers/{anna}/merge", {"duplicates": [twin]})
    salon.system.settle()

    [mail] = salon.system.smtp.mails
    link = _read(mail)["List-Unsubscribe"].strip("<>")
    salon.system.client(None).post(link, data={"List-Unsubscribe": "One-Click"}).raise_for_status()
    salon.system.settle()

    assert salon.get(f"/customers/{anna}/opt-in")["state"] == "revoked"
    [enrolment] = salon.get("/enrolments", customer_id=anna)["items"]
    assert enrolment["state"] in ("stopped", "waiting_for_consent")


def test_everything_known_of_a_person_is_one_file(salon: Salon) -> None:
    anna = salon.customer("Anna", "anna@example.org", "Neukunden", note="<b>Stammgast</b>")
    twin = salon.customer("Änne", "aenne@example.org", "Farbe")
    salon.colour(twin, "rot")
    salon.post(f"/customers/{anna}/merge", {"duplicates": [twin]})
    salon.system.settle()

    answer = salon.http.get(f"{API}/access-archives/{anna}", headers={"Accept-Language": "de"})

    assert answer.headers["Content-Type"] == "application/zip"
    files = zipfile.ZipFile(io.BytesIO(answer.content))
    data = json.loads(files.read("data.json"))
    assert set(data["customers"]["ids"]) == {anna, twin}
    for service in ("groups", "followup", "importer"):
        assert len(data[service]) == 2, service
    everything = json.dumps(data, ensure_ascii=False)
    for known in (
        "anna@example.org",
        "aenne@example.org",
        "rot",
        "Farbe",
        "Ja, gern.",
        "Willkommen für",
    ):
        assert known in everything
    page = files.read("index.html").decode()
    assert "Was über Sie gespeichert ist" in page
    assert "&lt;b&gt;Stammgast" in page
    assert "<script" not in page


def test_only_who_may_do_everything_gets_the_file(salon: Salon) -> None:
    anna = salon.customer("Anna", "anna@example.org")

    reader = salon.system.client(("customers:read", "groups:read", "followup:read"))

    assert reader.get(f"{API}/access-archives/{anna}").status_code == 403
    nobody = "01890000-0000-7000-8000-000000000000"
    assert salon.http.get(f"{API}/access-archives/{nobody}").status_code == 404


def test_erasing_reaches_every_service_and_is_receipted(salon: Salon) -> None:
    anna = salon.customer("Anna", "anna@example.org", "Neukunden")
    salon.colour(anna, "blond")
    salon.system.settle()

    salon.erase(anna)
    salon.system.settle()

    receipt = salon.get(f"/erasures/{anna}")
    assert set(receipt["services"]) == {"customers", "groups", "importer", "followup"}
    assert receipt["completed_at"] is not None
    assert everywhere(salon, "anna@example.org", "Anna", "blond") == []


def test_who_was_erased_gets_no_newsletter_when_a_file_brings_them_back(salon: Salon) -> None:
    anna = salon.customer("Anna", "anna@example.org")
    salon.erase(anna)
    salon.system.settle()

    rows = [{
        "first_name": "Anna", "last_name": "Müller", "email": "ANNA@example.org",
        "opt_in": {"confirmed_at": "2026-01-02T10:00:00Z", "evidence": "alte Liste"},
    }]  # fmt: skip
    [result] = salon.post("/customers/batch", {"rows": rows, "source": "import"})["results"]
    path = f"{API}/groups/{salon.groups['Neukunden']}/members/{result['id']}"
    salon.http.put(path).raise_for_status()
    salon.system.settle()

    assert salon.subjects() == []


def _read(mail: Any) -> Any:
    return message_from_bytes(mail.data, policy=policy.default)


def everywhere(salon: Salon, *words: str) -> list[str]:
    """Name the tables, of any service, in which one of the words still stands."""

    found = []
    for service in ("customers", "groups", "importer", "followup"):
        database = salon.system.database_for(service)
        with database.reading() as session:
            for name in inspect(session.connection()).get_table_names():
                for row in session.execute(text(f'SELECT * FROM "{name}"')):
                    shown = " ".join(
                        v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v)
                        for v in row
                    )
                    found += [f"{service}.{name}: {word}" for word in words if word in shown]
    return found
