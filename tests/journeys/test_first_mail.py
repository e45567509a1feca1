"""From joining a group to the mail in the mailbox: all services, both databases."""

from __future__ import annotations

from email import message_from_bytes, policy


def test_who_joins_a_group_gets_its_first_mail(system):
    group = system.http.post("/api/v1/groups", json={"name": "Reiseangebote"}).json()
    sequence = system.http.post(
        "/api/v1/sequences",
        json={
            "name": "Willkommen",
            "purpose": "service",
            "start_groups": [group["id"]],
            "steps": [
                {
                    "key": "welcome",
                    "delay": {"value": 0, "unit": "minutes"},
                    "subject": "Guten Tag {{ customer.first_name }}",
                    "html": "<p>Schön, dass Sie da sind, {{ customer.last_name }}.</p>",
                }
            ],
        },
    ).json()
    started = system.http.post(
        f"/api/v1/sequences/{sequence['id']}/activate", json={"existing_members": "ignore"}
    )
    assert started.status_code == 200, started.text
    customer = system.http.post(
        "/api/v1/customers",
        json={"first_name": "Ann", "last_name": "Müller", "email": "ann@example.org"},
    ).json()

    joined = system.http.put(f"/api/v1/groups/{group['id']}/members/{customer['id']}")
    system.settle()

    assert joined.status_code == 204
    [mail] = system.smtp.mails
    assert mail.to == "ann@example.org"
    message = message_from_bytes(mail.data, policy=policy.default)
    assert message["Subject"] == "Guten Tag Ann"
    assert "Müller" in message.get_body(("html",)).get_content()
