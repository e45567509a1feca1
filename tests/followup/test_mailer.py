"""The mailer: once, on time, and whatever the mail server does."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from services.followup.mailer import Mailer
from shared.db import utcnow

TWO_STEPS = [
    {"key": "one", "subject": "Eins", "html": "<p>1</p>"},
    {"key": "two", "subject": "Zwei", "html": "<p>2</p>", "delay": {"value": 2, "unit": "days"}},
]


@pytest.fixture
def anna(world):
    """A customer with one mail due now."""
    group = world.group()
    world.sequence(group)
    customer = world.customer(email="anna@example.de")
    world.join(customer, group)
    return customer


def only(world) -> dict:
    [mail] = world.mails()
    return mail


def test_the_next_step_follows_after_its_delay(world):
    group = world.group()
    world.sequence(group, steps=TWO_STEPS)
    anna = world.customer()
    world.join(anna, group)
    world.send()
    world.now = utcnow() + timedelta(days=1, hours=23)
    world.send()
    assert len(world.inbox) == 1
    world.now = utcnow() + timedelta(days=2, minutes=1)
    world.send()
    assert len(world.inbox) == 2
    assert world.enrolment(anna)["state"] == "completed"


@pytest.mark.parametrize(
    ("mode", "state"),
    [
        ("slow", "sent"),
        ("drop_at_quit", "sent"),
        ("drop_after_dot", "uncertain"),
        ("421", "due"),
        ("greylist", "due"),
        ("452", "due"),
        ("550", "bounced"),
        ("550_bare", "bounced"),
        ("554", "due"),
        ("554_body", "failed"),
        ("535", "due"),
        ("drop_at_mail", "due"),
        ("reset", "uncertain"),
    ],
)
def test_what_the_server_answers_becomes_the_mails_state(world, anna, mode, state):
    world.sink.state.mode, world.sink.state.delay_s = mode, 0.2
    world.send()
    found = only(world)
    assert found["state"] == state
    assert found["state"] == "sent" or found["reason"]
    assert world.client.get("/api/v1/suppressions").json["total"] == (mode == "550")


def test_a_greylisted_mail_goes_five_minutes_later(world, anna):
    world.sink.state.mode = "greylist"
    world.send()
    assert world.inbox == []
    world.now = utcnow() + timedelta(minutes=6)
    world.send()
    assert only(world)["state"] == "sent"
    assert only(world)["attempts"] == 2


def test_a_mail_that_nobody_takes_for_four_days_has_failed(world, anna):
    world.sink.state.mode = "452"
    start = utcnow()
    for hours in range(0, 24 * 5, 4):
        world.now = start + timedelta(hours=hours)
        world.send()
    assert only(world)["state"] == "failed"
    assert "followup.mail_failed" in world.told()


def test_our_fault_bounces_nobody_and_is_over_by_itself(world):
    group = world.group()
    world.sequence(group)
    for _ in range(30):
        world.join(world.customer(), group)
    world.sink.state.mode = "535"
    world.send()
    # One try told enough.
    assert world.sink.state.connections == 1
    assert {m["state"] for m in world.mails(limit=100)} == {"due"}

    world.sink.state.mode = "ok"
    world.send()
    assert world.inbox == []
    world.now = utcnow() + timedelta(minutes=10)
    world.send()
    assert len(world.inbox) == 30


def test_a_dead_address_gets_nothing_more(world, anna):
    world.sink.state.mode = "550"
    world.send()
    group = world.group("Neu")
    world.sequence(group)
    world.sink.state.mode = "ok"
    world.join(anna, group)
    world.send()
    assert world.inbox == []
    # Another address is another chance.
    world.hear(world.snapshot(anna, email="anna.neu@example.de"))
    world.send()
    assert [m.to for m in world.inbox] == ["anna.neu@example.de"]


def test_a_mail_that_cannot_be_written_fails_and_the_others_go(world):
    group = world.group()
    world.sequence(group)
    world.join(world.customer(email="müller@example.de"), group)
    world.join(world.customer(), group)
    world.send()
    assert sorted(m["state"] for m in world.mails()) == ["failed", "sent"]


def test_an_uncertain_mail_is_sent_again_only_by_a_person(world, anna):
    world.sink.state.mode = "drop_after_dot"
    world.send()
    world.sink.state.mode = "ok"
    world.now = utcnow() + timedelta(days=30)
    world.send()
    [mail] = world.mails()
    assert len(world.inbox) == 1
    assert world.client.post(f"/api/v1/mails/{mail['id']}/resend").status_code == 200
    world.send()
    assert len(world.inbox) == 2
    assert world.inbox[0].message_id == world.inbox[1].message_id
    assert world.client.post(f"/api/v1/mails/{mail['id']}/resend").status_code == 409


def test_mails_of_a_mailer_that_died_while_handing_over_are_uncertain(world, anna):
    with world.database.transaction() as session:
        session.connection().exec_driver_sql(
            "UPDATE mails SET state = 'sending', phase = 'data', lease_until = '2026-01-01 00:00:00'"
        )
    world.send()
    assert world.inbox == []
    assert only(world)["state"] == "uncertain"


def test_a_mail_in_the_hands_of_a_living_mailer_is_left_alone(world, anna):
    with world.database.transaction() as session:
        session.connection().exec_driver_sql(
            "UPDATE mails SET state = 'sending', phase = 'data', lease_until = '2199-01-01 00:00:00'"
        )
    world.send()
    assert only(world)["state"] == "sending"


def test_a_mail_outside_its_window_waits_for_the_opening(world):
    group = world.group()
    world.sequence(
        group, window={"days": ["mon", "tue", "wed", "thu", "fri"], "from": "09:00", "to": "17:00"}
    )
    world.join(world.customer(), group)
    due = datetime.fromisoformat(only(world)["due_at"])
    world.now = due + timedelta(hours=9)  # the mailer was away and comes back in the evening
    world.send()
    assert world.inbox == []
    later = datetime.fromisoformat(only(world)["due_at"])
    assert later > world.now
    world.now = later
    world.send()
    assert len(world.inbox) == 1


@pytest.mark.parametrize(("policy", "at_once"), [("send", 40), ("skip", 0), ("spread", None)])
def test_after_three_days_of_downtime_mails_go_as_agreed(world, policy, at_once):
    group = world.group()
    world.sequence(group, policies={"catch_up": policy})
    for _ in range(40):
        world.join(world.customer(), group)
    back = utcnow() + timedelta(days=3)
    world.now = back
    world.send()
    if at_once is None:
        assert len(world.inbox) < 10
        for hour in range(26):
            before = len(world.inbox)
            world.now = back + timedelta(hours=hour)
            world.send()
            assert len(world.inbox) - before < 10
        assert len(world.inbox) == 40
    else:
        assert len(world.inbox) == at_once
    assert {e["state"] for e in world.enrolments(limit=100)} == {"completed"}


def test_a_paused_sequence_sends_nothing_and_goes_on_when_activated(world, anna):
    [sequence] = world.client.get("/api/v1/sequences").json["items"]
    world.client.post(f"/api/v1/sequences/{sequence['id']}/pause")
    world.send()
    assert world.inbox == []
    assert only(world)["reason"] == "sequence_paused"
    world.activate(sequence["id"])
    world.send()
    assert len(world.inbox) == 1


def test_two_mailers_at_work_send_each_mail_once(world):
    group = world.group()
    snapshots = [world.snapshot() for _ in range(300)]
    world.hear(*snapshots)
    sequence = world.sequence(group)
    world.client.post(f"/api/v1/sequences/{sequence}/pause")
    world.hear(*(world.joined(s.customer_id, group) for s in snapshots))
    stop = threading.Event()
    mailers = [Mailer(world.settings, world.database) for _ in range(2)]
    threads = [threading.Thread(target=mailer.run, args=(stop,)) for mailer in mailers]
    for thread in threads:
        thread.start()
    world.activate(sequence)
    wait_for(lambda: world.sink.state.taken >= 300)
    time.sleep(0.3)
    stop.set()
    for thread in threads:
        thread.join()
    assert len({mail.message_id for mail in world.inbox}) == len(world.inbox) == 300
    assert world.client.get("/api/v1/mails?state=sent").json["total"] == 300


def test_a_waiting_mailer_is_woken_by_the_commit(world):
    group = world.group()
    world.sequence(group)
    anna = world.customer()
    stop = threading.Event()
    thread = threading.Thread(target=Mailer(world.settings, world.database).run, args=(stop,))
    thread.start()
    time.sleep(1)
    world.join(anna, group)
    begun = time.monotonic()
    wait_for(lambda: world.sink.state.taken == 1)
    assert time.monotonic() - begun < 5
    stop.set()
    thread.join()


def test_stopping_finishes_what_is_in_hand(world):
    group = world.group()
    world.sequence(group)
    world.newcomers(group, 120)
    world.sink.state.mode, world.sink.state.delay_s = "slow", 0.02
    stop = threading.Event()
    thread = threading.Thread(target=Mailer(world.settings, world.database).run, args=(stop,))
    thread.start()
    wait_for(lambda: world.sink.state.taken >= 5)
    stop.set()
    thread.join()
    states = [m["state"] for m in world.mails(limit=500)]
    assert set(states) == {"sent", "due"}
    assert states.count("sent") == world.sink.state.taken


def test_each_step_goes_once_over_a_change_of_clocks(world):
    group = world.group()
    daily = [
        {
            "key": f"d{n}",
            "subject": f"Tag {n}",
            "text": "x",
            "delay": {"value": 1, "unit": "days"},
            "at": "02:30",
        }
        for n in range(3)
    ]
    world.sequence(group, steps=daily, policies={"catch_up": "send"}, purpose="service")
    anna = world.customer()
    world.join(anna, group)
    start = datetime(2027, 3, 26, 12, tzinfo=UTC)  # clocks go forward on the 28th at 02:00
    with world.database.transaction() as session:
        session.connection().exec_driver_sql(
            f"UPDATE mails SET due_at = '{start:%Y-%m-%d %H:%M:%S}'"
        )
    for hour in range(24 * 5):
        world.now = start + timedelta(hours=hour)
        world.send()
    assert [m["subject"] for m in world.mails()] == ["Tag 0", "Tag 1", "Tag 2"]
    assert len(world.inbox) == 3


def wait_for(done, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)
