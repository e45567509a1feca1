"""The timeline: what happened with a customer, told by other systems and by our own mails."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from flask.testing import FlaskClient
from msgspec.structs import replace
from sqlalchemy import func, select

from services.customers.models import activities
from shared.db import Database, new_id, utcnow
from shared.events.base import Envelope, decode_data, encode
from shared.events.followup import MailSent, SequenceStarted
from shared.events.groups import AttributeRemoved
from tests.customers.conftest import BASE
from tests.customers.telling import ACTIVITIES, NOW, defined, hear, ids, merge, taken, tell
from tests.customers.test_hostile import BODIES


def timeline(client: FlaskClient, customer_id: str, **args: Any) -> dict[str, Any]:
    response = client.get(ACTIVITIES, query_string={"customer_id": customer_id, **args})
    assert response.status_code == 200, response.json
    return response.json


def test_an_activity_is_shown_as_it_was_told(client: FlaskClient, told: Callable) -> None:
    answer = taken(
        client,
        kind="order",
        source="online_order",
        occurred_at="2026-11-20T19:30:00+01:00",
        description="Tisch 4\nzwei Gäste",
        revenue={"amount": "1.234,50", "currency": "chf"},
        external_id="O-1",
    )

    activity = answer["activity"]
    recorded_at = activity.pop("recorded_at")
    assert activity == {
        "id": activity["id"],
        "customer_id": answer["customer_id"],
        "kind": "order",
        "source": "online_order",
        "external_id": "O-1",
        "occurred_at": "2026-11-20T18:30:00Z",
        "by": "Test",
        "description": "Tisch 4\nzwei Gäste",
        "revenue": {"amount": "1234.50", "currency": "CHF"},
        "attributes": {},
    }
    activity["recorded_at"] = recorded_at
    read = client.get(f"{ACTIVITIES}/{activity['id']}")
    assert read.json == activity
    assert timeline(client, answer["customer_id"])["items"] == [activity]
    assert read.headers["ETag"]
    assert told()[-1] == (
        "activity_recorded",
        {
            "customer_id": answer["customer_id"],
            "activity_id": activity["id"],
            "kind": "order",
            "source": "online_order",
            "occurred_at": "2026-11-20T18:30:00Z",
            "description": "Tisch 4\nzwei Gäste",
            "revenue": {"amount": "1234.50", "currency": "CHF"},
            "external_id": "O-1",
            "attributes": {},
        },
    )


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"amount": "12.50"}, "12.50"),
        ({"amount": "12,5", "currency": "EUR"}, "12.50"),
        ({"amount": 12.5}, "12.50"),
        ({"amount": 7}, "7.00"),
        ({"amount": "-0,05"}, "-0.05"),
        ({"amount": "0"}, "0.00"),
        ({"amount": "12.505,1"}, "12505.10"),
        ({"amount": "999999999999.99"}, "999999999999.99"),
    ],
)
def test_money_is_understood_as_it_is_written(client: FlaskClient, given: Any, kept: str) -> None:
    revenue = taken(client, revenue=given)["activity"]["revenue"]

    assert revenue == {"amount": kept, "currency": "EUR"}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"revenue": {"amount": 12.505}}, "revenue.amount"),
        ({"revenue": {"amount": "viel"}}, "revenue.amount"),
        ({"revenue": {"amount": "1000000000000"}}, "revenue.amount"),
        ({"revenue": {"amount": 1e300}}, "revenue.amount"),
        ({"revenue": {"amount": None}}, "revenue.amount"),
        ({"revenue": {"amount": True}}, "revenue.amount"),
        ({"revenue": {"currency": "EUR"}}, "revenue.amount"),
        ({"revenue": {"amount": "1", "currency": "EURO"}}, "revenue.currency"),
        ({"revenue": {"amount": "1", "currency": "E€R"}}, "revenue.currency"),
        ({"revenue": "12"}, "revenue._schema"),
        ({"kind": "party"}, "kind"),
        ({"kind": "sequence"}, "kind"),
        ({"source": "followup"}, "source"),
        ({"occurred_at": "2026-11-20T19:30:00"}, "occurred_at"),
        ({"occurred_at": 5}, "occurred_at"),
        ({"description": "x" * 10_001}, "description"),
        ({"description": "a\u0007"}, "description"),
        ({"external_id": ""}, "external_id"),
        ({"external_id": "x" * 201}, "external_id"),
        ({"attributes": []}, "attributes"),
        ({"attributes": {"zimmer": 1}}, "attributes.zimmer"),
        ({"customer": None}, "customer"),
        ({"customer": []}, "customer._schema"),
        ({"other": 1}, "other"),
    ],
)
def test_what_cannot_be_taken_is_named(client: FlaskClient, wrong: Any, field: str) -> None:
    refused = tell(client, **wrong)

    assert refused.status_code == 422, refused.json
    assert any(name.startswith(field.removesuffix("._schema")) for name in refused.json["errors"])


def test_refusals_speak_german_too(client: FlaskClient) -> None:
    refused = client.post(
        ACTIVITIES,
        json={"customer": {"email": "a@b.de"}, "kind": "visit", "revenue": {"amount": 1.234}},
        headers={"Accept-Language": "de"},
    )

    assert "kein Geldbetrag" in refused.json["errors"]["revenue.amount"][0]


def test_the_timeline_goes_page_by_page_from_the_newest(client: FlaskClient) -> None:
    told = [
        taken(client, occurred_at=(NOW - timedelta(days=days)).isoformat())
        for days in (3, 1, 2, 1, 5)
    ]
    customer_id = told[0]["customer_id"]

    first = timeline(client, customer_id, limit=2)
    second = timeline(client, customer_id, limit=2, cursor=first["next"])
    third = timeline(client, customer_id, limit=2, cursor=second["next"])

    in_order = [told[i]["activity"]["id"] for i in (3, 1, 2, 0, 4)]
    pages = [*first["items"], *second["items"], *third["items"]]
    assert ids(pages) == in_order
    assert (first["total"], third["next"]) == (5, None)


def test_the_timeline_can_be_of_one_kind_and_source(client: FlaskClient) -> None:
    visit, order = taken(client), taken(client, kind="order", source="online_order")
    customer_id = visit["customer_id"]

    of_kind = timeline(client, customer_id, kind="order")
    of_source = timeline(client, customer_id, source="pos")

    assert (ids(of_kind["items"]), of_kind["total"]) == ([order["activity"]["id"]], 1)
    assert ids(of_source["items"]) == [visit["activity"]["id"]]


def test_a_timeline_of_nobody_is_refused(client: FlaskClient) -> None:
    answers = [
        client.get(ACTIVITIES).status_code,
        client.get(f"{ACTIVITIES}?customer_id=x").status_code,
        client.get(f"{ACTIVITIES}?customer_id={new_id()}").status_code,
        client.get(f"{ACTIVITIES}/{new_id()}").status_code,
    ]
    customer_id = taken(client)["customer_id"]
    bad_cursor = client.get(f"{ACTIVITIES}?customer_id={customer_id}&cursor=abc").status_code

    assert [*answers, bad_cursor] == [422, 422, 404, 404, 422]


def test_the_whole_familys_timeline_is_one(client: FlaskClient, create: Callable) -> None:
    """Also over two steps: a into b, b into c."""
    a, b, c = (create(last_name=name) for name in ("Meier", "Maier", "Mayer"))
    told = [taken(client, customer={"id": one["id"]})["activity"]["id"] for one in (a, b, c)]
    merge(client, b, a)
    merge(client, c, b)

    for one in (a, b, c):
        page = timeline(client, one["id"], limit=2)
        rest = timeline(client, one["id"], limit=2, cursor=page["next"])
        assert ids([*page["items"], *rest["items"]]) == told[::-1]
        assert {item["customer_id"] for item in page["items"]} == {c["id"]}
    assert client.get(f"{ACTIVITIES}/{told[0]}").json["customer_id"] == c["id"]


class TestBookingAttributes:
    def test_they_are_read_by_their_type(self, client: FlaskClient, database: Database) -> None:
        hear(
            database,
            defined("personen", "booking", "integer"),
            defined("anreise", "booking", "date"),
            defined("zimmer", "booking", "choice", choices=["Einzel", "Doppel"]),
            defined("hund", "booking", "yes_no"),
            defined("vip", "customer", "yes_no"),
        )

        activity = taken(
            client,
            kind="booking",
            attributes={"personen": "2", "anreise": "24.12.2026", "zimmer": "doppel", "hund": "ja"},
        )["activity"]

        assert activity["attributes"] == {
            "personen": 2,
            "anreise": "2026-12-24",
            "zimmer": "Doppel",
            "hund": True,
        }
        history = timeline(client, activity["customer_id"], kind="booking")
        assert history["items"][0]["attributes"] == activity["attributes"]

    def test_what_is_wrong_is_named_by_its_key(
        self, client: FlaskClient, database: Database
    ) -> None:
        hear(
            database,
            defined("personen", "booking", "integer", required_staff=True),
            defined("plz", "booking", pattern="[0-9]{5}", pattern_hint="fünf Ziffern"),
            defined("vip", "customer", "yes_no"),
        )

        refused = tell(client, kind="booking", attributes={"plz": "x", "vip": True, "\u00ff": 1})

        assert refused.status_code == 422
        assert sorted(refused.json["errors"]) == [
            "attributes.personen",
            "attributes.plz",
            "attributes.vip",
            "attributes.\u00ff",
        ]

    def test_what_a_booking_needs_a_visit_does_not(
        self, client: FlaskClient, database: Database
    ) -> None:
        hear(database, defined("personen", "booking", "integer", required_staff=True))

        assert tell(client, kind="booking").status_code == 422
        assert tell(client, kind="booking", attributes={"personen": None}).status_code == 422
        assert tell(client, kind="visit").status_code == 201

    def test_a_booking_told_again_is_answered_as_before_whatever_bookings_need_by_now(
        self, client: FlaskClient, database: Database
    ) -> None:
        definition = defined("personen", "booking", "integer")
        hear(database, definition)
        booking = {"kind": "booking", "external_id": "B-1", "attributes": {"personen": 2}}
        first = taken(client, **booking)
        hear(database, replace(definition, key="gaeste", required_staff=True, version=2))

        again = tell(client, **booking)

        assert (again.status_code, again.json["activity"]) == (200, first["activity"])

    def test_news_that_come_late_change_nothing(
        self, client: FlaskClient, database: Database
    ) -> None:
        first = defined("personen", "booking", "integer")
        number = {"attribute_id": first.attribute_id, "key": "personen", "scope": "booking"}
        hear(database, replace(first, type="text", version=3))
        hear(database, first)

        activity = taken(client, attributes={"personen": "zwei"})["activity"]
        assert activity["attributes"] == {"personen": "zwei"}

        hear(database, AttributeRemoved(**number, version=4))
        hear(database, replace(first, type="text", version=3))
        assert tell(client, attributes={"personen": "zwei"}).status_code == 422
        kept = client.get(f"{ACTIVITIES}/{activity['id']}").json["attributes"]
        assert kept == {"personen": "zwei"}, "what was stored stays readable"


def mails(customer_ids: list[Any], subject: str = "Guten Tag") -> list[MailSent]:
    return [
        MailSent(customer_id=customer_id, mail_id=new_id(), subject_line=subject, occurred_at=NOW)
        for customer_id in customer_ids
    ]


def test_our_own_mails_and_sequences_appear_on_the_timeline(
    client: FlaskClient, database: Database, create: Callable, told: Callable
) -> None:
    customer = create(last_name="Müller")
    sequence = SequenceStarted(
        customer_id=customer["id"],
        enrolment_id=new_id(),
        sequence_id=new_id(),
        sequence_name="Willkommen",
        occurred_at=NOW - timedelta(minutes=1),
    )
    [mail] = mails([customer["id"]])
    told()

    for _ in range(2):
        hear(database, _decoded(sequence), _decoded(sequence))
        hear(database, _decoded(mail))

    shown = [
        (item["kind"], item["source"], item["description"], item["external_id"])
        for item in timeline(client, customer["id"])["items"]
    ]
    assert shown == [
        ("mail", "followup", "Guten Tag", str(mail.mail_id)),
        ("sequence", "followup", "Willkommen", str(sequence.enrolment_id)),
    ]
    assert timeline(client, customer["id"], source="followup", kind="sequence")["total"] == 1
    assert told() == [], "followup has told of it already"
    summary = client.get(f"{BASE}/{customer['id']}/summary").json
    assert summary["contact_count"] == 0


def test_mails_to_who_is_unknown_or_erased_are_left_out(
    client: FlaskClient, database: Database, create: Callable
) -> None:
    erased, stays = create(last_name="Müller"), create(last_name="Schmidt")
    client.delete(f"{BASE}/{erased['id']}", headers={"If-Match": '"1"'})

    hear(database, *map(_decoded, mails([erased["id"], str(new_id()), stays["id"]])))

    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(activities)) == 1


def test_thousands_of_mails_are_recorded_at_once(
    client: FlaskClient, database: Database, batch: Callable
) -> None:
    people = batch(*({"last_name": f"Kunde {i}"} for i in range(3_000)))
    sent = [_decoded(mail) for mail in mails([person["id"] for person in people])]

    started = utcnow()
    hear(database, *sent)
    took = utcnow() - started
    hear(database, *sent)

    assert took < timedelta(seconds=5)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(activities)) == 3_000
    assert timeline(client, people[17]["id"])["total"] == 1


def _decoded(event: Any) -> Any:
    """The event as it arrives."""
    data = msgspec.json.decode(encode(event, event_id=new_id(), time=NOW), type=Envelope).data
    return decode_data(type(event), data)


def test_no_body_breaks_the_intake(client: FlaskClient) -> None:
    wrong = {
        **BODIES,
        "NUL in the customer": b'{"customer": {"last_name": "a\\u0000"}, "kind": "visit"}',
        "deep attributes": b'{"customer": {"last_name": "a"}, "kind": "visit", "attributes": '
        + b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"}",
        "a huge amount": b'{"customer": {"last_name": "a"}, "kind": "visit", "revenue": {"amount": '
        + b"9" * 4_000 + b"}}",
        "a far amount": b'{"customer": {"last_name": "a"}, "kind": "visit", "revenue": '
        b'{"amount": 1e308}}',
        "a huge number": b'{"customer": {"number": ' + b"9" * 30 + b'}, "kind": "visit"}',
        "the year 1": b'{"customer": {"last_name": "a"}, "kind": "visit", '
        b'"occurred_at": "0001-01-01T00:00:00+23:59"}',
        "the last year": b'{"customer": {"last_name": "a"}, "kind": "visit", '
        b'"occurred_at": "9999-12-31T23:59:59-23:59"}',
        "a lone surrogate as a key": b'{"customer": {"last_name": "a"}, "kind": "visit", '
        b'"attributes": {"\\ud800": 1}}',
    }  # fmt: skip
    for name, body in wrong.items():
        answer = client.post(ACTIVITIES, data=body, content_type="application/json")
        assert answer.status_code in (400, 422), (name, answer.status_code)


def test_reading_and_telling_need_their_scopes(client_for: Callable) -> None:
    reader = client_for("customers", ("customers:read",))

    assert tell(reader).status_code == 403
    assert client_for("customers", None).get(ACTIVITIES).status_code == 401
