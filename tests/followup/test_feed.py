"""Newsletters go only while follow-up hears what customers say; service mails go in any case."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.followup.mailer import Mailer
from shared.db import utcnow

STALE = timedelta(seconds=61)


@pytest.fixture
def due(world):
    """A newsletter and a service mail for Anna, both due."""
    group = world.group()
    world.sequence(group, steps=[{"subject": "Angebote", "text": "Neu"}])
    world.sequence(group, purpose="service", steps=[{"subject": "Termin", "text": "Bald"}])
    world.join(world.customer(email="anna@example.de"), group)
    return world


def hand_over(world, now):
    """Without a beat, unlike `world.send()`."""
    mailer = Mailer(world.settings, world.database, clock=lambda: now)
    while mailer.step():
        pass


def sent(world):
    return sorted(mail["subject"] for mail in world.mails(state="sent"))


def test_while_nothing_is_heard_newsletters_wait_and_service_mails_go(due):
    now = utcnow() + STALE
    hand_over(due, now)
    assert sent(due) == ["Termin"]

    due.beat(now)
    hand_over(due, now)
    assert sent(due) == ["Angebote", "Termin"]


def test_a_late_beat_does_not_count_as_a_new_one(due):
    now = utcnow() + STALE
    due.beat(now - STALE)
    hand_over(due, now)
    assert sent(due) == ["Termin"]


def test_a_beat_that_overtakes_nothing_is_never_taken_back(due):
    now = utcnow()
    due.beat(now)
    due.beat(now - 2 * STALE)
    hand_over(due, now)
    assert sent(due) == ["Angebote", "Termin"]
