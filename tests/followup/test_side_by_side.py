"""Several workers at once: what two of them hear of one person at the same moment comes together."""

from __future__ import annotations

import threading

import pytest

from services.followup.handlers import HANDLERS
from shared.db import new_id


def at_the_same_time(world, first, second):
    """`second` is heard by another worker while the transaction that hears `first` is still open."""
    other = threading.Thread(target=world.hear, args=(second,))
    with world.database.transaction() as session:
        HANDLERS[type(first)](session, [first])
        other.start()
        other.join(1)
    other.join()


@pytest.mark.parametrize("person_first", [True, False])
def test_who_becomes_known_while_entering_the_group_gets_the_mail(world, person_first):
    group = world.group()
    world.sequence(group)
    anna = new_id()
    events = [world.snapshot(anna), world.joined(anna, group)]

    at_the_same_time(world, *(events if person_first else reversed(events)))
    world.send()

    assert len(world.inbox) == 1


@pytest.mark.parametrize("change_first", [True, False])
def test_who_allows_mails_while_entering_the_group_gets_the_mail(world, change_first):
    group = world.group()
    world.sequence(group)
    anna = world.customer(opt_in="none")
    events = [world.snapshot(anna, opt_in="confirmed"), world.joined(anna, group)]

    at_the_same_time(world, *(events if change_first else reversed(events)))
    world.send()

    assert len(world.inbox) == 1
