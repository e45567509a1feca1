"""After the answer to a declined topic no mail by it starts, also one that is in a mailer's hands."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from services.followup.mailer import Mailer
from services.followup.tokens import Links
from shared.db import new_id
from shared.events.groups import GroupCreated


@pytest.mark.parametrize("races", [60, pytest.param(500, marks=pytest.mark.long)])
def test_no_mail_starts_after_the_answer_whenever_it_comes(world, client_for, races):
    topic = new_id()
    world.hear(
        GroupCreated(group_id=topic, version=1, group_name="Neues", path="Neues", topic=True)
    )
    world.sequence(topic)
    links = Links(world.settings)
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
        path = links.preferences(customer_id).partition("8080")[2]
        answer = client_for("followup", scopes=None).post(path, json={"declined": [str(topic)]})
        assert answer.status_code == 200
        answered[address] = time.monotonic()

    with ThreadPoolExecutor(10) as people:
        for _ in range(races // 20):
            snapshots = world.newcomers(topic, 20)
            list(people.map(lambda s: race(s.customer_id, s.customer.email), snapshots))
    stop.set()
    mailer.join()

    told = world.sink.state.rcpt_at
    late = [address for address in told if told[address] > answered[address]]
    print(f"{races} declined, {len(told)} mails before the answer, {len(late)} after it")
    assert len(answered) == races
    assert 0 < len(told) < races
    assert not late
    assert {m["state"] for m in world.mails(limit=500)} == {"sent", "skipped"}
