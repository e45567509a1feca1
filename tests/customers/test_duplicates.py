"""Pairs who may be one person: found, judged, dismissed, and gone when they are merged or erased."""

import threading
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete
from sqlalchemy.orm import Session

from services.customers import queries
from services.customers.actions.comparing import compare_due
from services.customers.config import Settings
from services.customers.worker import loops
from shared.db import Database
from shared.tables import outbox
from tests.customers.conftest import BASE

DUPLICATES = "/api/v1/duplicates"
JOERG = {"first_name": "Jörg", "last_name": "Müller", "email": "joerg@mueller.de"}


@pytest.fixture
def listed(client: FlaskClient) -> Callable[..., list[dict[str, Any]]]:
    def listed(**query: Any) -> list[dict[str, Any]]:
        response = client.get(DUPLICATES, query_string=query)
        assert response.status_code == 200, response.json
        assert response.json["total"] == len(response.json["items"])
        assert response.json["pending"] == 0
        return response.json["items"]

    return listed


@pytest.fixture
def numbers(listed: Callable) -> Callable[..., list[list[int]]]:
    """The pairs listed, as customer numbers."""

    def numbers(**query: Any) -> list[list[int]]:
        return [sorted(c["number"] for c in pair["customers"]) for pair in listed(**query)]

    return numbers


def test_a_fresh_pair_shows_at_once_with_reasons_in_words(
    client: FlaskClient, create: Callable, listed: Callable
) -> None:
    one = create(**JOERG)
    other = create(**{**JOERG, "first_name": "JOERG", "phone": "030 1234567"})

    [pair] = listed()

    assert pair["exact"]
    assert pair["score"] >= 95
    assert pair["customers"] == [one, other]
    assert pair["reasons"] == [
        {"kind": "same_name", "speaks": "for", "text": "same name"},
        {"kind": "same_email", "speaks": "for", "text": "same e-mail address"},
    ]
    german = client.get(DUPLICATES, headers={"Accept-Language": "de"}).json["items"][0]
    assert [r["text"] for r in german["reasons"]] == ["gleicher Name", "gleiche E-Mail-Adresse"]


FOUND_BY: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"last_name": "Müller", "email": "J@x.de"}, {"first_name": "Jörg", "email": "j@x.de",
                                                 "last_name": "Mueller"}),
    ({"last_name": "Lang", "phone": "030 1234567"}, {"last_name": "Lang", "mobile": "+49301234567"}),
    ({"last_name": "Lang", "mobile": "0171 1234567"}, {"last_name": "Lang", "mobile": "0171/1234567"}),
    ({"first_name": "Stefan", "last_name": "Meier"}, {"first_name": "Stephan", "last_name": "Mayer"}),
    ({"first_name": "Jörg", "last_name": "Voß"}, {"first_name": "Voss", "last_name": "Joerg"}),
    ({"company": "Weiß GmbH"}, {"company": "Weiss"}),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), FOUND_BY)
def test_pairs_are_found_by_what_they_share(
    create: Callable, numbers: Callable, one: dict, other: dict
) -> None:
    create(last_name="Ganz Anders", first_name="Zoë", phone="040 999999", email="z@x.de")
    create(**one)
    create(**other)

    assert numbers() == [[2, 3]]


def test_families_are_not_listed(create: Callable, numbers: Callable) -> None:
    shared = {"last_name": "Lang", "email": "familie@lang.de", "phone": "030 1234567"}
    for first_name in ("Bernd", "Sabine", "Paul", "Paula"):
        create(first_name=first_name, **shared)

    assert numbers() == []


def test_a_change_brings_a_pair_and_takes_it_away(
    create: Callable, change: Callable, numbers: Callable
) -> None:
    create(first_name="Jörg", last_name="Müller", email="joerg@mueller.de")
    other = create(first_name="Anna", last_name="Lang", email="anna@lang.de")
    assert numbers() == []

    other = change(other, first_name="Jörg", last_name="Müller").json
    assert numbers() == [[1, 2]]

    other = change(other, birthday="1980-02-03").json
    assert numbers() == [[1, 2]]

    change(other, first_name="Anna", last_name="Lang")
    assert numbers() == []


def test_a_batch_is_compared_as_single_customers_are(batch: Callable, numbers: Callable) -> None:
    batch(JOERG, match_on=["id"])
    batch({**JOERG, "phone": "030 1234567"}, match_on=["id"])
    batch({"email": "anna@lang.de"}, {"number": 1, "email": "anna@lang.de"}, match_on=["number"])

    assert numbers() == [[1, 3], [1, 2]]


def test_the_list_filters_and_pages_by_score(
    client: FlaskClient, create: Callable, numbers: Callable
) -> None:
    create(**JOERG)
    create(**JOERG)
    create(first_name="Stefan", last_name="Meier")
    create(first_name="Stephan", last_name="Mayer")
    meier = create(first_name="Stefan", last_name="Meier", phone="030 1234567")

    assert numbers() == [[1, 2], [3, 5], [4, 5], [3, 4]]
    assert numbers(exact="true") == [[1, 2]]
    assert numbers(min_score=61) == [[1, 2], [3, 5]]
    assert sorted(numbers(customer_id=meier["id"])) == [[3, 5], [4, 5]]
    assert numbers(exact="false", min_score=62) == [[3, 5]]
    seen, cursor = [], {}
    while True:
        page = client.get(DUPLICATES, query_string={"limit": 1, **cursor}).json
        assert page["total"] == 4
        seen += [item["score"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert len(seen) == 4
    assert seen == sorted(seen, reverse=True)


def test_a_dismissed_pair_stays_away_until_there_is_a_new_reason(
    client: FlaskClient, create: Callable, change: Callable, numbers: Callable, listed: Callable
) -> None:
    one = create(first_name="Stefan", last_name="Meier")
    other = create(first_name="Stephan", last_name="Mayer")
    numbers()
    pair = {"customers": [other["id"], one["id"]]}

    dismissed = client.post(f"{DUPLICATES}/dismiss", json=pair)

    assert dismissed.status_code == 200
    assert dismissed.json["dismissed_by"]
    assert numbers() == []
    assert numbers(dismissed="true") == [[1, 2]]
    other = change(other, city="Ulm", birthday="1980-02-03").json
    assert numbers() == []
    change(one, birthday="1980-02-03")
    assert numbers() == [[1, 2]]
    assert "same_birthday" in {r["kind"] for r in listed()[0]["reasons"]}


def test_a_dismissal_can_be_taken_back(
    client: FlaskClient, create: Callable, numbers: Callable
) -> None:
    pair = {"customers": [create(**JOERG)["id"], create(**JOERG)["id"]]}
    numbers()
    client.post(f"{DUPLICATES}/dismiss", json=pair)

    assert client.post(f"{DUPLICATES}/restore", json=pair).json["dismissed_at"] is None
    assert numbers() == [[1, 2]]


@pytest.mark.parametrize("verb", ["dismiss", "restore"])
def test_only_a_pair_can_be_dismissed(client: FlaskClient, create: Callable, verb: str) -> None:
    one, other = create(last_name="Lang")["id"], create(last_name="Vogel")["id"]

    unknown = client.post(f"{DUPLICATES}/{verb}", json={"customers": [one, other]})
    alone = client.post(f"{DUPLICATES}/{verb}", json={"customers": [one]})

    assert unknown.status_code == 404
    assert alone.status_code == 422


def test_pairs_vanish_with_an_erased_customer(
    client: FlaskClient, create: Callable, numbers: Callable
) -> None:
    one = create(**JOERG)
    create(**JOERG)
    assert numbers() == [[1, 2]]

    client.delete(f"{BASE}/{one['id']}", headers={"If-Match": f'"{one["version"]}"'})

    assert numbers() == []


def test_pairs_vanish_with_a_merge_and_come_back_when_it_is_undone(
    client: FlaskClient, create: Callable, numbers: Callable
) -> None:
    one = create(**JOERG)
    other = create(**JOERG)
    create(first_name="Jörg", last_name="Müller")
    assert len(numbers()) == 3

    merged = client.post(f"{BASE}/{one['id']}/merge", json={"duplicates": [other["id"]]})
    assert numbers() == [[1, 3]]

    client.post(f"/api/v1/operations/{merged.json['merges'][0]['operation_id']}/undo")
    assert sorted(numbers()) == [[1, 2], [1, 3], [2, 3]]


def test_a_common_name_is_compared_only_where_more_agrees(
    batch: Callable, numbers: Callable
) -> None:
    """Forty of one name are 780 pairs that say nothing."""
    batch(*({"first_name": "Thomas", "last_name": "Müller"} for _ in range(40)))
    batch(
        {"first_name": "Thomas", "last_name": "Müller", "postal_code": "10115"},
        {"first_name": "Tomas", "last_name": "Mueller", "postal_code": "10115"},
        {"first_name": "Thomas", "last_name": "Müller", "birthday": "1980-02-03"},
        {"first_name": "Tomas", "last_name": "Muller", "birthday": "1980-02-03"},
        {"first_name": "Thomas", "last_name": "Müller", "phone": "030 1234567"},
        {"first_name": "Thomas", "last_name": "Müller", "mobile": "030 1234567"},
    )

    assert sorted(numbers(limit=500)) == [[41, 42], [43, 44], [45, 46]]


def test_a_mailbox_that_many_share_is_compared_only_where_more_agrees(
    batch: Callable, numbers: Callable
) -> None:
    rows = [{"company": f"Hotel {i}", "email": "info@kette.de"} for i in range(35)]
    rows += [{**JOERG, "email": "info@kette.de"}, {**JOERG, "email": "info@kette.de"}]
    batch(*rows, match_on=["id"])

    assert numbers(limit=500) == [[36, 37]]


def test_clusters_hold_only_those_who_all_are_one_person(
    batch: Callable, numbers: Callable, session: Session
) -> None:
    eva = {"first_name": "Eva", "last_name": "Groß", "email": "eva@gross.de"}
    rows = batch(
        JOERG, JOERG, JOERG,
        {**eva, "birthday": "1980-02-03"}, eva, {**eva, "birthday": "1990-12-31"},
        {"last_name": "Allein", "first_name": "Anna"},
        match_on=["id"],
    )  # fmt: skip
    compare_due(session, 100)
    session.flush()
    ids = [UUID(row["id"]) for row in rows]

    assert queries.exact_clusters(session, 10) == [ids[:3], ids[3:5]]
    assert queries.exact_clusters(session, 1) == [ids[:3]]


def test_the_worker_compares_without_being_asked(database: Database, batch: Callable) -> None:
    batch(JOERG, JOERG, match_on=["id"])
    with database.transaction() as session:
        session.execute(delete(outbox))  # letters that wait go first
    stop = threading.Event()
    threads = [threading.Thread(target=loop, args=(stop,)) for loop in loops(Settings(), database)]
    for thread in threads:
        thread.start()
    try:
        give_up = time.monotonic() + 30
        while _pairs(database) == 0 and time.monotonic() < give_up:
            time.sleep(0.05)
    finally:
        stop.set()
        for thread in threads:
            thread.join(5)

    assert _pairs(database) == 1
    assert not any(thread.is_alive() for thread in threads)


def _pairs(database: Database) -> int:
    with database.reading() as session:
        return queries.count_pairs(session, queries.pair_list(session))
