"""The pages with all services behind them: what people type arrives, what is refused is said at its field."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from flask import Flask

from services.console import actions
from services.console.models import Role
from shared.db import Database
from tests.console.browsing import PASSWORD, Person, words_of


@pytest.fixture
def anna(system: Any, database_for: Callable[[str], Database]) -> Person:
    with database_for("console").transaction() as session:
        actions.create_user(session, login="anna", name="Anna", role=Role.owner, password=PASSWORD)
    person = Person(system.apps["console"])
    person.sign_in("anna")
    return person


def test_a_new_customer_gets_a_number_and_can_be_found(system: Any, anna: Person) -> None:
    made = anna.send("/customers/new", last_name="Müller-Lüdenscheidt", birthday="1950-02-28")
    assert made.status_code == 302
    shown = words_of(anna.get(made.location))

    assert "Müller-Lüdenscheidt" in shown
    assert "28.02.1950" in shown
    assert re.search(r"Nr\. \d+", shown)
    assert "Müller-Lüdenscheidt" in words_of(anna.get("/customers?q=mueller"))
    assert "Niemand gefunden" in words_of(anna.get("/customers?q=kloebner"))


def test_a_refused_value_is_said_at_its_field_and_nothing_typed_is_lost(
    system: Any, anna: Person
) -> None:
    refused = anna.send("/customers/new", last_name="Hahn", email="hahn@", city="Köln")

    assert "'hahn@' ist keine E-Mail-Adresse." in words_of(refused)
    assert 'aria-describedby="email-error"' in refused.text
    assert 'value="Köln"' in refused.text
    nobody = anna.send("/customers/new", first_name="Nur Vorname")
    assert nobody.status_code == 200
    assert system.http.get("/api/v1/customers").json()["total"] == 0


def test_sending_a_form_twice_makes_one_customer(system: Any, anna: Person) -> None:
    once = "8f6c1f3e-once"
    first = anna.send("/customers/new", last_name="Doppel", once=once)
    second = anna.send("/customers/new", last_name="Doppel", once=once)

    assert first.location == second.location
    assert system.http.get("/api/v1/customers").json()["total"] == 1


def test_a_deactivated_customer_is_marked_and_leaves_the_list(system: Any, anna: Person) -> None:
    path = anna.send("/customers/new", last_name="Still").location
    anna.send(f"{path}/deactivate", page=path)

    assert "Still" not in words_of(anna.get("/customers"))
    everyone = anna.get("/customers?active=all").text
    assert 'class="inactive"' in everyone
    assert "inaktiv" in everyone
    anna.send(f"{path}/reactivate", page=path)
    assert "Still" in words_of(anna.get("/customers"))


def test_asking_for_the_opt_in_sends_an_invitation(system: Any, anna: Person) -> None:
    path = anna.send("/customers/new", last_name="Gern", email="gern@example.com").location
    system.settle()
    asked = anna.send(f"{path}/opt-in", page=path, action="request")
    assert "angefragt" in words_of(asked)
    system.settle()

    assert [mail.to for mail in system.smtp.mails] == ["gern@example.com"]
    unproven = anna.send(f"{path}/opt-in", page=path, action="confirm", way="phone")
    assert "Bitte ausfüllen." in words_of(unproven)
    proven = anna.send(
        f"{path}/opt-in", page=path, action="confirm", way="phone", evidence="Anruf am Montag"
    )
    assert "am Telefon: Anruf am Montag" in words_of(proven)


def test_german_numbers_and_dates_are_understood_and_shown_again(system: Any, anna: Person) -> None:
    for label, kind in (("Budget", "decimal"), ("Hochzeit", "date"), ("VIP", "yes_no")):
        made = anna.send("/attributes/new", label_de=label, type=kind, scope="customer")
        assert made.status_code == 302
    path = anna.send("/customers/new", last_name="Reich").location
    typed = {"value-budget": "1.234,50", "value-hochzeit": "24.12.2001", "value-vip": "ja"}
    saved = words_of(anna.send(f"{path}/attributes", page=path, **typed))
    assert "1.234,5" in saved
    assert "24.12.2001" in saved

    wrong = anna.send(f"{path}/attributes", page=path, **typed | {"value-budget": "viel"})
    assert 'id="value-budget-error"' in wrong.text
    assert 'value="viel"' in wrong.text


def test_groups_are_made_moved_and_deleted(system: Any, anna: Person) -> None:
    top = anna.send("/groups/new", name="Reisen", colour="#0b6e69").location
    parent = top.rpartition("/")[2]
    below = anna.send("/groups/new", name="Kreta", parent_id=parent).location
    assert "Reisen" in words_of(anna.get(below))
    twice = anna.send("/groups/new", name="KRETA", parent_id=parent)
    assert twice.status_code == 200
    assert "is-invalid" in twice.text or 'role="alert"' in twice.text

    asked = anna.send(f"{top}/delete", page=top, version="1")
    assert "Gruppe behalten" in words_of(asked)
    anna.send(f"{top}/delete", page=top, version="1", cascade="1")
    assert "Noch keine Gruppen" in words_of(anna.get("/groups"))


def test_a_file_is_understood_previewed_and_imported(system: Any, anna: Person) -> None:
    text = "Vorname;Nachname;E-Mail;Gruppen\nJörg;Böhm;joerg@example.com;Reisen/Kreta\n;;kaputt;\n"
    token = re.search(r'name="csrf_token" value="([^"]+)"', anna.get("/imports").text)
    assert token
    uploaded = anna.client.post(
        "/imports",
        data={
            "csrf_token": token[1],
            "file": (io.BytesIO(text.encode("cp1252")), "kunden.csv"),
        },
    )
    path = uploaded.headers["HX-Redirect"]
    assert "2 Zeilen, 4 Spalten · CSV · Windows-1252" in words_of(anna.get(path))

    fields = {"target-0": "first_name", "target-1": "last_name", "target-2": "email"}
    fields |= {"target-3": "groups", "create_missing": "y", "start_sequences": "yes"}
    fields |= {"encoding": "cp1252", "delimiter": ";", "mode": "upsert", "on_empty": "keep"}
    fields |= {"match_on": "id,number,email", "groups_mode": "add"}
    preview = words_of(anna.send(path, **fields))
    assert "Vorschau: das würde geschehen 1 neu" in preview
    assert "Reisen/Kreta: 1 (neue Gruppe)" in preview

    anna.send(f"{path}/start", page=path)
    assert "Der Import läuft" in words_of(anna.get(f"{path}/progress"))
    system.settle()
    assert "2 von 2 Zeilen" in words_of(anna.get(path))
    assert "kaputt" in words_of(anna.get(f"{path}/errors"))
    assert "kaputt" in anna.get(f"{path}/errors.csv").data.decode("utf-8-sig")
    assert "Böhm" in words_of(anna.get("/customers"))


def test_a_file_that_is_none_is_refused_with_its_reason(system: Any, anna: Person) -> None:
    token = re.search(r'name="csrf_token" value="([^"]+)"', anna.get("/imports").text)
    assert token
    for name, content in (("bild.png", b"\x89PNG\r\n\x1a\n" + bytes(200)), ("leer.csv", b"")):
        refused = anna.client.post(
            "/imports", data={"csrf_token": token[1], "file": (io.BytesIO(content), name)}
        )
        assert refused.status_code == 200
        assert 'role="alert"' in refused.text


def test_what_nobody_has_heard_of_is_a_page_not_an_error(system: Any, anna: Person) -> None:
    nobody = "01a2032d-f46c-71a0-b0d9-643e0000021a"
    for path in ("customers", "groups", "attributes", "imports", "sequences", "mails"):
        answer = anna.get(f"/{path}/{nobody}")
        assert answer.status_code == 404, path
        assert "Das gibt es nicht (mehr)" in words_of(answer)
    for path in ("/customers/x", "/groups/%00", "/nowhere", "/customers?cursor=nonsense"):
        assert anna.get(path).status_code in (404, 422), path


def test_hostile_words_are_shown_as_words(system: Any, anna: Person) -> None:
    hostile = "<script>alert(1)</script>{{ 7*7 }}'\"&"
    path = anna.send("/customers/new", last_name=hostile, note=hostile).location
    anna.send("/groups/new", name="<b>fett</b>")

    for shown in (anna.get(path), anna.get("/customers"), anna.get("/groups")):
        assert "<script>alert" not in shown.text
        assert "<b>fett" not in shown.text
        assert "49" not in re.findall(r"\}\}(\d+)", shown.text)
    assert "&lt;script&gt;" in anna.get(path).text


class Unplugged(httpx.BaseTransport):
    """A network that is down."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("down", request=request)


def test_a_service_that_is_away_leaves_the_rest_of_the_console_standing(
    app_of: Callable[..., Flask], database_for: Callable[[str], Database]
) -> None:
    app = app_of("console", transport=Unplugged())
    with database_for("console").transaction() as session:
        actions.create_user(session, login="anna", name="Anna", role=Role.owner, password=PASSWORD)
    anna = Person(app)
    anna.sign_in("anna")

    away = anna.get("/customers")
    assert away.status_code == 503
    assert "Der Dienst für Kunden antwortet nicht." in words_of(away)
    assert away.headers["Retry-After"]
    assert anna.get("/").status_code == 200
    part = anna.get("/overview/mails", headers={"HX-Request": "true", "HX-Target": "mails-part"})
    assert "Der Dienst für E-Mails antwortet nicht." in words_of(part)
    assert 'id="mails-part"' in part.text
    assert anna.get("/users").status_code == 200
