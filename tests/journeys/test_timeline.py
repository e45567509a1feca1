"""From a booking to the mail that follows it, both on the timeline: all services, both databases."""

from __future__ import annotations


def test_who_books_is_registered_written_to_and_has_it_all_on_the_timeline(system):
    attribute = system.http.post(
        "/api/v1/attributes",
        json={
            "key": "personen",
            "label": {"de": "Personen", "en": "Guests"},
            "scope": "booking",
            "type": "integer",
            "required": {"staff": True, "form": False},
        },
    )
    assert attribute.status_code == 201, attribute.text
    group = system.http.post(
        "/api/v1/groups", json={"name": "Gäste", "default_for": ["booking"]}
    ).json()
    sequence = system.http.post(
        "/api/v1/sequences",
        json={
            "name": "Nach der Buchung",
            "purpose": "service",
            "start_groups": [group["id"]],
            "steps": [
                {
                    "key": "thanks",
                    "delay": {"value": 0, "unit": "minutes"},
                    "subject": "Danke, {{ customer.first_name }}",
                    "html": "<p>Wir freuen uns auf Sie.</p>",
                }
            ],
        },
    ).json()
    started = system.http.post(
        f"/api/v1/sequences/{sequence['id']}/activate", json={"existing_members": "ignore"}
    )
    assert started.status_code == 200, started.text
    system.settle()
    booking = {
        "customer": {"first_name": "Ann", "last_name": "Müller", "email": "ann@example.org"},
        "kind": "booking",
        "source": "booking",
        "external_id": "B-4711",
        "description": "Ostsee, 14 Nächte",
        "revenue": {"amount": "1.234,50"},
        "attributes": {"personen": "2"},
    }

    taken, again = (system.http.post("/api/v1/activities", json=booking) for _ in range(2))
    system.settle()

    assert (taken.status_code, again.status_code) == (201, 200)
    customer_id = taken.json()["customer_id"]
    assert [mail.to for mail in system.smtp.mails] == ["ann@example.org"]
    timeline = system.http.get("/api/v1/activities", params={"customer_id": customer_id}).json()
    assert {(item["kind"], item["source"], item["description"]) for item in timeline["items"]} == {
        ("mail", "followup", "Danke, Ann"),
        ("sequence", "followup", "Nach der Buchung"),
        ("booking", "booking", "Ostsee, 14 Nächte"),
    }
    assert timeline["items"][-1]["attributes"] == {"personen": 2}
    summary = system.http.get(f"/api/v1/customers/{customer_id}/summary").json()
    assert summary["contact_count"] == 1
    assert summary["total_revenue"] == {"amount": "1234.50", "currency": "EUR"}
    customer = system.http.get(f"/api/v1/customers/{customer_id}").json()
    assert customer["sources"] == ["booking"]
    assert [group["path"] for group in customer["groups"]] == ["Gäste"]
