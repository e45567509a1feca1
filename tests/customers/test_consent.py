"""Permission to write newsletters: asked for, given, withdrawn, and proved."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import permutations
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from werkzeug.test import TestResponse

from services.customers import actions
from services.customers.actions import Proof
from services.customers.handlers import on_opt_in_accepted, on_unsubscribed
from shared.db import Database
from shared.events.followup import OptInAccepted, Unsubscribed
from tests.customers.conftest import BASE

NOON = datetime(2026, 5, 3, 12, 0, 0, tzinfo=UTC)
Act = Callable[..., TestResponse]


@pytest.fixture
def customer(create: Callable) -> dict[str, Any]:
    return create(last_name="Müller", email="mueller@example.de")


@pytest.fixture
def act(client: FlaskClient, customer: dict[str, Any]) -> Act:
    """Do something about the customer's opt-in."""

    def act(action: str, **more: Any) -> TestResponse:
        return client.post(f"{BASE}/{customer['id']}/opt-in", json={"action": action, **more})

    return act


def clicked(
    customer: dict[str, Any], at: datetime, email: str = "mueller@example.de"
) -> OptInAccepted:
    return OptInAccepted(
        customer_id=UUID(customer["id"]),
        occurred_at=at,
        email=email,
        wording="Ja, gerne!",
        message_id="<1@example.de>",
        remote_address="192.0.2.1",
    )


def unsubscribed(customer: dict[str, Any], at: datetime) -> Unsubscribed:
    return Unsubscribed(customer_id=UUID(customer["id"]), way="one_click", occurred_at=at)


def test_asking_sends_an_invitation_with_the_wording(act: Act, told: Callable) -> None:
    told()

    response = act("request")

    assert response.status_code == 200
    assert response.json["state"] == "requested"
    assert response.json["requested_at"] == response.json["ledger"][0]["occurred_at"]
    (name, data), (changed, snapshot) = told()
    assert (name, data["email"]) == ("opt_in_requested", "mueller@example.de")
    assert "jederzeit widerrufen" in data["wording"]
    assert (changed, snapshot["customer"]["opt_in"]) == ("customer_changed", "requested")
    assert data["version"] == snapshot["version"] == 2


def test_a_form_asks_in_its_own_words(act: Act) -> None:
    [entry] = act("request", wording="Ja, bitte!", form="kontakt").json["ledger"]

    assert (entry["way"], entry["form"], entry["wording"]) == ("form", "kontakt", "Ja, bitte!")


def test_the_wordings_version_changes_with_the_wording(act: Act) -> None:
    act("request", wording="eins")
    act("request", wording="zwei")
    marks = [e["wording_version"] for e in act("request", wording="eins").json["ledger"]]

    assert marks[0] == marks[2] != marks[1]


def test_nobody_is_asked_without_an_address(client: FlaskClient, create: Callable) -> None:
    customer = create(last_name="Müller")

    response = client.post(f"{BASE}/{customer['id']}/opt-in", json={"action": "request"})

    assert response.status_code == 422
    assert "no e-mail address" in response.json["errors"]["action"][0]


def test_staff_confirms_only_with_evidence(act: Act, told: Callable) -> None:
    assert act("confirm").status_code == 422
    told()

    confirmed = act("confirm", evidence="Karte, unterschrieben am 3. Mai")

    assert confirmed.json["state"] == "confirmed"
    [entry] = confirmed.json["ledger"]
    assert (entry["action"], entry["way"], entry["by"]) == ("confirmed", "by_hand", "Test")
    assert entry["evidence"] == "Karte, unterschrieben am 3. Mai"
    assert [(name, d["version"]) for name, d in told()] == [
        ("opt_in_confirmed", 2),
        ("customer_changed", 2),
    ]


def test_who_has_agreed_is_not_asked_again(act: Act, told: Callable) -> None:
    act("confirm", evidence="Karte")
    told()

    response = act("request")

    assert response.json["state"] == "confirmed"
    assert [e["effective"] for e in response.json["ledger"]] == [True, False]
    assert told() == []


def test_withdrawing_is_told_once(act: Act, told: Callable) -> None:
    act("confirm", evidence="Karte")
    told()

    act("revoke", evidence="am Telefon")
    again = act("revoke")

    assert again.json["state"] == "revoked"
    assert [e["effective"] for e in again.json["ledger"]] == [True, True, False]
    assert [name for name, _ in told()].count("opt_in_revoked") == 1


def test_the_person_can_agree_again_after_withdrawing(act: Act) -> None:
    act("confirm", evidence="Karte")
    act("revoke")

    assert act("confirm", evidence="neue Karte").json["state"] == "confirmed"


def test_the_list_finds_by_opt_in(client: FlaskClient, customer: dict[str, Any], act: Act) -> None:
    act("confirm", evidence="Karte")

    def found(state: str) -> int:
        return client.get(BASE, query_string={"opt_in": state}).json["total"]

    assert (found("confirmed"), found("none")) == (1, 0)


def test_a_click_confirms_and_leaves_its_proof(
    client: FlaskClient, database: Database, customer: dict[str, Any], act: Act, told: Callable
) -> None:
    act("request")
    told()

    with database.transaction() as session:
        on_opt_in_accepted(session, [clicked(customer, NOON)])

    consent = client.get(f"{BASE}/{customer['id']}/opt-in").json
    assert (consent["state"], consent["confirmed_at"]) == ("confirmed", "2026-05-03T12:00:00Z")
    entry = consent["ledger"][1]
    assert entry["way"] == "click"
    assert (entry["wording"], entry["message_id"], entry["remote_address"]) == (
        "Ja, gerne!", "<1@example.de>", "192.0.2.1",
    )  # fmt: skip
    assert [name for name, _ in told()] == ["opt_in_confirmed", "customer_changed"]


def test_a_click_for_another_address_confirms_nothing(
    client: FlaskClient, database: Database, customer: dict[str, Any], told: Callable
) -> None:
    told()

    with database.transaction() as session:
        on_opt_in_accepted(session, [clicked(customer, NOON, "frueher@example.de")])

    consent = client.get(f"{BASE}/{customer['id']}/opt-in").json
    assert consent["state"] == "none"
    assert [(e["email"], e["effective"]) for e in consent["ledger"]] == [
        ("frueher@example.de", False)
    ]
    assert told() == []


def test_an_unsubscription_withdraws(
    client: FlaskClient, database: Database, customer: dict[str, Any], act: Act, told: Callable
) -> None:
    act("confirm", evidence="Karte")
    told()

    with database.transaction() as session:
        on_unsubscribed(session, [unsubscribed(customer, datetime.now(UTC))])

    consent = client.get(f"{BASE}/{customer['id']}/opt-in").json
    assert (consent["state"], consent["ledger"][-1]["way"]) == ("revoked", "one_click")
    assert [name for name, _ in told()] == ["opt_in_revoked", "customer_changed"]


def test_clicks_and_withdrawals_count_by_their_own_time_in_whatever_order_they_come(
    client: FlaskClient, create: Callable, database: Database
) -> None:
    """Yes, no, yes again: any order of arrival ends as the right one does."""
    happened = [(on_opt_in_accepted, clicked, 0), (on_unsubscribed, unsubscribed, 1)]
    happened += [(on_opt_in_accepted, clicked, 2)]
    ends = []
    for order in permutations(happened):
        customer = create(email="mueller@example.de")
        for handler, event, hour in order:
            with database.transaction() as session:
                handler(session, [event(customer, NOON + timedelta(hours=hour))])
        consent = client.get(f"{BASE}/{customer['id']}/opt-in").json
        ends.append((consent["state"], consent["revoked_at"]))

    assert set(ends) == {("confirmed", "2026-05-03T13:00:00Z")}


def test_no_yes_no_ends_as_a_no_in_whatever_order_it_comes(
    client: FlaskClient, create: Callable, database: Database
) -> None:
    happened = [(on_unsubscribed, unsubscribed, 0), (on_opt_in_accepted, clicked, 1)]
    happened += [(on_unsubscribed, unsubscribed, 2)]
    ends = set()
    for order in permutations(happened):
        customer = create(email="mueller@example.de")
        for handler, event, hour in order:
            with database.transaction() as session:
                handler(session, [event(customer, NOON + timedelta(hours=hour))])
        ends.add(client.get(f"{BASE}/{customer['id']}/opt-in").json["state"])

    assert ends == {"revoked"}


def test_a_withdrawal_stands_against_an_earlier_click_that_arrives_late(
    client: FlaskClient, database: Database, customer: dict[str, Any]
) -> None:
    with database.transaction() as session:
        on_unsubscribed(session, [unsubscribed(customer, NOON)])
    with database.transaction() as session:
        on_opt_in_accepted(session, [clicked(customer, NOON - timedelta(hours=1))])

    consent = client.get(f"{BASE}/{customer['id']}/opt-in").json
    assert consent["state"] == "revoked"
    assert [e["effective"] for e in consent["ledger"]] == [True, False]


def test_news_about_nobody_and_about_erased_persons_are_passed_over(
    client: FlaskClient, database: Database, customer: dict[str, Any]
) -> None:
    client.delete(f"{BASE}/{customer['id']}", headers={"If-Match": '"1"'})

    with database.transaction() as session:
        on_unsubscribed(
            session, [unsubscribed(customer, NOON), unsubscribed({"id": str(uuid4())}, NOON)]
        )

    with database.reading() as session:
        assert session.execute(text("SELECT count(*) FROM consent_ledger")).scalar() == 0


def test_many_clicks_are_taken_at_once(
    client: FlaskClient, database: Database, batch: Callable
) -> None:
    rows = [{"email": f"kunde{i}@example.de"} for i in range(300)]
    results = batch(*rows)

    with database.transaction() as session:
        on_opt_in_accepted(
            session,
            [clicked(r, NOON, row["email"]) for r, row in zip(results, rows, strict=True)],
        )

    assert client.get(BASE, query_string={"opt_in": "confirmed"}).json["total"] == 300


def test_not_even_the_database_lets_the_ledger_change(act: Act, database: Database) -> None:
    act("confirm", evidence="Karte")

    for forbidden in (
        "UPDATE consent_ledger SET action = 'revoked'",
        "UPDATE consent_ledger SET evidence = 'anders'",
        "UPDATE consent_ledger SET recorded_at = occurred_at, evidence = NULL, email = 'x'",
        "DELETE FROM consent_ledger",
    ):
        with pytest.raises(DBAPIError, match="only grows"), database.transaction() as session:
            session.execute(text(forbidden))
    assert len(act("revoke").json["ledger"]) == 2


def test_the_proof_prints_what_was_said_with_wording_way_and_time(
    client: FlaskClient, create: Callable, database: Database
) -> None:
    customer = create(first_name="Änne", last_name="Müller", email="aenne@example.com")
    path = f"{BASE}/{customer['id']}/opt-in"
    client.post(path, json={"action": "request", "wording": "Ja, *bitte* #let x = 1"})
    client.post(path, json={"action": "confirm", "evidence": "Karte vom 3. Mai"})
    moment = datetime(2026, 11, 22, 9, 34, 7, tzinfo=UTC)
    with database.transaction() as session:
        actions.revoke_opt_ins(session, [(UUID(customer["id"]), moment, Proof(way="click"))])

    answer = client.get(f"{path}/proof", headers={"Accept-Language": "de"})

    assert answer.content_type == "application/pdf"
    printed = " ".join(page.extract_text() for page in PdfReader(BytesIO(answer.data)).pages)
    for expected in (
        "Nachweis der Einwilligung", "Änne Müller", "aenne@example.com", "Ja, *bitte* #let x = 1",
        "Karte vom 3. Mai", "22.11.2026, 10:34:07 (UTC+0100)", "Klick des Kunden",
    ):  # fmt: skip
        assert expected in printed


def test_the_proof_prints_whatever_somebody_wrote(client: FlaskClient, create: Callable) -> None:
    customer = create(last_name='🎉 "]\\ #panic() $', email="a@example.com")
    path = f"{BASE}/{customer['id']}/opt-in"
    client.post(path, json={"action": "confirm", "evidence": '[#read("/etc/passwd")] 漢字 ' * 60})

    answer = client.get(f"{path}/proof")

    assert answer.data.startswith(b"%PDF")
    assert PdfReader(BytesIO(answer.data)).pages
