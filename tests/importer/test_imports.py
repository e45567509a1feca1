"""A file is understood, corrected, previewed and imported."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from shared import outbox

EXAMPLE = Path(__file__).parents[2] / "examples" / "kundenliste.csv"


def by_name(importer, name):
    found = [one for one in importer.services.customers.values() if one.get("last_name") == name]
    assert len(found) == 1, found
    return found[0]


def test_the_example_list_comes_in_with_groups_and_values(importer):
    ended = importer.imported(EXAMPLE.read_bytes())

    assert ended["state"] == "finished"
    assert ended["progress"] == {
        "rows_total": 500, "rows_done": 500, "created": 491, "updated": 0, "unchanged": 0,
        "failed": 9, "conflicts": 0,
    }  # fmt: skip
    services = importer.services
    assert len(services.customers) == len(services.members) == len(services.values) == 491
    assert "Reiseangebote/Österreich/Skifahren" in services.groups
    assert all(
        set(values) == {"budget", "stil", "letzte_reise", "vielflieger"}
        for values in services.values.values()
    )
    assert {problem["row"] for problem in importer.problems(ended)} == {
        25,
        95,
        139,
        218,
        284,
        324,
        397,
        451,
        492,
    }


def test_what_was_understood_is_shown_before_anything_is_written(importer):
    found = importer.upload(EXAMPLE.read_bytes(), filename="kundenliste.csv")

    assert found["state"] == "ready"
    assert found["filename"] == "kundenliste.csv"
    detected = found["detected"]
    assert (detected["format"], detected["encoding"], detected["delimiter"]) == (
        "csv",
        "cp1252",
        ";",
    )
    assert detected["rows"] == 500
    targets = {column["name"]: column["target"] for column in detected["columns"]}
    assert targets["Straße"] == "street"
    assert targets["OptIn bestätigt"] == "opt_in_confirmed_at"
    assert targets["Reisebudget"] == "attribute:budget"
    assert not importer.services.customers


def test_german_values_are_written_in_their_one_form(importer):
    importer.imported(
        "Anrede;Vorname;Nachname;Land;Geburtstag;Sprache;Aktiv;Registriert;Reisebudget;Vielflieger\r\n"
        "Herrn;Jörg;Müller;Österreich;4.3.65;Deutsch;nein;24.12.2020 18:30;1.234,5;ja\r\n"
    )

    customer = by_name(importer, "Müller")
    assert customer["salutation"] == "Herr"
    assert customer["country"] == "AT"
    assert customer["birthday"] == "1965-03-04"
    assert customer["language"] == "de"
    assert customer["active"] is False
    assert customer["registered_at"] == "2020-12-24T17:30:00Z"
    assert importer.services.values[customer["id"]] == {"budget": "1234.50", "vielflieger": True}


def test_a_refused_row_names_column_value_and_reason_and_stops_nobody(importer):
    ended = importer.imported(
        "Nachname;E-Mail;Geburtstag\r\n"
        "Gut;gut@example.com;\r\n"
        "Schlecht;kein-at;31.02.1974\r\n"
        "Auch gut;;\r\n",
        language="de",
    )

    assert ended["progress"]["created"] == 2
    assert ended["progress"]["failed"] == 1
    [problem] = importer.problems(ended, language="de")
    assert problem["row"] == 3
    assert problem["column"] == "Geburtstag"
    assert problem["value"] == "31.02.1974"
    assert "gibt es im Kalender nicht" in problem["reason"]


def test_the_error_file_can_be_corrected_and_imported_again(importer):
    first = importer.imported(
        "Nachname;E-Mail;Telefon;Notiz\r\n"
        "Gut;gut@example.com;;\r\n"
        'Größe;kein-at;+49 30 23125-1;"zwei\r\nZeilen; =1+1"\r\n'
    )
    content = importer.error_file(first)

    assert content.startswith(b"\xef\xbb\xbf")
    heading, row = csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";")
    assert heading == ["Nachname", "E-Mail", "Telefon", "Notiz", "Fehler"]
    assert row[:4] == ["Größe", "kein-at", "'+49 30 23125-1", "zwei\nZeilen; =1+1"]
    assert "kein-at" in row[4]

    second = importer.imported(content.replace(b"kein-at", b"groesse@example.com"))

    assert second["progress"]["created"] == 1
    assert second["progress"]["failed"] == 0
    customer = by_name(importer, "Größe")
    assert customer["phone"] == "+49 30 23125-1"
    assert customer["note"] == "zwei\nZeilen; =1+1"


def test_an_error_file_has_only_one_column_of_errors_however_often_it_comes_round(importer):
    first = importer.imported("Nachname;E-Mail\r\nA;x\r\n")
    second = importer.imported(importer.error_file(first))

    assert second["progress"]["failed"] == 1
    assert (
        importer.error_file(second).decode("utf-8-sig").splitlines()[0] == "Nachname;E-Mail;Fehler"
    )


def test_the_same_file_again_changes_nothing(importer):
    importer.imported(EXAMPLE.read_bytes())
    again = importer.imported(EXAMPLE.read_bytes())

    assert again["progress"]["created"] == 0
    assert again["progress"]["unchanged"] == 491
    assert len(importer.services.customers) == 491


def test_missing_columns_and_empty_cells_leave_data_alone_and_a_word_clears(importer):
    importer.imported("Nachname;E-Mail;Ort;Notiz\r\nMeier;m@example.com;Bonn;Stammgast\r\n")
    importer.imported("Nachname;E-Mail;Ort;Notiz\r\n;m@example.com;;[leer]\r\n")

    customer = by_name(importer, "Meier")
    assert customer["city"] == "Bonn"
    assert customer["note"] is None


def test_empty_cells_clear_where_that_is_chosen(importer):
    importer.imported("Nachname;E-Mail;Ort;Aktiv;Reisebudget\r\nMeier;m@example.com;Bonn;1;5\r\n")
    importer.imported(
        "Nachname;E-Mail;Ort;Aktiv;Reisebudget\r\nMeier;m@example.com;;;\r\n", on_empty="clear"
    )

    customer = by_name(importer, "Meier")
    assert customer["city"] is None
    assert customer["active"] is True
    assert importer.services.values[customer["id"]] == {"budget": None}


def test_groups_of_a_cell_are_paths_and_each_is_named_once(importer):
    importer.imported(
        "Nachname;Gruppen\r\nMeier;Reiseangebote / Griechenland | Stammkunden|stammkunden | \r\n",
        start_sequences="spread",
    )

    [asked] = importer.services.memberships_asked
    assert asked["rows"][0]["groups"] == ["Reiseangebote/Griechenland", "Stammkunden"]
    assert asked["rows"][0]["mode"] == "add"
    assert asked["create_missing"] is True
    assert asked["source"] == "import"
    assert asked["start_sequences"] == "spread"


def test_unknown_groups_are_mapped_left_out_or_reported(importer):
    importer.services.groups = {"Stammkunden"}
    ended = importer.imported(
        "Nachname;Gruppen\r\nMeier;Stamm | Alt | Neu\r\n",
        groups={"create_missing": False, "map": {"stamm": "Stammkunden", "Alt": None}},
    )

    [customer] = importer.services.customers
    assert importer.services.members[customer] == {"Stammkunden"}
    assert importer.services.groups == {"Stammkunden"}
    [problem] = importer.problems(ended)
    assert problem["value"] == "Neu"
    assert problem["refused"] is False
    assert ended["progress"]["created"] == 1
    assert ended["progress"]["failed"] == 0


def test_our_own_consent_column_is_its_own_evidence(importer):
    importer.imported(
        "Nachname;OptIn bestätigt\r\nMeier;12.03.2024 14:05:30\r\nHuber;\r\n", filename="liste.csv"
    )

    given = by_name(importer, "Meier")["opt_in"]
    assert given["confirmed_at"] == "2024-03-12T13:05:30Z"
    assert "liste.csv" in given["evidence"]
    assert "Zeile 2" in given["evidence"]
    assert "opt_in" not in by_name(importer, "Huber")


def test_another_systems_consent_counts_only_with_evidence(importer):
    file = "Nachname;CONFIRM_TIME\r\nMeier;2024-03-12 14:05:30\r\n"
    without = importer.imported(file)

    assert "opt_in" not in by_name(importer, "Meier")
    assert without["progress"]["created"] == 1
    [problem] = importer.problems(without, language="de")
    assert "Nachweis" in problem["reason"]
    assert problem["refused"] is False

    importer.services.customers.clear()
    importer.imported(file, opt_in_evidence="Double-Opt-in-Formular der alten Webseite")
    assert "Formular der alten Webseite" in by_name(importer, "Meier")["opt_in"]["evidence"]


def test_a_bare_yes_is_no_consent(importer):
    ended = importer.imported("Nachname;OptIn bestätigt\r\nMeier;ja\r\nHuber;nein\r\n")

    assert ended["progress"]["created"] == 2
    assert not any("opt_in" in one for one in importer.services.customers.values())
    [problem] = importer.problems(ended)
    assert problem["row"] == 2


def test_a_consent_from_the_future_is_refused(importer):
    ended = importer.imported("Nachname;OptIn bestätigt\r\nMeier;12.03.2999\r\n")

    assert ended["progress"]["failed"] == 1


def test_the_guess_can_be_corrected_before_the_start(importer):
    found = importer.upload("Wer;Wo\r\nMeier;Bonn\r\n")
    assert found["state"] == "uploaded"
    importer.post(found, "start", 422)

    changed = importer.change(found, mapping={"Wer": "last_name", "Wo": "city"})
    assert changed["state"] == "ready"
    importer.post(changed, "start", 202)
    importer.run()

    assert by_name(importer, "Meier")["city"] == "Bonn"


def test_a_chosen_mapping_is_remembered_for_the_next_file_with_these_headings(importer):
    found = importer.upload("Wer;Wo;Was\r\nMeier;Bonn;x\r\n")
    importer.post(importer.change(found, mapping={"Wer": "last_name", "Wo": "city"}), "start", 202)
    importer.run()

    second = importer.upload("Wo;Was;Wer\r\nKöln;y;Huber\r\n")

    assert second["state"] == "ready"
    assert second["options"]["mapping"] == {"Wer": "last_name", "Wo": "city", "Was": None}


def test_a_wrong_encoding_is_corrected(importer):
    found = importer.upload("Nachname;Firma\r\nŠťastný;Život\r\n".encode("cp1250"))
    corrected = importer.change(found, encoding="cp1250")

    assert corrected["detected"]["columns"][0]["samples"] == ["Šťastný"]


def test_options_that_do_not_fit_are_refused_in_words(importer):
    found = importer.upload("Nachname;Ort\r\nMeier;Bonn\r\n")

    for options in (
        {"mapping": {"Farbe": "city"}},
        {"mapping": {"Ort": "colour"}},
        {"mapping": {"Ort": "last_name"}},
        {"mapping": {"Ort": "attribute:unknown"}},
        {"encoding": "klingon"},
        {"delimiter": ";;"},
        {"mode": "destroy"},
        {"match_on": ["shoe size"]},
        {"groups": {"mode": "burn"}},
        {"colour": "red"},
    ):
        problem = importer.change(found, expected=422, **options)
        assert problem["detail"] or problem["errors"]


def test_two_who_correct_at_once_do_not_overwrite_each_other(importer):
    found = importer.upload("Nachname;Ort\r\nMeier;Bonn\r\n")
    importer.change(found, mode="create")
    importer.change(found, expected=412, mode="update")

    answer = importer.client.patch(f"/api/v1/imports/{found['id']}", json={"options": {}})
    assert answer.status_code == 428


def test_a_preview_counts_shows_and_writes_nothing(importer):
    importer.imported("Nachname;E-Mail\r\nAlt;alt@example.com\r\n")
    found = importer.upload(
        "Nachname;E-Mail;Gruppen\r\n"
        "Alt;alt@example.com;Neue\r\n"
        "Geändert;alt@example.com;\r\n"
        "Neu;neu@example.com;Neue\r\n"
        "Neu;NEU@example.com;\r\n"
        ";kein-at;\r\n"
    )
    before = dict(importer.services.customers)
    preview = importer.post(found, "preview", 200)

    assert preview["would"] == {
        "create": 1,
        "update": 2,
        "unchanged": 1,
        "invalid": 1,
        "conflict": 0,
    }
    assert preview["complete"] is True
    assert [row["status"] for row in preview["rows"]] == [
        "unchanged",
        "update",
        "create",
        "update",
        "invalid",
    ]
    assert [problem["row"] for problem in preview["problems"]] == [6]
    assert preview["impact"]["groups"] == [{"group": "Neue", "rows": 2, "exists": False}]
    assert importer.services.customers == before
    assert importer.get(found["id"])["state"] == "ready"


def test_without_the_follow_up_service_a_preview_says_what_it_can(importer):
    """The stand-ins are customers and groups alone."""
    found = importer.upload("Nachname;Gruppen\r\nNeu;Neue\r\n")

    answer = importer.client.post(
        f"/api/v1/imports/{found['id']}/preview", headers={"Accept-Language": "de"}
    )

    impact = answer.json["impact"]
    assert (impact["groups_new"], impact["would_join"], impact["sequences"]) == (1, None, None)
    assert impact["sequences_problem"].startswith("Was starten würde, lässt sich nicht sagen")


def test_numbers_of_another_system_do_not_stand_in_the_way(importer):
    ended = importer.imported("Kundennummer;Nachname\r\n4711;Meier\r\n4712;Huber\r\n")

    assert ended["progress"]["created"] == 2
    assert ended["detected"]["columns"][0]["target"] is None


def test_our_own_numbers_find_their_customers(importer):
    importer.imported("Nachname\r\nMeier\r\n")
    by_name(importer, "Meier")["number"] = 4711
    ended = importer.imported("Kundennummer;Nachname;Ort\r\n4711;Meier;Bonn\r\n")

    assert ended["progress"]["updated"] == 1
    assert by_name(importer, "Meier")["city"] == "Bonn"


def test_a_row_changed_meanwhile_is_reported_and_not_overwritten(importer):
    importer.imported("Nachname;E-Mail\r\nMeier;m@example.com\r\n")
    [customer] = importer.services.customers.values()
    customer["version"] = 5
    ended = importer.imported(
        f"Id;Version;Nachname\r\n{customer['id']};4;Anders\r\n", language="de"
    )

    assert ended["progress"]["conflicts"] == 1
    assert customer["last_name"] == "Meier"
    assert len(importer.problems(ended)) == 1


@pytest.mark.parametrize("way", [["email"], [], ["number"]])
def test_without_matching_by_id_the_files_ids_mean_nothing(importer, way):
    importer.imported("Nachname;E-Mail\r\nMeier;m@example.com\r\n")
    [known] = importer.services.customers
    ended = importer.imported(f"Id;Nachname\r\n{known};Huber\r\n", match_on=way)

    assert ended["progress"]["created"] == 1
    assert importer.services.customers[known]["last_name"] == "Meier"


def test_a_whole_name_in_one_column_is_taken_apart(importer):
    importer.imported(
        "Name;E-Mail\r\nAnna von der Heide;a@example.com\r\nMeier, Bernd;b@example.com\r\n"
    )

    assert by_name(importer, "von der Heide")["first_name"] == "Anna"
    assert by_name(importer, "Meier")["first_name"] == "Bernd"


def test_month_first_is_decided_for_the_whole_column(importer):
    importer.imported("Nachname;Geburtstag\r\nA;03/04/1980\r\nB;12/31/1980\r\n")

    assert by_name(importer, "A")["birthday"] == "1980-03-04"
    assert by_name(importer, "B")["birthday"] == "1980-12-31"


def test_the_end_is_told_with_its_counts(importer):
    ended = importer.imported("Nachname;E-Mail\r\nA;\r\nB;kein-at\r\n", filename="liste.csv")

    with importer.database.reading() as session:
        [message] = outbox.waiting(session)
    assert message.name == "importer.import_finished"
    assert message.body["import_id"] == ended["id"]
    assert message.body["filename"] == "liste.csv"
    assert (message.body["created"], message.body["failed"]) == (1, 1)


def test_the_template_has_every_heading_that_is_understood(importer):
    answer = importer.client.get("/api/v1/imports/template.csv")

    text = answer.data.decode("utf-8-sig")
    assert text.startswith(
        "Kundennummer;Aktiv;Registriert;Anrede;Titel;Vorname;Nachname;Firma;E-Mail;"
    )
    assert text.rstrip().endswith(
        "OptIn bestätigt;Gruppen;Reisebudget;Reisestil;Letzte Reise;Vielflieger;Id;Version"
    )
    found = importer.upload(answer.data + b"1;;;;;;Meier\r\n")
    assert None not in {column["target"] for column in found["detected"]["columns"][1:]}


def test_lists_page_and_show_who_brought_what(importer):
    for number in range(3):
        importer.upload(f"Nachname;Ort\r\nMeier;{number}\r\n", filename=f"{number}.csv")

    first = importer.client.get("/api/v1/imports?limit=2").json
    rest = importer.client.get(f"/api/v1/imports?limit=2&cursor={first['next']}").json

    assert first["total"] == 3
    assert [one["filename"] for one in first["items"] + rest["items"]] == [
        "2.csv",
        "1.csv",
        "0.csv",
    ]
    assert first["items"][0]["created_by"] == "Test"


def test_the_same_upload_sent_twice_with_its_key_is_one_import(importer):
    def send():
        return importer.client.post(
            "/api/v1/imports?start=true",
            data={"file": (io.BytesIO(b"Nachname;Ort\r\nMeier;Bonn\r\n"), "a.csv")},
            headers={"Idempotency-Key": "one"},
        )

    assert send().json["id"] == send().json["id"]
    assert importer.client.get("/api/v1/imports").json["total"] == 1


def test_only_who_may_import_can(client_for, importer):
    importer.upload("Nachname;Ort\r\nMeier;Bonn\r\n")
    for scopes, status in ((None, 401), (("customers:read",), 403)):
        assert client_for("importer", scopes).get("/api/v1/imports").status_code == status


def test_a_file_that_is_too_large_is_refused_in_words(client_for, database_for, services):
    import httpx

    client = client_for(
        "importer",
        ("imports:write",),
        transport=httpx.WSGITransport(app=services.app),
        import_max_mb=1,
    )
    answer = client.post(
        "/api/v1/imports",
        data={"file": (io.BytesIO(b"Nachname;Ort\r\n" + b"A;B\r\n" * 260_000), "a.csv")},
    )

    assert answer.status_code == 413
    assert "1 MB" in answer.json["detail"]


def test_a_file_that_is_far_too_large_is_refused_before_it_is_read(make_importer):
    importer = make_importer(import_max_mb=1)

    answer = importer.sent(b"A;B\r\n" * 600_000, language="de")

    assert answer.status_code == 413
    assert "größer als 1 MB" in answer.json["detail"]


@pytest.mark.parametrize(
    "options", ["[]", "5", "{", '{"mapping": 5}', '{"a\\u0000": 1}', '{"encoding": "klingon"}']
)
def test_options_beside_the_file_are_checked(importer, options):
    answer = importer.client.post(
        "/api/v1/imports",
        data={"file": (io.BytesIO(b"Nachname;Ort\r\nA;B\r\n"), "a.csv"), "options": options},
    )

    assert answer.status_code == 422
    assert all(place.startswith("options") for place in answer.json["errors"])


def test_a_file_is_needed(importer):
    answer = importer.client.post("/api/v1/imports", data={"options": "{}"})

    assert answer.status_code == 422
    assert "file" in answer.json["detail"]
