"""Events of one type come together, and nobody's events change their order."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from shared.consumer.runs import runs_of
from shared.db import utcnow
from shared.events import Event
from shared.events.customers import CustomerDeactivated, CustomerReactivated
from shared.events.groups import GroupDeleted

NOW = utcnow()


def off(customer: int, version: int = 1) -> Event:
    return CustomerDeactivated(customer_id=UUID(int=customer), version=version, occurred_at=NOW)


def on(customer: int, version: int = 2) -> Event:
    return CustomerReactivated(customer_id=UUID(int=customer), version=version, occurred_at=NOW)


def gone(group: int) -> Event:
    return GroupDeleted(group_id=UUID(int=group), version=1)


def kinds(events: list[Event]) -> list[tuple[str, int]]:
    return [(type(run[0]).__name__, len(run)) for run in runs_of(events)]


def test_mixed_events_of_different_customers_come_by_type() -> None:
    mixed = [event for n in range(50) for event in (off(2 * n), on(2 * n + 1))]

    assert kinds(mixed) == [("CustomerDeactivated", 50), ("CustomerReactivated", 50)]


def test_what_follows_for_the_same_customer_comes_after() -> None:
    events = [off(1), on(1), off(2), off(1, 3)]

    assert runs_of(events) == [[off(1), off(2)], [on(1)], [off(1, 3)]]


def test_what_is_about_no_customer_keeps_its_place() -> None:
    events = [off(1), gone(1), gone(2), off(2), gone(3), on(3)]

    assert runs_of(events) == [[off(1)], [gone(1), gone(2)], [off(2)], [gone(3)], [on(3)]]


@given(st.lists(st.tuples(st.sampled_from([off, on]), st.integers(1, 4)), max_size=30))
def test_nobodys_events_change_their_order(chosen: list) -> None:
    events = [make(customer, version) for version, (make, customer) in enumerate(chosen)]

    handled = [event for run in runs_of(events) for event in run]

    assert sorted(handled, key=events.index) == events
    for customer in range(1, 5):
        its = [e.version for e in handled if e.customer_id == UUID(int=customer)]
        assert its == sorted(its)
    assert all(len({type(event) for event in run}) == 1 for run in runs_of(events))
