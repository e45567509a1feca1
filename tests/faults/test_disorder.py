"""All that services tell each other comes twice, late and in any order: in the end all is as if in order.

The same histories happen to two sets of people. What is told of the first arrives as it was told; what is
told of the second arrives in disorder. Then both must look alike at the doors.

Leaving a group or saying no ends a sequence for good: whether that came before or after entering is for the
order of the news to say. So service mails are compared where the news of one service about one person keeps
its order, as a queue keeps it; and newsletters never reach anybody who does not agree in the end.
"""

import random
from collections import Counter, defaultdict
from datetime import timedelta
from importlib import import_module

import pytest
from sqlalchemy import delete

from shared.consumer import Subscriber
from shared.db import utcnow
from shared.events import SUBSCRIPTIONS
from shared.outbox import waiting
from shared.tables import outbox
from tests.whole import SERVICES

PEOPLE = 25
YES = {"action": "confirm", "evidence": "Unterschrift vom 3. März", "wording": "Ja, bitte."}
NO = {"action": "revoke"}


class Disorder:
    """Delivers the events of all services: each twice, in any order, some much later."""

    def __init__(self, system, chance, *, queues_keep_order):
        self._system = system
        self._queues_keep_order = queues_keep_order
        self._chance = chance
        self._readers = {
            service: Subscriber(
                service,
                system.database_for(service),
                import_module(f"services.{service}.handlers").HANDLERS,
            )
            for service in SUBSCRIPTIONS
        }
        self._held = {service: [] for service in SUBSCRIPTIONS}
        self.delivered = 0

    def deliver(self):
        while self._collect() or any(self._held.values()):
            for service, letters in self._held.items():
                now, self._held[service] = self._some(letters)
                while now:
                    size = self._chance.randint(1, 20)
                    self._readers[service].process(now[:size])
                    self.delivered += len(now[:size])
                    now = now[size:]

    def _some(self, letters):
        """What comes now, and what later."""
        self._chance.shuffle(letters)
        half = len(letters) // 2 or len(letters)
        now, later = letters[:half], letters[half:]
        if self._queues_keep_order:
            # Of each person's news the oldest come first, in the places that chance has given them.
            now, later = self._in_order(now + later, half)
        return now, later

    def _in_order(self, letters, half):
        waiting_of = defaultdict(list)
        for letter in letters:
            waiting_of[self._told_of(letter)].append(letter)
        for some in waiting_of.values():
            some.sort(key=lambda letter: letter.id, reverse=True)
        ordered = [waiting_of[self._told_of(letter)].pop() for letter in letters]
        return ordered[:half], ordered[half:]

    def _told_of(self, letter):
        return letter.name.partition(".")[0], str(letter.body.get("customer_id"))

    def _collect(self):
        letters = []
        for service in SERVICES:
            with self._system.database_for(service).transaction() as session:
                letters += waiting(session, limit=100_000)
                session.execute(delete(outbox))
        for service, heard in SUBSCRIPTIONS.items():
            names = {event.name for event in heard}
            self._held[service] += [x for x in letters if x.name in names] * 2
        return len(letters)


class People:
    """Some customers, and what happens to each of them."""

    def __init__(self, http, name, groups):
        self._http = http
        self._groups = groups
        self.emails = [f"{name}{n}@example.org" for n in range(PEOPLE)]
        self.ids = [
            http.post("/api/v1/customers", json={"last_name": "Alt", "email": email}).json()["id"]
            for email in self.emails
        ]

    def live(self, seed):
        """The same seed, the same lives. Returns what was answered."""
        chance = random.Random(seed)
        answers = []
        lives = [
            (person, chance.choice(self.HAPPENINGS))
            for person in range(PEOPLE)
            for _ in range(chance.randint(3, 12))
        ]
        for person, happening in lives:
            answer = happening(self, self.ids[person], chance)
            answers.append((person, happening.__name__, answer.status_code))
        erased = chance.sample(range(PEOPLE), 3)
        return answers + [(n, "erase", self._erase(self.ids[n]).status_code) for n in erased]

    def _rename(self, person, chance):
        address = f"/api/v1/customers/{person}"
        version = self._http.get(address).headers["ETag"]
        return self._http.patch(
            address,
            json={"last_name": f"Neu{chance.randint(1, 99)}"},
            headers={"If-Match": version},
        )

    def _join(self, person, chance):
        return self._http.put(f"/api/v1/groups/{chance.choice(self._groups)}/members/{person}")

    def _leave(self, person, chance):
        return self._http.delete(f"/api/v1/groups/{chance.choice(self._groups)}/members/{person}")

    def _deactivate(self, person, chance):
        return self._http.post(f"/api/v1/customers/{person}/deactivate")

    def _reactivate(self, person, chance):
        return self._http.post(f"/api/v1/customers/{person}/reactivate")

    def _agree(self, person, chance):
        return self._http.post(f"/api/v1/customers/{person}/opt-in", json=YES)

    def _object(self, person, chance):
        return self._http.post(f"/api/v1/customers/{person}/opt-in", json=NO)

    def _erase(self, person):
        address = f"/api/v1/customers/{person}"
        version = self._http.get(address).headers["ETag"]
        return self._http.delete(address, headers={"If-Match": version})

    HAPPENINGS = [
        _rename,
        _join,
        _join,
        _leave,
        _deactivate,
        _reactivate,
        _reactivate,
        _agree,
        _object,
    ]

    def seen(self):
        """What the doors say about each of them, without what differs between any two people."""
        return [self._seen(*who) for who in enumerate(self.ids)]

    def _seen(self, number, person):
        customer = self._get(f"/api/v1/customers/{person}")
        members = self._items("/api/v1/memberships", person)
        return {
            "person": number,
            "customer": [customer.get(k) for k in ("last_name", "active", "version", "gone")],
            "consent": customer.get("opt_in", {}).get("state"),
            "customers knows the groups": sorted(g["path"] for g in customer.get("groups", [])),
            "groups": sorted(m["group_path"] for m in members if m["until"] is None),
            "followup knows": {
                tuple(way["customer"][k] for k in ("last_name", "active"))
                for way in self._items("/api/v1/enrolments", person)
                if way["customer"]
            },
        }

    def who_got(self, subject):
        return [
            sum(
                mail["state"] == "sent" and mail["subject"] == subject
                for mail in self._items("/api/v1/mails", person)
            )
            for person in self.ids
        ]

    def _items(self, path, person):
        return self._get(path, customer_id=person, limit=100)["items"]

    def _get(self, path, **query):
        answer = self._http.get(path, params=query)
        return answer.json() if answer.is_success else {"gone": answer.status_code}


@pytest.fixture
def groups(system):
    """A group with one below it. Who enters gets a service mail, and news if they agreed to it."""
    above = system.http.post("/api/v1/groups", json={"name": "Kunden"}).json()["id"]
    below = system.http.post("/api/v1/groups", json={"name": "Reisen", "parent_id": above}).json()
    for purpose, group in (("service", above), ("newsletter", below["id"])):
        sequence = {
            "name": purpose,
            "purpose": purpose,
            "start_groups": [group],
            "include_subgroups": True,
            "steps": [{"key": "one", "delay": {"value": 0, "unit": "minutes"},
                       "subject": purpose, "text": "Guten Tag"}],
        }  # fmt: skip
        made = system.http.post("/api/v1/sequences", json=sequence)
        assert made.status_code == 201, made.text
        begun = system.http.post(
            f"/api/v1/sequences/{made.json()['id']}/activate",
            json={"existing_members": "ignore"},
        )
        assert begun.status_code == 200, begun.text
    system.drain()
    return [above, below["id"]]


@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(n, marks=pytest.mark.long) for n in range(2, 5))]
)
@pytest.mark.parametrize("queues_keep_order", [True, False])
def test_disorder_ends_as_order_does(system, groups, ledger, seed, queues_keep_order):
    ledger.fault = "events twice and in any order" + (
        " between services and people" if queues_keep_order else ""
    )
    orderly, disorderly = (People(system.http, name, groups) for name in ("order", "chaos"))
    disorder = Disorder(system, random.Random(seed), queues_keep_order=queues_keep_order)
    system.drain()

    answers = orderly.live(seed)
    system.drain()
    assert disorderly.live(seed) == answers
    assert {status for _, _, status in answers} <= {200, 204}
    disorder.deliver()
    system.now = utcnow() + timedelta(minutes=1)
    system.send_mails()
    disorder.deliver()

    ledger.kills, ledger.attempted = disorder.delivered, PEOPLE
    copies = Counter((mail.to, mail.message_id) for mail in system.smtp.mails)
    ledger.double = sum(copies.values()) - len(copies)
    expected, found = orderly.seen(), disorderly.seen()
    ledger.effects = sum(1 for one, other in zip(expected, found, strict=True) if one == other)
    assert found == expected
    assert ledger.double == 0
    news = disorderly.who_got("newsletter")
    agreed = [one["consent"] == "confirmed" for one in found]
    assert all(agrees for count, agrees in zip(news, agreed, strict=True) if count)
    if queues_keep_order:
        assert disorderly.who_got("service") == orderly.who_got("service")
        assert any(orderly.who_got("service"))
