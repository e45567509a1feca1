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
from tests.console.browsing import PASSWORD, Person, untouched, words_of


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


LISTED = "Vorname;Nachname;E-Mail;Geburtstag;Gruppen\n"
CHOSEN = {
    "target-0": "first_name",
    "target-1": "last_name",
    "target-2": "email",
    "target-3": "birthday",
    "target-4": "groups",
    "create_missing": "y",
    "start_sequences": "yes",
    "mode": "upsert",
    "on_empty": "keep",
    "match_on": "id,number,email",
    "groups_mode": "add",
    "date_order": "",
}


def uploaded(anna: Person, text: str, name: str = "kunden.csv") -> str:
    """The address of the page that shows what was understood."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', anna.get("/imports").text)
    assert token
    file = (io.BytesIO(text.encode("cp1252")), name)
    return anna.client.post("/imports", data={"csrf_token": token[1], "file": file}).location


@pytest.fixture
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMPORT_MAX_MB", "3")


def test_a_file_may_be_as_large_as_the_page_says(
    small_files: None,
    system: Any,
    anna: Person,
) -> None:
    assert "bis 3 MB" in words_of(anna.get("/imports"))

    taken = uploaded(anna, "Nachname;Notiz\n" + "Böhm;Kennt alle\n" * 150_000)
    assert "/imports/" in taken
    for rows in (900_000, 2_000_000):
        assert uploaded(anna, "A;B\n" * rows) == "/imports"
        said = words_of(anna.get("/imports")).count("Die Datei ist größer als 3 MB.")
        assert said == 2, (
            "once beside the field for whom a script tells it, once because it happened"
        )
    assert system.http.get("/api/v1/imports").json()["total"] == 1


def mended(anna: Person, path: str, line: int, page: str, **fields: str) -> Any:
    """Send the form of one row, as the page does."""
    shown = anna.get(page).text
    form = shown[shown.index(f'id="row-{line}"') :]
    hidden = dict(re.findall(r'name="(csrf_token|version)" value="([^"]*)"', form)[:2])
    return anna.client.post(
        f"{path}/rows/{line}", data={**hidden, **fields}, headers={"HX-Request": "true"}
    )


def test_a_file_is_understood_previewed_and_imported(system: Any, anna: Person) -> None:
    path = uploaded(anna, LISTED + "Jörg;Böhm;joerg@example.com;;Reisen/Kreta\n;;kaputt;;\n")
    shown = words_of(anna.get(path))
    assert "2 Zeilen, 5 Spalten · CSV · Windows-1252" in shown
    assert "Semikolon ; · Überschrift in Zeile 1" in shown

    preview = words_of(anna.send(path, **CHOSEN))
    assert "Vorschau: das würde geschehen 1 neu" in preview
    assert "Gruppen, die es noch nicht gibt Reisen/Kreta 1 Zeile" in preview

    anna.send(f"{path}/start", page=path)
    assert "Der Import läuft" in words_of(anna.get(f"{path}/progress"))
    system.settle()
    assert "2 von 2 Zeilen" in words_of(anna.get(path))
    assert "kaputt" in words_of(anna.get(f"{path}/errors"))
    assert "kaputt" in anna.get(f"{path}/errors.csv").data.decode("utf-8-sig")
    assert "Böhm" in words_of(anna.get("/customers"))


def test_a_wrong_cell_is_corrected_beside_its_reason(system: Any, anna: Person) -> None:
    path = uploaded(anna, LISTED + "Jörg;Böhm;;31.02.1980;\n")
    anna.send(path, **CHOSEN)
    problems = anna.get(f"{path}/problems").text
    assert 'value="31.02.1980"' in problems
    assert 'aria-describedby="cell-2-3-error"' in problems

    wrong = mended(anna, path, 2, f"{path}/problems", **{"cell-3": "32.1.1980"})
    assert "noch nicht alles in Ordnung" in words_of(wrong)
    late = mended(anna, path, 2, f"{path}/problems", **{"cell-3": "1.1.1980", "version": "0"})
    assert "Jemand anderes hat diese Zeile inzwischen korrigiert." in words_of(late)
    right = mended(anna, path, 2, f"{path}/problems", **{"cell-3": "28.2.1980"})
    assert "jetzt in Ordnung" in words_of(right)
    assert "In der Datei: 31.02.1980" in words_of(right)
    assert "Keine Zeile hat (noch) ein Problem." in words_of(anna.get(f"{path}/problems"))


def test_rows_that_were_refused_are_corrected_and_imported_again(system: Any, anna: Person) -> None:
    path = uploaded(anna, LISTED + "Jörg;Böhm;;31.02.1980;\nAnna;Ähm;;;\n")
    anna.send(path, **CHOSEN)
    anna.send(f"{path}/start", page=path)
    system.settle()

    right = mended(anna, path, 2, f"{path}/problems", **{"cell-3": "28.2.1980"})
    assert "jetzt in Ordnung" in words_of(right)
    again = anna.send(f"{path}/again", page=path).location
    assert again != path
    assert "1 neu" in words_of(anna.send(again, **CHOSEN))
    anna.send(f"{again}/start", page=again)
    system.settle()

    assert "1 von 1 Zeilen" in words_of(anna.get(again))
    assert "Böhm" in words_of(anna.get("/customers"))
    assert f'href="{again}"' in anna.get(path).text


def test_an_unknown_group_is_sent_to_another_one(system: Any, anna: Person) -> None:
    anna.send("/groups/new", name="Stammkunden")
    path = uploaded(anna, LISTED + "Jörg;Böhm;;;Stammgast\nAnna;Ähm;;;Test\n")
    anna.send(path, **CHOSEN)
    chosen = {"group-0": "Stammgast", "group-choice-0": "map", "group-target-0": "Stammkunden"}
    chosen |= {"group-1": "Test", "group-choice-1": "ignore"}

    preview = words_of(anna.send(path, **CHOSEN, **chosen))
    assert "Stammkunden: 1" in preview
    anna.send(f"{path}/start", page=path)
    system.settle()

    assert [g["path"] for g in system.http.get("/api/v1/groups").json()["items"]] == ["Stammkunden"]


def test_an_export_whose_groups_were_edited_changes_these_groups_alone(
    system: Any, anna: Person
) -> None:
    made = system.http.post("/api/v1/customers", json={"last_name": "Böhm"}).json()
    rows = [{"customer_id": made["id"], "groups": ["Reisen", "Stammkunden"]}]
    body = {"rows": rows, "create_missing": True}
    assert system.http.post("/api/v1/memberships/batch", json=body).status_code == 200
    order = system.http.post("/api/v1/exports", json={"format": "csv"}).json()
    system.settle()
    exported = system.http.get(f"/api/v1/exports/{order['id']}/file").content.decode("utf-8-sig")
    edited = exported.replace("Reisen | Stammkunden", "Stammkunden | Neu")

    path = uploaded(anna, edited)
    anna.send(path, **untouched(anna.get(path)))
    anna.send(f"{path}/start", page=path)
    system.settle()

    found = system.http.get("/api/v1/memberships", params={"customer_id": made["id"]}).json()
    present = {one["group_path"] for one in found["items"] if one["until"] is None}
    assert present == {"Neu", "Stammkunden"}


def test_a_list_from_elsewhere_is_not_asked_what_was_edited_in_it(anna: Person) -> None:
    shown = anna.get(uploaded(anna, LISTED + "Jörg;Böhm;;;\n")).text

    assert 'value="replace"' in shown
    assert 'value="edited"' not in shown


def test_a_proof_of_consent_that_is_taken_back_counts_no_more(system: Any, anna: Person) -> None:
    path = uploaded(anna, LISTED + "Jörg;Böhm;joerg@example.com;;\n")
    anna.send(path, **CHOSEN, consent_wording="Messe 2026", profile="Messe")
    anna.send(path, **CHOSEN, consent_wording="", profile="")

    options = system.http.get(f"/api/v1{path}").json()["options"]
    assert (options["opt_in_evidence"], options["profile"]) == (None, None)


def test_who_would_get_mail_is_said_before_the_start(system: Any, anna: Person) -> None:
    group = system.http.post("/api/v1/groups", json={"name": "Newsletter"}).json()
    step = {"key": "eins", "delay": {"value": 0, "unit": "days"}, "subject": "Hallo"}
    sequence = {
        "name": "Reisepost",
        "purpose": "newsletter",
        "start_groups": [group["id"]],
        "steps": [step | {"html": "<p>Guten Tag</p><p>{{ unsubscribe_url }}</p>"}],
    }
    made = system.http.post("/api/v1/sequences", json=sequence).json()
    system.http.post(
        f"/api/v1/sequences/{made['id']}/activate", json={"existing_members": "ignore"}
    ).raise_for_status()
    system.settle()
    path = uploaded(
        anna,
        LISTED + "Jörg;Böhm;joerg@example.com;24.12.1980;Newsletter\nEva;Ähm;;;Newsletter\n",
    )

    preview = words_of(anna.send(path, **CHOSEN))

    assert "Reisepost 0 2 Die Sequenzen" in preview
    assert "Ja, sofort sicher" in preview
    assert "So werden Datumsangaben gelesen: Geburtstag: Tag, Monat, Jahr" in preview
    unwanted = words_of(anna.send(path, **CHOSEN | {"start_sequences": "no"}))
    assert "2: Sequenzen sollen nicht starten" in unwanted


def test_a_file_is_read_again_with_another_heading(system: Any, anna: Person) -> None:
    path = uploaded(anna, "Adressen 2025;;\nNachname;Vorname;Ort\nBöhm;Jörg;Ulm\n")
    assert "Überschrift in Zeile 2" in words_of(anna.get(path))

    anna.send(f"{path}/reading", page=path, heading_line="1", encoding="cp1252", delimiter=";")

    assert "Überschrift in Zeile 1" in words_of(anna.get(path))
    refused = anna.send(f"{path}/reading", page=path, heading_line="77")
    assert refused.status_code == 200
    assert "Überschrift in Zeile 1" in words_of(anna.get(path))


def test_customers_are_exported_and_the_file_downloaded(system: Any, anna: Person) -> None:
    anna.send("/groups/new", name="Reisen")
    group = system.http.get("/api/v1/groups").json()["items"][0]
    for name, active in (("Böhm", True), ("Still", False)):
        made = anna.send("/customers/new", last_name=name).location
        customer_id = made.rpartition("/")[2]
        if active:
            system.http.put(f"/api/v1/groups/{group['id']}/members/{customer_id}")
        else:
            anna.send(f"{made}/deactivate", page=made)
    system.settle()
    assert f'<option selected value="group:{group["id"]}">Reisen' in anna.get(
        f"/exports?group={group['id']}"
    ).text.replace("&gt;", ">")

    def exported(**fields: str) -> str:
        asked = {"kind": "csv:excel_de", "whom": "all", "sort": "number", **fields}
        path = anna.send("/exports", **asked).location
        system.settle()
        assert "Die Datei ist fertig" in words_of(anna.get(path))
        file = anna.get(f"{path}/file")
        assert file.headers["Content-Disposition"].startswith("attachment")
        return file.data.decode("utf-8-sig")

    everybody = exported()
    assert "Böhm" in everybody
    assert "Still" in everybody
    assert "Still" not in exported(whom="active")
    assert "Still" not in exported(whom=f"group:{group['id']}", subgroups="y")
    assert "Kundennummer,Aktiv" in exported(kind="csv:rfc4180")
    assert words_of(anna.get("/exports")).count("fertig") == 4


def test_a_file_that_is_none_is_refused_with_its_reason(system: Any, anna: Person) -> None:
    token = re.search(r'name="csrf_token" value="([^"]+)"', anna.get("/imports").text)
    assert token
    for name, content in (("bild.png", b"\x89PNG\r\n\x1a\n" + bytes(200)), ("leer.csv", b"")):
        for headers in ({"HX-Request": "true"}, {}):
            data = {"csrf_token": token[1], "file": (io.BytesIO(content), name)}
            refused = anna.client.post(
                "/imports", data=data, headers=headers, follow_redirects=True
            )
            assert refused.status_code == 200
            assert 'role="alert"' in refused.text
            assert name in words_of(refused)


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
