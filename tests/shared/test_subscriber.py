"""What a service does with messages, whatever road they came."""

from uuid import UUID

import pytest
from sqlalchemy import select, text

from shared.consumer import Passing, Subscriber
from shared.db import Database
from shared.events.customers import CustomerErased
from shared.outbox import Message
from shared.tables import dead_letters, inbox
from tests.shared.road import HANDLERS, noted, on_unsubscribed, raw

UNSUBSCRIBED = "followup.unsubscribed"


@pytest.fixture
def subscriber(customers: Database) -> Subscriber:
    return Subscriber("customers", customers, HANDLERS)


def message(way: str, **changes: object) -> Message:
    return Message(0, UUID(int=0), UNSUBSCRIBED, raw(way, **changes))


def buried(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(dead_letters.c.reason).order_by(dead_letters.c.id)))


def test_messages_are_handled_in_their_order(subscriber: Subscriber, customers: Database) -> None:
    subscriber.process([message("a"), message("b"), message("c")])

    assert noted(customers) == ["a", "b", "c"]


def test_a_message_that_comes_again_is_skipped(subscriber: Subscriber, customers: Database) -> None:
    first, second = message("first"), message("second")

    subscriber.process([first, first])
    subscriber.process([first, second])

    assert noted(customers) == ["first", "second"]


def test_a_failing_message_is_buried_and_the_rest_flows(
    subscriber: Subscriber, customers: Database
) -> None:
    subscriber.process([message("a"), message("fails"), message("b")])

    assert noted(customers) == ["a", "b"]
    assert buried(customers) == ["handler failed: RuntimeError: this one always fails"]


def test_a_buried_message_counts_as_unhandled(subscriber: Subscriber, customers: Database) -> None:
    subscriber.process([message("fails")])

    with customers.reading() as session:
        assert session.scalars(select(inbox)).all() == []


def test_a_message_buried_twice_is_one_dead_letter(
    subscriber: Subscriber, customers: Database
) -> None:
    failing, unreadable = message("fails"), Message(0, UUID(int=0), UNSUBSCRIBED, b"\xff{")

    subscriber.process([failing, unreadable])
    subscriber.process([failing, unreadable])

    assert len(buried(customers)) == 2


def test_what_a_newer_publisher_adds_is_skipped(
    subscriber: Subscriber, customers: Database
) -> None:
    newer = message("x", extra="new", data=None)
    newer = newer._replace(
        raw=newer.raw.replace(
            b'"data":null',
            b'"data":{"customer_id":"%s","way":"new","occurred_at":"2026-01-01T00:00:00Z","mood":1}'
            % str(UUID(int=1)).encode(),
        )
    )

    subscriber.process([newer])

    assert noted(customers) == ["new"]


def test_an_event_type_nobody_here_knows_is_passed_over(
    subscriber: Subscriber, customers: Database
) -> None:
    stranger = Message(0, UUID(int=0), "followup.dreamt", raw("x", type="followup.dreamt"))

    subscriber.process([stranger, message("known")])

    assert noted(customers) == ["known"]
    assert buried(customers) == []


def test_a_message_is_taken_for_what_its_envelope_says(
    subscriber: Subscriber, customers: Database
) -> None:
    """A dead letter that was put back arrives with the queue's name on it."""
    subscriber.process([message("put back")._replace(name="customers")])

    assert noted(customers) == ["put back"]


def test_events_of_one_type_are_handed_over_together(customers: Database) -> None:
    calls: list[tuple[str, int]] = []
    subscriber = Subscriber(
        "customers",
        customers,
        {
            type_: lambda _, events, name=type_.__name__: calls.append((name, len(events)))
            for type_ in (*HANDLERS, CustomerErased)
        },
    )
    erased = Message(
        0,
        UUID(int=0),
        CustomerErased.name,
        raw(
            "x",
            type=CustomerErased.name,
            data={
                "customer_id": str(UUID(int=1)),
                "version": 3,
                "occurred_at": "2026-01-01T00:00:00Z",
            },
        ),
    )

    subscriber.process([message("a"), message("b"), erased, message("c")])

    assert calls == [("Unsubscribed", 3), ("CustomerErased", 1)]


class TestWhenTheDatabaseDoesNotAnswer:
    @pytest.fixture
    def dialect(self) -> str:
        return "postgresql"

    def test_nothing_is_lost_and_nothing_is_buried(
        self, subscriber: Subscriber, customers: Database
    ) -> None:
        with customers.transaction() as session:
            session.execute(text("SELECT pg_advisory_xact_lock(4711)"))
            with pytest.raises(Passing):
                subscriber.process([message("a"), message("waits")])
            assert noted(customers) == []

        subscriber.process([message("a"), message("waits")])

        assert noted(customers) == ["a", "waits"]
        assert buried(customers) == []


def test_a_suspicious_message_that_does_no_harm_is_handled_once(
    subscriber: Subscriber, customers: Database
) -> None:
    good = [message("a"), message("b")]

    subscriber.process(good, suspicious=True)
    subscriber.process(good, suspicious=True)

    assert noted(customers) == ["a", "b"]
    with customers.reading() as session:
        assert session.execute(text("SELECT * FROM inbox_attempts")).all() == []


def test_a_message_that_takes_its_process_with_it_is_buried_at_last(customers: Database) -> None:
    class Death(BaseException):
        """As far as the database can tell, the process ends here."""

    def deadly(session: object, events: list[object]) -> None:
        if any(event.way == "kills" for event in events):  # type: ignore[attr-defined]
            raise Death
        on_unsubscribed(session, events)  # type: ignore[arg-type]

    def life() -> Subscriber:
        return Subscriber("customers", customers, dict.fromkeys(HANDLERS, deadly))

    batch = [message("before"), message("kills"), message("after")]
    deaths = 0
    for _ in range(20):
        try:
            life().process(batch, suspicious=deaths > 0)
        except Death:
            deaths += 1
        else:
            break

    assert 2 <= deaths <= 10
    assert noted(customers) == ["before", "after"]
    assert [reason.partition(":")[0] for reason in buried(customers)] == ["kills the process"]
