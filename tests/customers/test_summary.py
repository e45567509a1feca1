"""Quick information: sums that grow with each activity and are always what a recount would give."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.customers import actions, queries
from services.customers.actions import Activity, Description
from services.customers.activity import KINDS, Money
from services.customers.models import customers
from shared.db import Database, new_id, utcnow
from tests.customers.conftest import BASE
from tests.customers.telling import NOW, merge, taken


def summary(client: FlaskClient, customer_id: str) -> dict[str, Any]:
    response = client.get(f"{BASE}/{customer_id}/summary")
    assert response.status_code == 200, response.json
    return response.json


def test_somebody_new_has_no_visits_and_no_revenue(client: FlaskClient, create: Callable) -> None:
    customer = create(last_name="Müller", registered_at="2020-01-02T03:04:05Z")

    assert summary(client, customer["id"]) == {
        "registered_at": "2020-01-02T03:04:05Z",
        "last_visit_at": None,
        "contact_count": 0,
        "last_revenue": None,
        "total_revenue": {"amount": "0.00", "currency": "EUR"},
        "revenues": [],
    }


def test_quick_information_sums_up_the_timeline(client: FlaskClient) -> None:
    for days, kind, amount in (
        (3, "visit", "10.00"),
        (1, "order", "2.50"),
        (2, "call", None),
        (0, "note", None),
        (0, "mail", None),
        (1, "order", "-1.25"),
    ):
        answer = taken(
            client,
            kind=kind,
            occurred_at=(NOW - timedelta(days=days)).isoformat(),
            revenue=amount and {"amount": amount},
        )
    foreign = {"amount": "7.00", "currency": "CHF"}
    taken(client, occurred_at=(NOW - timedelta(days=9)).isoformat(), revenue=foreign)

    shown = summary(client, answer["customer_id"])

    assert datetime.fromisoformat(shown["last_visit_at"]) == NOW - timedelta(days=1)
    assert shown["contact_count"] == 5
    assert shown["last_revenue"] == {"amount": "-1.25", "currency": "EUR"}
    assert shown["total_revenue"] == {"amount": "11.25", "currency": "EUR"}
    assert shown["revenues"] == [foreign, {"amount": "11.25", "currency": "EUR"}]


def test_totals_are_in_the_currency_of_the_business(client_for: Callable) -> None:
    client = client_for("customers", business_currency="CHF")
    answer = taken(client, revenue={"amount": "5"})
    taken(client, revenue={"amount": "3", "currency": "EUR"})

    shown = summary(client, answer["customer_id"])

    assert shown["total_revenue"] == {"amount": "5.00", "currency": "CHF"}


def test_a_booking_to_come_is_a_contact_and_a_last_visit_once_its_time_has_come(
    client: FlaskClient, database: Database
) -> None:
    visit = taken(client, occurred_at=(NOW - timedelta(days=2)).isoformat())
    soon, late = NOW + timedelta(days=3), NOW + timedelta(days=30)
    for moment in (late, soon):
        taken(client, kind="booking", occurred_at=moment.isoformat())
    customer_id = UUID(visit["customer_id"])

    def last_visit(now: datetime) -> datetime | None:
        with database.reading() as session:
            return queries.summary_of(session, customer_id, now=now, currency="EUR").last_visit_at

    assert summary(client, visit["customer_id"])["contact_count"] == 3
    assert last_visit(NOW) == NOW - timedelta(days=2)
    assert last_visit(soon - timedelta(seconds=1)) == NOW - timedelta(days=2)
    assert last_visit(soon) == soon
    assert last_visit(late + timedelta(days=1)) == late


def test_a_summary_of_nobody_is_not_found(client: FlaskClient, create: Callable) -> None:
    customer = create(last_name="Müller")
    client.delete(f"{BASE}/{customer['id']}", headers={"If-Match": '"1"'})

    assert client.get(f"{BASE}/{customer['id']}/summary").status_code == 404
    assert client.get(f"{BASE}/{new_id()}/summary").status_code == 404


def test_after_a_merge_the_family_is_summed_up(client: FlaskClient, create: Callable) -> None:
    survivor, loser = create(last_name="Müller"), create(last_name="Mueller")
    for customer, amount in ((survivor, "10"), (loser, "5.50"), (loser, "1")):
        taken(client, customer={"id": customer["id"]}, revenue={"amount": amount})
    merge(client, survivor, loser)

    of_survivor, of_loser = summary(client, survivor["id"]), summary(client, loser["id"])

    assert of_survivor == of_loser
    assert of_survivor["contact_count"] == 3
    assert of_survivor["total_revenue"]["amount"] == "16.50"
    assert of_survivor["last_revenue"]["amount"] == "1.00"


class Told(NamedTuple):
    whose: int
    kind: str
    minutes: int
    revenue: Money | None


MINUTES = st.integers(-5, 5)
TOLD = st.builds(
    Told,
    st.integers(0, 2),
    st.sampled_from(KINDS),
    MINUTES,
    st.none()
    | st.builds(Money, st.integers(-(10**14) + 1, 10**14 - 1), st.sampled_from(["EUR", "CHF"])),
)


@given(
    told=st.lists(TOLD, max_size=25),
    merged_into=st.sampled_from([(None, None), (0, None), (0, 0), (0, 1)]),
    later=st.integers(0, 6),
)
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_what_was_added_up_is_what_a_recount_gives(
    database: Database,
    told: list[Told],
    merged_into: tuple[int | None, int | None],
    later: int,
) -> None:
    """In whatever order activities are told, whoever is merged, and whenever somebody asks."""
    with database.transaction() as session:
        nothing_stays = session.begin_nested()
        people = [
            actions.register_customer(session, {"last_name": name}, source="manual").id
            for name in ("A", "B", "C")
        ]
        known = []
        start = utcnow() + timedelta(seconds=30)  # so that no example stands on the edge of now
        for one in told:
            activity = actions.take_in(
                session,
                Description(id=people[one.whose]),
                Activity(
                    kind=one.kind,
                    source="pos",
                    by="Test",
                    occurred_at=start + timedelta(minutes=one.minutes),
                    revenue=one.revenue,
                ),
            ).activity
            known.append((one, activity))
        parents = dict(zip(people[1:], merged_into, strict=True))
        for person, into in parents.items():
            if into is not None:
                session.execute(
                    customers.update()
                    .where(customers.c.id == person)
                    .values(merged_into=people[into])
                )
        now = start + timedelta(minutes=later, seconds=-30)
        for family in _families(people, parents):
            expected = _recount([(o, a) for o, a in known if people[o.whose] in family], now)
            for person in family:
                shown = queries.summary_of(session, person, now=now, currency="EUR")
                assert (
                    shown.last_visit_at,
                    shown.contact_count,
                    shown.last_revenue,
                    dict(shown.revenues and ((m.currency, m.cents) for m in shown.revenues)),
                ) == expected
                assert shown.total_revenue == Money(expected[3].get("EUR", 0), "EUR")
        nothing_stays.rollback()


def _families(people: list[UUID], parents: dict[UUID, int | None]) -> Iterator[set[UUID]]:
    def root(person: UUID) -> UUID:
        into = parents.get(person)
        return person if into is None else root(people[into])

    for survivor in people:
        if root(survivor) == survivor:
            yield {person for person in people if root(person) == survivor}


def _recount(told: list[tuple[Told, Any]], now: datetime) -> tuple[Any, ...]:
    visits = [
        a.occurred_at
        for o, a in told
        if o.kind in ("visit", "order", "voucher", "booking") and a.occurred_at <= now
    ]
    contacts = ("visit", "order", "voucher", "booking", "call", "form")
    paid = [(a.occurred_at, a.id, o.revenue) for o, a in told if o.revenue is not None]
    totals: dict[str, int] = {}
    for _, _, money in paid:
        totals[money.currency] = totals.get(money.currency, 0) + money.cents
    return (
        max(visits, default=None),
        sum(o.kind in contacts for o, _ in told),
        max(paid)[2] if paid else None,
        totals,
    )
