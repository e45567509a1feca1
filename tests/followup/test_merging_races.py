"""A merge while a mailer is at work: nothing more to the loser's address, and no step twice."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from services.followup.mailer import Mailer
from services.followup.models import Mail, MailState, Phase

STEPS = [{"key": f"step{n}", "subject": f"Mail {n}", "html": "<p>Hallo</p>"} for n in range(3)]


@pytest.fixture
def dialect():
    """With SQLite nobody else writes while a merge is heard."""
    return "postgresql"


@pytest.fixture
def in_hand(world):
    """Three mails in one lane's hands: phase → (customer, address). The server thinks about the first."""
    group = world.group()
    world.sequence(group, steps=STEPS[:2])
    snapshots = world.newcomers(group, 3)
    world.sink.state.mode, world.sink.state.delay_s = "slow", 1.0
    sending = threading.Thread(target=world.send)
    sending.start()
    while not world.sink.state.taken:
        time.sleep(0.01)
    addresses = {s.customer_id: s.customer.email for s in snapshots}
    with world.database.reading() as session:
        rows = session.execute(select(Mail.phase, Mail.customer_id)).all()
    yield {phase: (customer_id, addresses[customer_id]) for phase, customer_id in rows}
    sending.join()


def finished(world):
    while _open(world):
        time.sleep(0.02)


def _open(world):
    """Whether a mail is still to come, by one look."""
    with world.database.reading() as session:
        still = select(Mail.id).where(Mail.state.in_((MailState.DUE, MailState.SENDING)))
        return session.execute(still.limit(1)).first() is not None


@pytest.mark.parametrize("phase", [Phase.CLAIMED, Phase.BEGUN])
def test_a_mail_whose_body_is_not_on_its_way_goes_to_the_survivor(world, in_hand, phase):
    loser, address = in_hand[phase]
    anna = world.customer(email="anna@example.de")
    world.merge(anna, loser)
    finished(world)
    assert address not in [mail.to for mail in world.inbox]
    assert [mail.to for mail in world.inbox].count("anna@example.de") == 2
    assert {m["state"] for m in world.mails(customer_id=anna)} == {"sent"}


def test_a_mail_whose_body_is_on_its_way_is_finished_and_the_next_goes_to_the_survivor(
    world, in_hand
):
    loser, address = in_hand[Phase.DATA]
    anna = world.customer(email="anna@example.de")
    world.merge(anna, loser)
    finished(world)
    assert [mail.to for mail in world.inbox].count(address) == 1
    assert [mail.to for mail in world.inbox].count("anna@example.de") == 1
    assert [m["state"] for m in world.mails(customer_id=anna)] == ["sent", "sent"]


@pytest.mark.parametrize("races", [60, pytest.param(400, marks=pytest.mark.long)])
def test_merges_and_undoings_while_mails_go(world, races):
    """Pairs who are the same person, both in the series, are merged, and some separated, at any moment."""
    group = world.group()
    world.sequence(group, steps=STEPS)
    chance = random.Random(races)
    settings = world.settings.model_copy(update={"mail_connections": 3})
    stop = threading.Event()
    mailer = threading.Thread(target=Mailer(settings, world.database).run, args=(stop,))
    world.sink.state.mode, world.sink.state.delay_s = "slow", 0.01
    pairs = []
    had, undone = {}, set()

    def race(survivor, loser):
        time.sleep(chance.uniform(0, 0.8))
        world.merge(survivor.customer_id, loser.customer_id)
        had[loser.customer.email] = _sent_or_on_the_way(world, survivor, loser)
        if chance.random() < 0.3:
            undone.add(loser.customer.email)
            time.sleep(chance.uniform(0, 0.5))
            world.undo(survivor.customer_id, loser.customer_id)

    mailer.start()
    with ThreadPoolExecutor(6) as others:
        for _ in range(races // 20):
            people = world.newcomers(group, 40)
            some = list(zip(people[::2], people[1::2], strict=True))
            pairs += some
            list(others.map(lambda pair: race(*pair), some))
    end = time.monotonic() + 60
    while _open(world) and time.monotonic() < end:
        time.sleep(0.1)
    stop.set()
    mailer.join()

    got = Counter((mail.to, _subject(mail)) for mail in world.inbox)
    late, twice, missing = [], [], []
    for survivor, loser in pairs:
        addresses = survivor.customer.email, loser.customer.email
        before = had[loser.customer.email]
        for step in STEPS:
            counts = {address: got[address, step["subject"]] for address in addresses}
            ways = [address for address in addresses if (address, step["subject"]) in before]
            separate = loser.customer.email in undone
            if sum(counts.values()) > (2 if separate else max(1, len(ways))):
                twice.append((counts, ways))
            if max(counts.values()) > (2 if separate else 1):
                twice.append((counts, ways))
            if not any(counts.values()):
                missing.append((addresses, step["key"]))
            if counts[addresses[1]] and addresses[1] not in ways and not separate:
                late.append(addresses[1])
    print(f"{races} merges, {len(undone)} undone, {len(world.inbox)} mails")
    assert (late, twice, missing) == ([], [], [])
    assert {m["state"] for m in world.mails(limit=200)} <= {"sent", "skipped"}


def _sent_or_on_the_way(world, *people):
    """By address and subject, what nobody can take back any more."""
    addresses = {person.customer.email for person in people}
    by_id = {person.customer_id: person.customer.email for person in people}
    origin = func.coalesce(Mail.entered_as, Mail.customer_id)
    with world.database.reading() as session:
        going = session.execute(
            select(origin, Mail.subject).where(
                origin.in_(by_id), Mail.phase.in_((Phase.DATA, Phase.TAKEN))
            )
        ).all()
    # What was recorded before that look is in the inbox by now.
    arrived = {(mail.to, _subject(mail)) for mail in list(world.inbox)}
    return {(to, subject) for to, subject in arrived if to in addresses} | {
        (by_id[id_], subject) for id_, subject in going
    }


def _subject(mail):
    return mail.data.split(b"Subject: ")[1].split(b"\r\n")[0].decode()
