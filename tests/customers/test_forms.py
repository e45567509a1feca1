"""What web forms bring becomes customers: nothing is refused or overwritten, nobody is signed up."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from random import Random
from uuid import UUID

import pytest

from shared.db import new_id, utcnow
from shared.events.followup import OptInAccepted, Unsubscribed
from shared.events.groups import FormSubmitted
from tests.customers.conftest import BASE
from tests.customers.telling import ACTIVITIES, defined, hear

ANN = {"first_name": "Ann", "last_name": "Müller", "email": "ann@example.de"}
YES = {"wording": "Ja, schreiben Sie mir.", "form": "Anfrage (/f/anfrage, 1)"}


def sent(fields=None, **more):
    return FormSubmitted(
        **{
            "submission_id": new_id(),
            "form_id": new_id(),
            "occurred_at": utcnow(),
            "fields": fields or ANN,
            "form_title": "Anfrage",
            **more,
        }
    )


@pytest.fixture
def everybody(client):
    def everybody():
        return client.get(f"{BASE}?active=all&sort=number").json["items"]

    return everybody


@pytest.fixture
def timeline(client):
    def timeline(customer):
        return client.get(f"{ACTIVITIES}?customer_id={customer['id']}").json["items"]

    return timeline


@pytest.fixture
def consent(client):
    def consent(customer):
        return client.get(f"{BASE}/{customer['id']}/opt-in").json

    return consent


def names(told):
    return [name for name, _ in told]


def test_a_stranger_becomes_a_customer(database, everybody, timeline, told):
    hear(database, defined("zimmer", "booking", "integer"))
    event = sent({**ANN, "birthday": "1980-12-24"}, attributes={"zimmer": 2})

    hear(database, event)

    [customer] = everybody()
    assert {name: customer[name] for name in ANN} == ANN
    assert (customer["birthday"], customer["sources"]) == ("1980-12-24", ["web_form"])
    assert customer["opt_in"]["state"] == "none"
    [activity] = timeline(customer)
    assert (activity["kind"], activity["source"]) == ("form", "web_form")
    assert activity["external_id"] == str(event.submission_id)
    assert (activity["description"], activity["attributes"]) == ("Anfrage", {"zimmer": 2})
    (name, registered), (second, recorded) = told()
    assert (name, registered["source"]) == ("customer_registered", "web_form")
    assert (second, recorded["external_id"]) == ("activity_recorded", str(event.submission_id))


def test_the_same_submission_twice_is_one_activity(database, everybody, timeline, consent):
    event = sent(consent=YES)

    hear(database, event, event)
    hear(database, event)

    [customer] = everybody()
    assert len(timeline(customer)) == 1
    assert len(consent(customer)["ledger"]) == 1


def test_somebody_known_is_found_and_keeps_what_is_there(database, create, read, timeline):
    customer = create(last_name="Mueller", email="ANN@example.de", phone="030 1234567")

    hear(database, sent({**ANN, "phone": "030 7654321", "note": "Bitte\nzurückrufen"}))

    known = read(customer["id"])
    assert (known["last_name"], known["phone"]) == ("Mueller", "030 1234567")
    assert known["first_name"] == "Ann"
    [activity] = timeline(customer)
    assert activity["description"].splitlines() == [
        "Anfrage",
        "Nachname: Müller",
        "Telefon: 030 7654321",
        "Bitte",
        "zurückrufen",
    ]


def test_where_several_fit_a_new_one_is_registered_and_found_again(database, create, everybody):
    twins = [create(last_name="Müller", email=ANN["email"]) for _ in range(2)]

    for _ in range(3):
        hear(database, sent())

    assert [one["id"] for one in everybody()[:2]] == [twin["id"] for twin in twins]
    assert len(everybody()) == 3


def test_of_a_family_with_one_mailbox_the_one_of_that_name_is_meant(
    database, create, everybody, timeline
):
    create(first_name="Bob", last_name="Müller", email=ANN["email"])
    ann = create(**ANN)

    hear(database, sent())

    assert len(everybody()) == 2
    assert len(timeline(ann)) == 1


def test_what_is_not_possible_here_stands_in_the_description(database, everybody, timeline):
    hear(database, sent({**ANN, "phone": "1"}, attributes={"unbekannt": "x"}))

    [customer] = everybody()
    assert customer["phone"] is None
    assert timeline(customer)[0]["description"] == "Anfrage\nTelefon: 1\nunbekannt: x"


def test_many_at_once_become_as_many_as_they_are(database, create, everybody):
    known = create(last_name="Alt", email="alt@example.de")
    events = [
        sent({"last_name": f"Neu {i % 100}", "email": f"neu{i % 100}@example.de"})
        for i in range(150)
    ]
    events.insert(70, sent({"email": "alt@example.de"}))

    hear(database, *events)

    assert len({one["id"] for one in everybody()} | {known["id"]}) == len(everybody())
    with database.reading() as session:
        from sqlalchemy import func, select

        from services.customers.models import customers

        assert session.scalar(select(func.count()).select_from(customers)) == 101


def test_fifty_submissions_of_one_new_person_at_once_make_one_customer(database, everybody):
    events = [sent(consent=YES) for _ in range(50)]

    with ThreadPoolExecutor(5) as threads:
        list(threads.map(lambda event: hear(database, event), events))

    assert len(everybody()) == 1


def test_batches_side_by_side_do_not_lock_each_other_out(database, create, everybody):
    known = [create(last_name=f"Alt {i}", email=f"alt{i}@example.de") for i in range(8)]

    def batch(number):
        people = [f"alt{i}" for i in range(8)] + [f"neu{i}" for i in range(8)]
        Random(number).shuffle(people)
        hear(
            database,
            *(
                sent({"last_name": who, "email": f"{who}@example.de"}, consent=YES)
                for who in people
            ),
        )

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(batch, range(8)))

    assert len(everybody()) == 16
    assert {one["id"] for one in known} <= {one["id"] for one in everybody()}


def test_agreeing_is_a_request_with_all_its_evidence(database, everybody, consent, told):
    event = sent(consent=YES, remote_address="192.0.2.7")

    hear(database, event)

    [customer] = everybody()
    state = consent(customer)
    assert state["state"] == "requested"
    [entry] = state["ledger"]
    assert entry["action"] == "requested"
    assert (entry["wording"], entry["form"]) == (YES["wording"], YES["form"])
    assert (entry["evidence"], entry["remote_address"]) == (str(event.submission_id), "192.0.2.7")
    assert (entry["way"], entry["email"]) == ("web_form", ANN["email"])
    [requested] = [data for name, data in told() if name == "opt_in_requested"]
    assert (requested["email"], requested["wording"]) == (ANN["email"], YES["wording"])


def test_without_a_mail_back_it_is_the_permission_itself(database, everybody, consent, told):
    hear(database, sent(consent=YES, double_opt_in=False))

    [customer] = everybody()
    assert consent(customer)["state"] == "confirmed"
    [confirmed] = [data for name, data in told() if name == "opt_in_confirmed"]
    assert confirmed["way"] == "web_form"


def test_who_has_ever_withdrawn_is_asked_even_so(database, everybody, consent):
    hear(database, sent(consent=YES, double_opt_in=False))
    [customer] = everybody()
    later = utcnow() + timedelta(seconds=1)
    hear(
        database,
        Unsubscribed(customer_id=UUID(customer["id"]), way="page", occurred_at=later, mail_id=None),
    )

    at = later + timedelta(seconds=1)
    hear(database, sent(consent=YES, double_opt_in=False, occurred_at=at))
    same_mailbox = {"last_name": "Andere", "phone": "030 1234567", "email": ANN["email"]}
    hear(database, sent(same_mailbox, consent=YES, double_opt_in=False, occurred_at=at))

    assert {consent(one)["state"] for one in everybody()} == {"requested"}


@pytest.mark.parametrize("double_opt_in", [True, False])
def test_who_has_agreed_already_gets_an_entry_and_nothing_else(
    database, everybody, consent, told, double_opt_in
):
    hear(database, sent(consent=YES))
    [customer] = everybody()
    hear(
        database,
        OptInAccepted(
            customer_id=UUID(customer["id"]),
            occurred_at=utcnow(),
            email=ANN["email"],
            wording=YES["wording"],
        ),
    )
    before = consent(customer)
    told()

    hear(database, sent(consent=YES, double_opt_in=double_opt_in))

    after = consent(customer)
    assert (after["state"], after["confirmed_at"]) == ("confirmed", before["confirmed_at"])
    assert [one["effective"] for one in after["ledger"]] == [True, True, False]
    assert names(told()) == ["activity_recorded"]


def test_who_is_inactive_stays_so(database, client, create, read):
    customer = create(**ANN)
    client.post(f"{BASE}/{customer['id']}/deactivate")

    hear(database, sent(consent=YES))

    assert read(customer["id"])["active"] is False
