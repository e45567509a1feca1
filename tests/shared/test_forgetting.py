"""What every service stores beside its own tables is gone with the person it is about."""

import json

from sqlalchemy import insert, select

from shared.db import Database, new_id, utcnow
from shared.events.base import encode
from shared.events.followup import Unsubscribed
from shared.forgetting import forget
from shared.tables import dead_letters, idempotency_keys


def answer(database, key, body, headers=None):
    with database.transaction() as session:
        session.execute(
            insert(idempotency_keys).values(
                subject="user:anna",
                key=key,
                fingerprint="f",
                status=200,
                headers=headers or {},
                body=body,
                created_at=utcnow(),
            )
        )


def bury(database, raw):
    with database.transaction() as session:
        session.execute(
            insert(dead_letters).values(
                id=new_id(), name="x", body=raw, reason="r", failed_at=utcnow()
            )
        )


def letter(customer_id):
    event = Unsubscribed(customer_id=customer_id, way="link", occurred_at=utcnow())
    return encode(event, event_id=new_id(), time=utcnow())


def erase(database, *people):
    with database.transaction() as session:
        forget(session, people)


def answers(database):
    with database.reading() as session:
        return set(session.scalars(select(idempotency_keys.c.key)))


def letters(database):
    with database.reading() as session:
        return set(session.scalars(select(dead_letters.c.body)))


def test_answers_that_name_the_person_are_gone(customers: Database) -> None:
    gone, also_gone, other = new_id(), new_id(), new_id()
    answer(customers, "one", json.dumps({"id": str(gone), "last_name": "Müller"}).encode())
    answer(customers, "many", json.dumps([str(other), str(also_gone)]).encode())
    answer(customers, "shouted", str(gone).upper().encode())
    answer(customers, "undashed", b"x " + gone.hex.encode() + b" y")
    answer(customers, "place", b"", {"Location": f"/api/v1/customers/{gone}"})
    answer(customers, f"book-{gone}", b"{}")
    answer(customers, "other", json.dumps({"id": str(other)}).encode())
    answer(customers, "binary", bytes(range(256)))

    erase(customers, gone, also_gone)

    assert answers(customers) == {"other", "binary"}


def test_dead_letters_about_the_person_are_gone(customers: Database) -> None:
    gone, other = new_id(), new_id()
    kept = letter(other)
    for raw in (letter(gone), kept, b"\xff not an event"):
        bury(customers, raw)

    erase(customers, gone)

    assert letters(customers) == {kept, b"\xff not an event"}


def test_many_people_and_answers_are_forgotten_at_once(customers: Database) -> None:
    people = [new_id() for _ in range(1200)]
    for number, person in enumerate(people):
        answer(customers, str(number), str(person).encode())

    erase(customers, *people[:-1])

    assert answers(customers) == {"1199"}


def test_nobody_to_forget_is_nothing_to_do(customers: Database) -> None:
    answer(customers, "other", b"{}")

    erase(customers)

    assert answers(customers) == {"other"}
