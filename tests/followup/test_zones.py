"""Whose clock and whose holidays count: the business's, or each customer's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from shared.db import utcnow
from shared.events.groups import CustomerAttributesChanged

NINE = [
    {
        "key": f"tag-{n}",
        "subject": f"Tag {n}",
        "text": "x",
        "delay": {"value": 1, "unit": "days"},
        "at": "09:00",
    }
    for n in range(2)
]


def lives_in(world, customer, zone: str) -> None:
    world.hear(
        CustomerAttributesChanged(
            customer_id=customer,
            version=world.version(customer),
            values={"timezone": zone},
            occurred_at=utcnow(),
        )
    )


def wall(moment: str, zone: str) -> str:
    return f"{datetime.fromisoformat(moment).astimezone(ZoneInfo(zone)):%H:%M}"


def test_nine_o_clock_is_where_the_customer_lives(world):
    group = world.group()
    world.sequence(group, steps=NINE, zone_of="customer", policies={"catch_up": "send"})
    people = {}
    for zone in ("Asia/Tokyo", "america/new_york", "Nirgendwo", ""):
        people[zone] = world.customer()
        if zone:
            lives_in(world, people[zone], zone)
        world.join(people[zone], group)
    first = {zone: world.mails(customer_id=id_)[0]["due_at"] for zone, id_ in people.items()}
    assert wall(first["Asia/Tokyo"], "Asia/Tokyo") == "09:00"
    assert wall(first["america/new_york"], "America/New_York") == "09:00"
    # Whose zone is not known goes by the business's.
    assert wall(first["Nirgendwo"], "Europe/Berlin") == wall(first[""], "Europe/Berlin") == "09:00"
    world.now = max(map(datetime.fromisoformat, first.values()))
    world.send()
    assert len(world.inbox) == 4
    second = world.mails(customer_id=people["Asia/Tokyo"])[1]["due_at"]
    assert wall(second, "Asia/Tokyo") == "09:00"


def test_a_sequence_goes_by_its_own_zone_unless_told_otherwise(world):
    group = world.group()
    world.sequence(group, steps=NINE)
    anna = world.customer()
    lives_in(world, anna, "Asia/Tokyo")
    world.join(anna, group)
    assert wall(world.mails()[0]["due_at"], "Europe/Berlin") == "09:00"


def test_who_moves_is_not_woken_at_night(world):
    """The window is looked at again when the mail goes."""
    group = world.group()
    world.sequence(group, steps=NINE, zone_of="customer", window={"from": "09:00", "to": "18:00"})
    anna = world.customer()
    world.join(anna, group)
    lives_in(world, anna, "America/Los_Angeles")
    world.now = datetime.fromisoformat(world.mails()[0]["due_at"])
    world.send()
    assert world.inbox == []
    assert wall(world.mails()[0]["due_at"], "America/Los_Angeles") == "09:00"


def test_the_zone_of_a_sequence_can_be_changed(world):
    sequence = world.sequence(world.group(), window={"from": "09:00", "to": "18:00"})
    path = f"/api/v1/sequences/{sequence}"
    shown = world.client.get(path)
    assert (shown.json["timezone"], shown.json["zone_of"]) == ("Europe/Berlin", "business")
    changed = world.client.patch(
        path,
        json={"timezone": "europe/zurich", "zone_of": "customer"},
        headers={"If-Match": shown.headers["ETag"]},
    )
    assert changed.status_code == 200, changed.json
    assert (changed.json["timezone"], changed.json["zone_of"]) == ("Europe/Zurich", "customer")
    refused = world.client.patch(
        path, json={"timezone": "Europe/Salzburg"}, headers={"If-Match": changed.headers["ETag"]}
    )
    assert refused.status_code == 422
    assert list(refused.json["errors"]) == ["timezone"]


@pytest.mark.parametrize("calendar", ["DE-XX", "FR", "de-by", "", 7])
def test_an_unknown_calendar_is_refused(world, calendar):
    body = {"name": "x", "window": {"holidays": calendar}}
    answer = world.client.post("/api/v1/sequences", json=body)
    assert answer.status_code == 422
    assert "holidays" in str(answer.json["errors"])


def test_a_window_says_which_holidays_it_keeps(world):
    made = world.client.post(
        "/api/v1/sequences", json={"name": "x", "window": {"from": "09:00", "holidays": "AT"}}
    )
    assert made.json["window"]["holidays"] == "AT"
    path, tag = f"/api/v1/sequences/{made.json['id']}", made.headers["ETag"]
    kept = world.client.patch(
        path, json={"window": {**made.json["window"], "holidays": None}}, headers={"If-Match": tag}
    )
    assert "holidays" not in kept.json["window"]


def test_a_mail_of_christmas_goes_after_it(world):
    group = world.group()
    world.sequence(
        group,
        policies={"catch_up": "send"},
        window={"from": "09:00", "to": "18:00", "holidays": "DE"},
    )
    world.join(world.customer(), group)
    world.now = datetime(2027, 12, 25, 9, tzinfo=UTC)
    world.send()
    assert world.inbox == []
    assert world.mails()[0]["due_at"] == "2027-12-27T08:00:00Z"
    world.now = datetime(2027, 12, 27, 8, tzinfo=UTC)
    world.send()
    assert len(world.inbox) == 1


def test_a_clock_that_is_set_back_sends_nothing_twice_and_loses_nothing(world):
    group = world.group()
    world.sequence(group, steps=NINE, policies={"catch_up": "send"})
    world.newcomers(group, 3)
    begun = datetime.fromisoformat(world.mails()[0]["due_at"])
    world.now = begun + timedelta(minutes=10)
    world.send()
    assert len(world.inbox) == 3
    for minutes in (-50, -20, 0, 40):
        world.now = begun + timedelta(minutes=minutes)
        world.send()
        assert len(world.inbox) == 3
    world.now = begun + timedelta(days=1, hours=2)
    world.send()
    assert len(world.inbox) == 6
    assert {e["state"] for e in world.enrolments()} == {"completed"}
