"""The HTTP door: sequences, previews, mails, plans."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from services.followup.handlers import HANDLERS
from shared.db import new_id, utcnow
from shared.events import SUBSCRIPTIONS
from shared.events.groups import AttributeDefined, CustomerAttributesChanged

STEP = {"subject": "Hallo", "html": "<p>Hallo {{ customer.first_name }}</p>"}


@pytest.fixture
def http(client_for):
    return client_for("followup")


def define(world, key: str) -> None:
    world.hear(
        AttributeDefined(
            attribute_id=new_id(), version=1, key=key, label={"de": key, "en": key},
            scope="customer", type="text",
        )
    )  # fmt: skip


def test_it_hears_what_the_catalogue_says():
    assert set(HANDLERS) == set(SUBSCRIPTIONS["followup"])


def test_a_sequence_is_drawn_up_and_shown_as_it_was_written(http):
    group = str(new_id())
    body = {
        "name": "Nach dem Besuch",
        "purpose": "newsletter",
        "start_groups": [group],
        "include_subgroups": True,
        "sender": {"name": "Salon", "address": "salon@example.com"},
        "window": {"days": ["mon", "fri"], "from": "09:00", "to": "17:30"},
        "policies": {"on_leave": "continue"},
        "steps": [STEP | {"key": "danke", "delay": {"value": 3, "unit": "days"}, "at": "10:00"}],
    }
    made = http.post("/api/v1/sequences", json=body)
    assert made.status_code == 201
    assert made.json["state"] == "draft"
    shown = http.get(made.headers["Location"]).json
    assert shown["start_groups"] == [group]
    assert shown["window"] == body["window"]
    assert shown["policies"] == {
        "on_leave": "continue", "on_inactive": "pause", "reentry": "never", "catch_up": "spread",
    }  # fmt: skip
    assert shown["steps"][0] == body["steps"][0] | {"text": None}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"nmae": "x"}, "nmae"),
        ({"steps": [{"subject": "x"}]}, "steps.0.html"),
        ({"steps": [STEP | {"html": "<p>{{ customer.frist_name }}</p>"}]}, "steps.0"),
        ({"steps": [STEP | {"html": "<p>{% if customer.city %}</p>"}]}, "steps.0"),
        ({"steps": [STEP | {"subject": "{{ (1..9) }}"}]}, "steps.0"),
        ({"steps": [STEP | {"key": "a"}, STEP | {"key": "a"}]}, "steps"),
        ({"steps": [STEP | {"at": "25:00"}]}, "steps.0.at"),
        ({"steps": [STEP | {"delay": {"value": -1, "unit": "days"}}]}, "steps.0.delay.value"),
        ({"steps": [STEP | {"delay": {"value": 99999, "unit": "weeks"}}]}, "steps.0.delay.value"),
        ({"window": {"days": [], "from": "09:00", "to": "17:00"}}, "window.days"),
        ({"window": {"days": ["mo"], "from": "09:00", "to": "17:00"}}, "window.days.0"),
        ({"sender": {"address": "a b@c"}}, "sender.address"),
        ({"start_groups": ["gibt/es/nicht"]}, "start_groups"),
        ({"policies": {"on_leave": "explode"}}, "policies.on_leave"),
        ({"name": "x" * 201}, "name"),
    ],
)
def test_what_cannot_be_sent_is_refused_with_the_field_and_the_reason(http, change, field):
    answer = http.post(
        "/api/v1/sequences",
        json={"name": "x", "steps": [STEP]} | change,
        headers={"Accept-Language": "de"},
    )
    assert answer.status_code == 422
    assert field in answer.json["errors"], answer.json


def test_two_changes_at_once_do_not_overwrite_each_other(world):
    sequence = world.sequence(activate=False)
    path = f"/api/v1/sequences/{sequence}"
    tag = world.client.get(path).headers["ETag"]
    first = world.client.patch(path, json={"name": "A"}, headers={"If-Match": tag})
    assert first.status_code == 200
    second = world.client.patch(path, json={"name": "B"}, headers={"If-Match": tag})
    assert second.status_code == 412
    assert world.client.patch(path, json={"name": "C"}).status_code == 428
    assert world.client.get(path).json["name"] == "A"


def test_whoever_is_under_way_keeps_the_steps_they_started_with(world):
    group = world.group()
    later = {"delay": {"value": 1, "unit": "days"}}
    old = [STEP | {"key": "a", "subject": "Alt 1"}, STEP | later | {"key": "b", "subject": "Alt 2"}]
    sequence = world.sequence(group, steps=old)
    anna = world.customer()
    world.join(anna, group)
    world.send()

    path = f"/api/v1/sequences/{sequence}"
    tag = world.client.get(path).headers["ETag"]
    new = [STEP | {"key": "a", "subject": "Neu 1"}]
    assert (
        world.client.patch(path, json={"steps": new}, headers={"If-Match": tag}).status_code == 200
    )
    max_ = world.customer()
    world.join(max_, group)
    world.send()
    world.now = utcnow() + timedelta(days=1, minutes=1)
    world.send()
    assert [m["subject"] for m in world.mails(customer_id=anna)] == ["Alt 1", "Alt 2"]
    assert [m["subject"] for m in world.mails(customer_id=max_)] == ["Neu 1"]


def test_a_sequence_without_steps_or_groups_cannot_be_activated(world):
    for fields in ({"steps": []}, {"start_groups": []}):
        sequence = world.sequence(world.group(), activate=False, **fields)
        answer = world.client.post(f"/api/v1/sequences/{sequence}/activate", json={})
        assert answer.status_code == 409
        assert answer.json["detail"]


def test_an_unknown_attribute_is_found_before_anything_is_sent(world):
    steps = [{"subject": "x", "text": "{{ attributes.haarfarbe }}"}]
    group = world.group()
    sequence = world.sequence(group, steps=steps, activate=False)
    path = f"/api/v1/sequences/{sequence}/activate"
    assert world.client.post(path, json={}).status_code == 409
    define(world, "haarfarbe")
    assert world.client.post(path, json={}).status_code == 200

    anna, max_ = world.customer(), world.customer()
    world.hear(
        CustomerAttributesChanged(
            customer_id=anna, version=1, values={"haarfarbe": "rot"}, occurred_at=utcnow()
        )
    )
    world.join(anna, group)
    world.send()
    world.join(max_, group)
    world.send()
    assert b"\r\nrot=\r\n" in world.inbox[0].data
    assert world.mails(customer_id=max_)[0]["state"] == "sent"


def test_activation_says_first_what_it_would_do_to_the_present_members(world):
    group = world.group()
    below = world.group("unten", parent=group)
    for _ in range(3):
        world.join(world.customer(), group)
    world.join(world.customer(opt_in="none"), below, above=(group,))
    sequence = world.sequence(group, include_subgroups=True, activate=False)

    would = world.activate(sequence, existing_members="enrol", dry_run=True)
    assert would["impact"] == {
        "members": 4, "enrolled": 3, "waiting": {"no_consent": 1}, "left_out": 0,
    }  # fmt: skip
    assert would["state"] == "draft"
    assert world.enrolments() == []

    world.activate(sequence, existing_members="enrol")
    world.activate(sequence, existing_members="enrol")
    world.send()
    assert len(world.inbox) == 3
    assert len(world.enrolments()) == 4


def test_the_plan_shows_what_comes_and_why_it_does_not(world):
    group = world.group()
    steps = [
        STEP | {"key": "a"},
        STEP | {"key": "b", "delay": {"value": 2, "unit": "days"}, "at": "09:00"},
    ]
    world.sequence(group, steps=steps)
    anna, max_ = world.customer(), world.customer(opt_in="none")
    world.hear(world.joined(anna, group), world.joined(max_, group))
    world.send()

    plan = world.client.get(f"/api/v1/enrolments/{world.enrolment(anna)['id']}/plan").json
    assert [step["state"] for step in plan["steps"]] == ["sent", "due"]
    [mail] = world.mails(customer_id=anna, state="due")
    assert plan["steps"][1]["at"] == mail["due_at"]
    local = datetime.fromisoformat(mail["due_at"]).astimezone(world.settings.timezone)
    assert (local.hour, local.minute) == (9, 0)

    waiting = world.client.get(f"/api/v1/enrolments/{world.enrolment(max_)['id']}/plan").json
    assert [step["reason"] for step in waiting["steps"]] == ["no_consent"] * 2


def test_the_planned_date_is_the_date_of_the_mail(world):
    group = world.group()
    steps = [STEP | {"key": "a"}, STEP | {"key": "b", "delay": {"value": 3, "unit": "hours"}}]
    world.sequence(group, steps=steps)
    anna = world.customer()
    world.join(anna, group)
    path = f"/api/v1/enrolments/{world.enrolment(anna)['id']}/plan"
    planned = datetime.fromisoformat(world.client.get(path).json["steps"][1]["at"])
    world.send()
    due = datetime.fromisoformat(world.client.get(path).json["steps"][1]["at"])
    assert abs(due - planned) < timedelta(minutes=1)


def test_staff_take_a_customer_out_of_a_sequence(world):
    group = world.group()
    world.sequence(group)
    anna = world.customer()
    world.join(anna, group)
    path = f"/api/v1/enrolments/{world.enrolment(anna)['id']}/stop"
    assert world.client.post(path).json["state"] == "stopped"
    assert world.client.post(path).status_code == 409
    world.send()
    assert world.inbox == []


def test_an_archived_sequence_is_over(world):
    group = world.group()
    sequence = world.sequence(group)
    world.join(world.customer(), group)
    world.client.post(f"/api/v1/sequences/{sequence}/archive")
    world.join(world.customer(), group)
    world.send()
    assert world.inbox == []
    assert [e["reason"] for e in world.enrolments()] == ["sequence_archived"]
    assert world.client.post(f"/api/v1/sequences/{sequence}/activate", json={}).status_code == 409


def test_only_a_sequence_that_nobody_was_in_can_be_deleted(world):
    group = world.group()
    unused, used = world.sequence(group, activate=False), world.sequence(group)
    world.join(world.customer(), group)
    for sequence, status in ((unused, 204), (used, 409)):
        path = f"/api/v1/sequences/{sequence}"
        tag = world.client.get(path).headers["ETag"]
        assert world.client.delete(path, headers={"If-Match": tag}).status_code == status


def test_a_preview_shows_the_mail_of_a_real_customer(world):
    anna = world.customer(salutation="Frau", last_name="Müller")
    message = {"subject": "{{ salutation }}", "html": "<p>{{ customer.first_name }}</p>"}
    shown = world.client.post("/api/v1/previews", json=message | {"customer_id": str(anna)}).json
    assert shown["subject"] == "Sehr geehrte Frau Müller"
    assert "<p>Anna</p>" in shown["html"]
    assert "Anna" in shown["text"]
    assert shown["problems"] == []


def test_a_preview_names_what_is_wrong_in_the_readers_language(world):
    message = {"subject": "x", "html": "<p>{{ customer.vorname }}</p>"}
    answer = world.client.post(
        "/api/v1/previews", json=message, headers={"Accept-Language": "de"}
    ).json
    assert answer["html"] is None
    assert answer["problems"] == ["Das Feld {{ customer.vorname }} gibt es nicht."]
    assert (
        world.client.post(
            "/api/v1/previews", json=message | {"customer_id": str(new_id())}
        ).status_code
        == 404
    )


def test_statistics_count_ways_and_mails(world):
    group = world.group()
    sequence = world.sequence(group)
    world.hear(
        *(world.joined(world.customer(), group) for _ in range(3)),
        world.joined(world.customer(opt_in="none"), group),
    )
    world.send()
    found = world.client.get(f"/api/v1/sequences/{sequence}/statistics").json
    assert found["enrolments"] == {"completed": 3, "waiting_for_consent": 1}
    assert found["mails"] == {"sent": 3}
    assert found["steps"] == [{"key": "step-1", "mails": {"sent": 3}}]


@pytest.mark.parametrize(
    "path",
    ["sequences/{id}", "enrolments/{id}/plan", "mails/{id}", "sequences/{id}/statistics"],
)
def test_what_is_not_there_is_404(http, path):
    assert http.get("/api/v1/" + path.format(id=UUID(int=1))).status_code == 404


def test_without_the_scope_nothing_is_shown_or_changed(client_for):
    nobody, reader = client_for("followup", scopes=None), client_for("followup", ("followup:read",))
    assert nobody.get("/api/v1/sequences").status_code == 401
    assert reader.get("/api/v1/sequences").status_code == 200
    assert reader.post("/api/v1/sequences", json={"name": "x"}).status_code == 403
    assert reader.post("/api/v1/previews", json={"subject": "x", "text": "x"}).status_code == 200
