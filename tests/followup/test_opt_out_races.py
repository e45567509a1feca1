"""After the answer to an opt-out no mail to that person starts, also one that is in a mailer's hands."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from services.followup.mailer import Mailer
from services.followup.models import Mail, Phase
from services.followup.tokens import Links
from shared.db import new_id


@pytest.fixture
def opt_out(world, client_for):
    """Unsubscribe by the link in the mail, or have staff block the address; returns when it was answered."""
    links = Links(world.settings)

    def opt_out(customer_id, address, by_staff=False):
        if by_staff:
            answer = client_for("followup").post("/api/v1/suppressions", json={"email": address})
        else:
            path = links.unsubscribe(customer_id, new_id()).partition("8080")[2]
            answer = client_for("followup", scopes=None).post(path)
        assert answer.status_code in (200, 201)
        return time.monotonic()

    return opt_out


@pytest.fixture
def in_hand(world):
    """Three mails in one lane's hands: phase → customer. The server thinks about the first for a second."""
    group = world.group()
    world.sequence(group)
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


def test_a_mail_not_begun_is_recalled_without_waiting(world, in_hand, opt_out):
    customer_id, address = in_hand[Phase.CLAIMED]
    opt_out(customer_id, address)
    assert world.mails(customer_id=in_hand[Phase.DATA][0])[0]["state"] == "sending"
    while world.mails(state="sending"):
        time.sleep(0.02)
    assert world.sink.state.rcpt[address] == 0
    assert [m["state"] for m in world.mails(customer_id=customer_id)] == ["skipped"]
    assert len(world.inbox) == 2


def test_a_mail_that_has_begun_is_waited_for(world, in_hand, opt_out):
    customer_id, address = in_hand[Phase.BEGUN]
    answered = opt_out(customer_id, address)
    assert world.sink.state.rcpt_at[address] < answered
    assert address in [mail.to for mail in world.inbox]


def test_a_recalled_mail_that_nothing_hinders_goes_again(world, in_hand):
    customer_id, address = in_hand[Phase.CLAIMED]
    world.hear(world.snapshot(customer_id, email=address, first_name="Berta"))
    while [m["state"] for m in world.mails()] != ["sent"] * 3:
        time.sleep(0.02)
    [mail] = [mail for mail in world.inbox if mail.to == address]
    assert b"Hallo Berta" in mail.data
    assert world.mails(customer_id=customer_id)[0]["attempts"] == 1


@pytest.mark.parametrize("races", [100, pytest.param(500, marks=pytest.mark.long)])
def test_no_mail_starts_after_the_answer_whenever_it_comes(world, opt_out, races):
    group = world.group()
    world.sequence(group)
    chance = random.Random(races)
    settings = world.settings.model_copy(update={"mail_connections": 2})
    stop = threading.Event()
    mailer = threading.Thread(target=Mailer(settings, world.database).run, args=(stop,))
    mailer.start()
    world.sink.state.mode = "slow"
    answered = {}

    def race(customer_id, address):
        time.sleep(chance.uniform(0, 0.6))
        world.sink.state.delay_s = chance.choice((0, 0.02, 0.05, 0.2))
        answered[address] = opt_out(customer_id, address, by_staff=chance.random() < 0.3)

    with ThreadPoolExecutor(10) as people:
        for _ in range(races // 20):
            snapshots = world.newcomers(group, 20)
            list(people.map(lambda s: race(s.customer_id, s.customer.email), snapshots))
    stop.set()
    mailer.join()

    told = world.sink.state.rcpt_at
    late = [address for address in told if told[address] > answered[address]]
    print(f"{races} opt-outs, {len(told)} mails before the answer, {len(late)} after it")
    assert len(answered) == races
    assert 0 < len(told) < races
    assert not late
    assert {m["state"] for m in world.mails(limit=500)} == {"sent", "skipped"}
