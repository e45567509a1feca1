"""A reader follows the link in a newsletter, unticks its topic, and hears no more of it."""

from __future__ import annotations

import re

import pytest

CONSENT = {
    "action": "confirm",
    "evidence": "Unterschrift auf dem Anmeldeblatt vom 3. März",
    "wording": "Ich möchte den Newsletter.",
}
STEPS = [
    {"key": "one", "subject": "Neues", "text": "Neues!\nThemen wählen: {{ preferences_url }}\n"},
    {
        "key": "two", "subject": "Mehr", "text": "Mehr!",
        "delay": {"value": 1, "unit": "minutes"},
    },
]  # fmt: skip


@pytest.fixture
def topics(system):
    """Two topics; a newsletter about the first of them that stops for whoever leaves it. Their ids."""
    ids = [
        system.http.post(
            "/api/v1/groups", json={"name": name, "topic": True, "description": f"Alles zu {name}"}
        ).json()["id"]
        for name in ("Kurse", "Reisen")
    ]
    sequence = system.http.post(
        "/api/v1/sequences",
        json={"name": "Kurse", "purpose": "newsletter", "start_groups": ids[:1], "steps": STEPS},
    ).json()
    system.http.post(
        f"/api/v1/sequences/{sequence['id']}/activate", json={"existing_members": "ignore"}
    ).raise_for_status()
    return ids


@pytest.fixture
def reader(system, topics):
    """Somebody who has just had the first newsletter; their id."""
    reader = system.http.post(
        "/api/v1/customers", json={"last_name": "Jäger", "email": "jaeger@example.org"}
    ).json()["id"]
    system.http.post(f"/api/v1/customers/{reader}/opt-in", json=CONSENT).raise_for_status()
    system.http.put(f"/api/v1/groups/{topics[0]}/members/{reader}").raise_for_status()
    system.settle()
    return reader


def groups_of(system, customer_id):
    found = system.http.get("/api/v1/memberships", params={"customer_id": customer_id}).json()
    return {m["group_path"]: m["source"] for m in found["items"] if m["until"] is None}


def test_from_the_mail_to_the_page_and_to_silence(system, topics, reader):
    [mail] = system.smtp.mails
    text = mail.data.replace(b"=\r\n", b"").decode()
    link = re.search(r"http://\S+/public/preferences/\S+", text).group()
    visitor = system.client(None)
    page = visitor.get(link, headers={"Accept": "text/html", "Accept-Language": "de"}).text
    assert "Alles zu Reisen" in page
    shown = re.findall(r'name="shown" value="([^"]+)"', page)

    chosen = visitor.post(
        link, data={"shown": shown, "topic": [topics[1]]}, headers={"Accept": "text/html"}
    )

    assert "Ihre Auswahl ist gespeichert." in chosen.text
    [way] = system.http.get("/api/v1/enrolments", params={"customer_id": reader}).json()["items"]
    assert (way["state"], way["reason"]) == ("stopped", "topic_declined")
    system.send_mails()  # before the news have reached anybody
    system.settle()
    assert groups_of(system, reader) == {"Reisen": "preference_page"}
    assert [mail.to for mail in system.smtp.mails] == ["jaeger@example.org"]
    customer = system.http.get(f"/api/v1/customers/{reader}").json()
    assert [group["path"] for group in customer["groups"]] == ["Reisen"]
    assert customer["opt_in"]["state"] == "confirmed"


def test_staff_put_the_reader_back_later(system, topics, reader):
    link = system.http.get(f"/api/v1/followup/preferences/{reader}").json()["url"]
    visitor = system.client(None)
    visitor.post(link, json={"declined": topics}).raise_for_status()
    system.settle()
    assert groups_of(system, reader) == {}

    system.http.put(f"/api/v1/groups/{topics[0]}/members/{reader}").raise_for_status()
    system.settle()

    assert groups_of(system, reader) == {"Kurse": "manual"}
    shown = visitor.get(link).json()["topics"]
    assert [t["name"] for t in shown if t["chosen"]] == ["Kurse"]
    assert len(system.smtp.mails) == 1  # the sequence is not entered twice


def test_no_newsletters_at_all_reaches_the_ledger(system, reader):
    link = system.http.get(f"/api/v1/followup/preferences/{reader}").json()["url"]

    system.client(None).post(link, json={"no_newsletters": True}).raise_for_status()
    system.settle()

    opt_in = system.http.get(f"/api/v1/customers/{reader}/opt-in").json()
    assert opt_in["state"] == "revoked"
    assert "preference_page" in {line["way"] for line in opt_in["ledger"]}
