"""Numbers without a country code are from the customer's country, else from that of the business."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from services.customers import models, worker
from shared.db import Database
from shared.testing import app_for, client_of
from tests.customers.conftest import BASE
from tests.customers.telling import taken

Business = Callable[[str], FlaskClient]


@pytest.fixture
def business_in(database: Database, tmp_path: Path) -> Business:
    """The customers service, started anew by a business of that country."""

    def business_in(country: str) -> FlaskClient:
        app = app_for("customers", database, tmp_path, business_country=country)
        return client_of(app, ("admin",))

    return business_in


def register(client: FlaskClient, **values: str) -> str:
    answer = client.post(BASE, json={"last_name": "Gruber", **values})
    assert answer.status_code == 201, answer.json
    return answer.json["id"]


def let_worker_start(client: FlaskClient, database: Database) -> None:
    """Run what a worker runs, until all stored numbers are read."""
    stop = threading.Event()
    threads = [
        threading.Thread(target=loop, args=(stop,))
        for loop in worker.loops(client.application.extensions["settings"], database)
    ]
    for thread in threads:
        thread.start()
    end = time.monotonic() + 20
    try:
        while _country_of_keys(database) != "AT" and time.monotonic() < end:
            time.sleep(0.02)
    finally:
        stop.set()
        for thread in threads:
            thread.join(20)


def _country_of_keys(database: Database) -> str | None:
    with database.reading() as session:
        return session.scalar(select(models.register.c.home_country))


def who_calls(client: FlaskClient, **named: str) -> str:
    return taken(client, customer=named)["customer_id"]


@pytest.mark.parametrize(
    ("country", "national", "international"),
    [
        ("DE", "0171 4567890", "+49 171 4567890"),
        ("AT", "0664 1234567", "+43 664 1234567"),
        ("CH", "079 123 45 67", "0041 79 1234567"),
    ],
)
def test_a_national_number_is_from_the_country_of_the_business(
    business_in: Business, country: str, national: str, international: str
) -> None:
    client = business_in(country)
    gruber = register(client, mobile=national)

    assert who_calls(client, phone=international) == gruber
    assert who_calls(client, phone=national) == gruber


def test_a_customer_with_a_country_has_numbers_from_there(business_in: Business) -> None:
    client = business_in("DE")
    gruber = register(client, mobile="0664 1234567", country="AT")

    assert who_calls(client, phone="+43 664 1234567") == gruber
    assert who_calls(client, phone="0664/1234567", country="AT") == gruber
    assert who_calls(client, phone="+49 664 1234567", last_name="Meier") != gruber


def test_who_moves_to_another_country_is_known_by_the_number_there(business_in: Business) -> None:
    client = business_in("DE")
    gruber = register(client, phone="01 5131234")
    etag = client.get(f"{BASE}/{gruber}").headers["ETag"]
    client.patch(f"{BASE}/{gruber}", json={"country": "AT"}, headers={"If-Match": etag})

    assert who_calls(client, phone="+43 1 5131234") == gruber


def test_another_country_in_the_setting_counts_for_numbers_that_are_stored(
    business_in: Business, database: Database
) -> None:
    before = business_in("DE")
    gruber = register(before, mobile="0664 1234567")
    meier = register(before, last_name="Meier", mobile="0171 4567890", country="DE")
    version = before.get(f"{BASE}/{gruber}").json["version"]

    client = business_in("AT")
    let_worker_start(client, database)

    assert client.get(f"{BASE}/{gruber}").json["version"] == version
    assert who_calls(client, phone="+43 664 1234567") == gruber
    assert who_calls(client, phone="+49 171 4567890") == meier
    assert client.get(BASE, query_string={"q": "+43 664"}).json["total"] == 1
