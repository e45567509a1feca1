"""A no holds from its answer on, also while the event that tells of it is still on its way."""

from __future__ import annotations

import httpx
import pytest

CONSENT = {
    "action": "confirm",
    "evidence": "Unterschrift auf dem Anmeldeblatt vom 3. März",
    "wording": "Ich möchte den Newsletter.",
}
LETTER = {
    "key": "letter",
    "delay": {"value": 0, "unit": "minutes"},
    "subject": "Neues",
    "html": "<p>Neues aus dem Salon.</p>",
}


@pytest.fixture
def reader(system):
    """Somebody whose newsletter is due."""
    group = system.http.post("/api/v1/groups", json={"name": "Newsletter"}).json()
    sequence = system.http.post(
        "/api/v1/sequences",
        json={
            "name": "Newsletter",
            "purpose": "newsletter",
            "start_groups": [group["id"]],
            "steps": [LETTER],
        },
    ).json()
    system.http.post(
        f"/api/v1/sequences/{sequence['id']}/activate", json={"existing_members": "ignore"}
    ).raise_for_status()
    reader = system.http.post(
        "/api/v1/customers", json={"last_name": "Jäger", "email": "jaeger@example.org"}
    ).json()
    address = f"/api/v1/customers/{reader['id']}"
    system.http.post(f"{address}/opt-in", json=CONSENT).raise_for_status()
    system.http.put(f"/api/v1/groups/{group['id']}/members/{reader['id']}").raise_for_status()
    system.drain()
    return address


def states(system):
    return [mail["state"] for mail in system.http.get("/api/v1/mails").json()["items"]]


def deactivate(http, address):
    return http.post(f"{address}/deactivate")


def revoke(http, address):
    return http.post(f"{address}/opt-in", json={"action": "revoke"})


def erase(http, address):
    version = http.get(address).headers["ETag"]
    return http.delete(address, headers={"If-Match": version})


@pytest.mark.parametrize("no", [deactivate, revoke, erase])
def test_no_mail_starts_after_the_answer(system, reader, no):
    assert states(system) == ["due"]

    assert no(system.http, reader).is_success

    system.send_mails()
    assert not system.smtp.mails
    system.settle()  # the same event, by the long way
    assert not system.smtp.mails


def test_the_same_news_by_the_long_way_changes_nothing_more(system, reader):
    deactivate(system.http, reader)
    system.http.post(f"{reader}/reactivate").raise_for_status()
    system.settle()

    assert [mail.to for mail in system.smtp.mails] == ["jaeger@example.org"]


def test_a_customer_can_be_deactivated_while_follow_up_is_away(client_for):
    def away(request):
        raise httpx.ConnectError("refused", request=request)

    customers = client_for("customers", transport=httpx.MockTransport(away))
    customer = customers.post("/api/v1/customers", json={"last_name": "Weg"}).json

    answer = customers.post(f"/api/v1/customers/{customer['id']}/deactivate")

    assert answer.status_code == 200
    assert answer.json["active"] is False


def test_only_services_tell_each_other_events(system):
    answer = system.http.post("/api/v1/followup/urgent-events", json=[])

    assert answer.status_code == 403
