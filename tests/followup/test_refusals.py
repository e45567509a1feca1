"""Whose fault it is that a mail is not taken: nobody else's mail stops for it, and none is tried for ever."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from services.followup.models import CircuitBreaker
from shared.db import utcnow

DOMAINS = ("a.example", "b.example", "c.example", "d.example")


def people(world, *addresses, **sequence):
    """Customers with these addresses, each with one mail due now."""
    group = world.group()
    world.sequence(group, **sequence)
    for address in addresses:
        world.join(world.customer(email=address), group)


def arrived(world):
    return sorted(mail.to for mail in world.inbox)


def closed(world):
    """The ways that are closed, with what is known of them."""
    with world.database.reading() as session:
        rows = session.scalars(select(CircuitBreaker).where(CircuitBreaker.failures > 0))
        return {row.name: row.reason for row in rows}


def at(world, **later):
    world.now = utcnow() + timedelta(**later)
    world.send()


def mail_to(world, address):
    customers = {m["customer"]["email"]: m for m in world.mails(limit=200)}
    return customers[address]


def test_a_refused_recipient_stops_nobody_else(world):
    people(world, *(f"k{n}@gmx.example" for n in range(30)))
    world.sink.state.modes = {"k0@gmx.example": "554"}
    world.send()
    assert len(world.inbox) == 29
    assert closed(world) == {}
    refused = mail_to(world, "k0@gmx.example")
    assert (refused["state"], refused["attempts"]) == ("due", 1)
    assert "5.7.1" in refused["reason"]


def test_a_domain_that_refuses_two_is_left_alone_for_a_while_and_others_go(world):
    people(world, *(f"k{n}@gmx.example" for n in range(10)), *(f"k@{d}" for d in DOMAINS))
    world.sink.state.modes = {"@gmx.example": "554"}
    world.send()
    assert arrived(world) == [f"k@{d}" for d in DOMAINS]
    assert sum(world.sink.state.rcpt[f"k{n}@gmx.example"] for n in range(10)) == 2
    # Whoever reads why others wait learns nobody's address.
    assert closed(world) == {"domain:gmx.example": "554 5.7.1 …: not from you"}
    assert "@" not in mail_to(world, "k9@gmx.example")["reason"]

    world.sink.state.modes = {}
    at(world, minutes=6)
    at(world, minutes=7)
    assert len(world.inbox) == 14
    assert closed(world) == {}


def test_three_domains_that_refuse_close_the_way_for_their_sender_only(world):
    people(world, *(f"k{n}@{d}" for n in range(3) for d in DOMAINS))
    other = {"address": "rechnung@salon.example"}
    people(world, "k@e.example", sender=other)
    world.sink.state.modes = {f"@{d}": "554" for d in DOMAINS}
    world.send()
    assert arrived(world) == ["k@e.example"]
    assert "sender:salon@example.com" in closed(world)
    assert sum(world.sink.state.rcpt[f"k{n}@{d}"] for n in range(3) for d in DOMAINS) <= 4


def test_refusals_that_are_long_apart_do_not_add_up(world):
    for minutes, domain in enumerate(DOMAINS):
        world.now = utcnow() + timedelta(minutes=11 * minutes)
        people(world, f"k@{domain}")
        world.sink.state.modes = {f"k@{domain}": "554"}
        world.send()
    assert closed(world) == {}


def test_a_refused_sender_is_tried_once_and_other_senders_go(world):
    people(world, *(f"k{n}@a.example" for n in range(10)), sender={"address": "alt@salon.example"})
    people(world, *(f"m{n}@a.example" for n in range(10)))
    world.sink.state.modes = {"alt@salon.example": "sender"}
    world.send()
    assert arrived(world) == [f"m{n}@a.example" for n in range(10)]
    assert list(closed(world)) == ["sender:alt@salon.example"]

    world.sink.state.modes = {}
    at(world, minutes=6)
    at(world, minutes=7)
    assert len(world.inbox) == 20


def test_a_closed_way_is_tried_with_one_mail_at_a_time_and_ever_less_often(world):
    people(world, *(f"k{n}@gmx.example" for n in range(20)))
    world.sink.state.modes = {"@gmx.example": "554"}
    start, tries = utcnow(), []
    for minutes in range(60):
        world.now = start + timedelta(minutes=minutes)
        world.send()
        tries.append(sum(world.sink.state.rcpt.values()))
    assert tries[0] == 2
    assert 8 <= tries[-1] <= 30


@pytest.mark.parametrize("mode", ["452", "554", "sender"])
def test_what_is_refused_for_four_days_has_failed_and_nobody_bounces(world, mode):
    people(world, "anna@gmx.example")
    world.sink.state.mode = mode
    start = utcnow()
    for hours in range(0, 24 * 5, 4):
        world.now = start + timedelta(hours=hours)
        world.send()
        if hours < 24 * 3:
            assert world.mails()[0]["state"] == "due"
    [mail] = world.mails()
    assert (mail["state"], mail["reason"][:19]) == ("failed", "given up after 4 da")
    assert "followup.mail_failed" in world.told()
    assert world.enrolments()[0]["state"] == "completed"
    assert world.client.get("/api/v1/suppressions").json["total"] == 0


def test_those_behind_a_way_that_stays_closed_fail_with_it(world):
    people(world, *(f"k{n}@gmx.example" for n in range(5)))
    world.sink.state.mode = "sender"
    start = utcnow()
    for tenth in range(24 * 6 * 5):
        world.now = start + timedelta(minutes=10 * tenth)
        world.send()
        if tenth == 24 * 6 * 3:
            assert {m["state"] for m in world.mails()} == {"due"}
    assert {m["state"] for m in world.mails()} == {"failed"}
    assert sum(world.sink.state.rcpt.values()) == 0


@pytest.mark.parametrize("mode", ["421", "535", "drop_at_mail"])
def test_whoever_only_waited_for_the_server_is_not_given_up(world, mode):
    people(world, *(f"k{n}@gmx.example" for n in range(3)), policies={"catch_up": "send"})
    world.sink.state.mode = mode
    start = utcnow()
    for hours in range(0, 24 * 9, 3):
        world.now = start + timedelta(hours=hours)
        world.send()
    mails = world.mails()
    assert {(m["state"], m["attempts"]) for m in mails} == {("due", 0)}
    world.sink.state.mode = "greylist"
    world.now = start + timedelta(days=9, hours=1)
    world.send()
    assert world.mails()[0]["state"] == "due"
    for minutes in (6, 12, 40):
        world.now = start + timedelta(days=9, hours=1, minutes=minutes)
        world.send()
    assert len(world.inbox) == 3


def test_a_recipient_at_whom_the_server_breaks_stops_nobody_else(world):
    people(world, *(f"k{n}@gmx.example" for n in range(5)))
    world.sink.state.modes = {"k0@gmx.example": "drop_at_rcpt"}
    world.send()
    assert len(world.inbox) == 4
    assert closed(world) == {}
    assert mail_to(world, "k0@gmx.example")["attempts"] == 1


def test_a_mail_sent_again_by_a_person_goes_also_after_a_refusal(world):
    people(world, "anna@gmx.example")
    world.sink.state.mode = "drop_after_dot"
    world.send()
    [mail] = world.mails()
    assert world.client.post(f"/api/v1/mails/{mail['id']}/resend").status_code == 200
    world.sink.state.mode = "greylist"
    world.sink.state.times = 2
    world.send()
    at(world, minutes=40)
    assert len(world.inbox) == 2
    assert world.mails()[0]["state"] == "sent"
