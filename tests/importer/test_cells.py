"""What people write into cells, and what becomes of it."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest


def table(heading: list[str], *rows: list[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows([heading, *rows])
    return text.getvalue().encode()


@pytest.fixture
def importer(one_importer):
    services = one_importer.services
    services.customers.clear()
    services.members.clear()
    services.values.clear()
    services.groups.clear()
    return one_importer


def read_column(importer, heading: str, cells: list[str], **options: Any) -> list[dict[str, Any]]:
    """Import each cell as a row of its own, and return the customers in the order of the cells."""
    rows = [[f"{place}@example.com", cell] for place, cell in enumerate(cells)]
    found = importer.upload(table(["E-Mail", heading], *rows), **options)
    importer.post(found, "start", 202)
    importer.run()
    importer.last = importer.get(found["id"])
    by_email = {one["email"]: one for one in importer.services.customers.values()}
    return [by_email.get(f"{place}@example.com", {}) for place in range(len(cells))]


NAMES = {
    "Anna Meier": ("", "", "Anna", "Meier"),
    "Meier, Anna": ("", "", "Anna", "Meier"),
    "Meier": ("", "", "", "Meier"),
    "Anna Maria Meier-Schulz": ("", "", "Anna Maria", "Meier-Schulz"),
    "Frau Dr. Anna Meier": ("Frau", "Dr.", "Anna", "Meier"),
    "Herrn Prof. Dr. med. Bernd von der Heide": ("Herr", "Prof. Dr. med.", "Bernd", "von der Heide"),
    "Dr. Anna von Meier": ("", "Dr.", "Anna", "von Meier"),
    "Meier, Dr. Anna": ("", "Dr.", "Anna", "Meier"),
    "Heide, Anna von der": ("", "", "Anna", "von der Heide"),
    "Dipl.-Ing. Carl Huber": ("", "Dipl.-Ing.", "Carl", "Huber"),
    "Mag. Eva Gruber": ("", "Mag.", "Eva", "Gruber"),
    "Mr. John Smith": ("Herr", "", "John", "Smith"),
    "Familie Meier": ("Familie", "", "", "Meier"),
    "Herr und Frau Meier": ("Herr und Frau", "", "", "Meier"),
    "Frau Meier": ("Frau", "", "", "Meier"),
    "Frau von Berg": ("Frau", "", "", "von Berg"),
    "Ludwig van Beethoven": ("", "", "Ludwig", "van Beethoven"),
    "  Anna   Meier ": ("", "", "Anna", "Meier"),
    "Mag Schmidt": ("", "", "Mag", "Schmidt"),
}  # fmt: skip


def test_a_whole_name_is_parted_into_what_it_consists_of(importer):
    people = read_column(importer, "Name", list(NAMES))

    fields = ("salutation", "title", "first_name", "last_name")
    assert {
        name: tuple(person.get(field, "") for field in fields)
        for name, person in zip(NAMES, people, strict=True)
    } == NAMES


@pytest.mark.parametrize(
    ("name", "company"),
    [
        ("Firma Meier GmbH", "Meier GmbH"),
        ("Meier GmbH", "Meier GmbH"),
        ("Müller, Meier & Co", "Müller, Meier & Co"),
        ("Reisebüro Süd AG", "Reisebüro Süd AG"),
        ("Fa. Huber", "Huber"),
        ("Sportverein Weil e.V.", "Sportverein Weil e.V."),
        ("Huber & Söhne", "Huber & Söhne"),
    ],
)
def test_a_company_in_the_column_of_names_is_a_company(importer, name, company):
    [customer] = read_column(importer, "Name", [name])

    assert customer["company"] == company
    assert "last_name" not in customer


def test_other_columns_say_better_than_the_whole_name(importer):
    importer.imported(table(["Name", "Anrede", "Firma"], ["Frau Anna Meier", "Frau", "Süd"]))

    [customer] = importer.services.customers.values()
    assert customer["company"] == "Süd"
    assert customer["last_name"] == "Meier"


ADDRESSES = {
    "Hauptstr. 5, 10115 Berlin": ("Hauptstr. 5", "10115", "Berlin", ""),
    "Hauptstr. 5\n10115 Berlin\nDeutschland": ("Hauptstr. 5", "10115", "Berlin", "DE"),
    "Mariahilfer Str. 12 1060 Wien": ("Mariahilfer Str. 12", "1060", "Wien", ""),
    "Hauptstr. 5, D-10115 Berlin": ("Hauptstr. 5", "10115", "Berlin", "DE"),
    "Getreidegasse 9, A-5020 Salzburg": ("Getreidegasse 9", "5020", "Salzburg", "AT"),
    "Bahnhofstrasse 1; 8001 Zürich; Schweiz": ("Bahnhofstrasse 1", "8001", "Zürich", "CH"),
    "c/o Meier, Hauptstr. 5, 10115 Berlin": ("c/o Meier, Hauptstr. 5", "10115", "Berlin", ""),
    "Hauptstr. 5 10115 Berlin": ("Hauptstr. 5", "10115", "Berlin", ""),
    "Hauptstr. 5a  Berlin  BE  10115  DE": ("Hauptstr. 5a", "10115", "Berlin", "DE"),
    "Hauptstr. 5, Berlin, 10115": ("Hauptstr. 5", "10115", "Berlin", ""),
    "10115 Berlin": ("", "10115", "Berlin", ""),
    "Hauptstr. 5, 60311 Frankfurt am Main": ("Hauptstr. 5", "60311", "Frankfurt am Main", ""),
}


def test_a_joined_address_is_parted(importer):
    customers = read_column(importer, "Anschrift", list(ADDRESSES))

    fields = ("street", "postal_code", "city", "country")
    assert {
        address: tuple(customer.get(field, "") for field in fields)
        for address, customer in zip(ADDRESSES, customers, strict=True)
    } == ADDRESSES


def test_what_cannot_be_parted_is_the_street_and_that_is_said(importer):
    [customer] = read_column(importer, "Anschrift", ["10 Downing Street, London SW1A 2AA"])

    assert customer["street"] == "10 Downing Street, London SW1A 2AA"
    [problem] = importer.problems(importer.last, language="de")
    assert problem["column"] == "Anschrift"
    assert problem["refused"] is False
    assert "als Straße übernommen" in problem["reason"]


def test_an_address_beside_postal_code_and_city_is_a_street(importer):
    found = importer.upload(table(["Name", "Adresse", "PLZ", "Ort"], ["A", "B 1", "10115", "C"]))

    assert found["options"]["mapping"]["Adresse"] == "street"


def phones_of(customer: dict[str, Any]) -> tuple[Any, Any]:
    return customer.get("phone"), customer.get("mobile")


PHONES = {
    "030 1234567": ("030 1234567", None),
    "0171 1234567": ("0171 1234567", None),
    "+49 (0)30 / 123 456-0": ("+49 (0)30 / 123 456-0", None),
    "0171/123-4567": ("0171/123-4567", None),
    "030 1234567 / 0171 4567890": ("030 1234567", "0171 4567890"),
    "030/1234567/0171/4567890": ("030/1234567", "0171/4567890"),
    "0171 4567890; 030 1234567": ("030 1234567", "0171 4567890"),
    "+49 30 1234567 ::: +49 171 4567890": ("+49 30 1234567", "+49 171 4567890"),
    "030 1234567, 0171 4567890": ("030 1234567", "0171 4567890"),
    "030 1234567 oder 0171 4567890": ("030 1234567", "0171 4567890"),
    "Tel. 030 1234567, mobil: 0171 4567890": ("Tel. 030 1234567", "mobil: 0171 4567890"),
    "0171 1234567, 0172 7654321": ("0172 7654321", "0171 1234567"),
    "030 1234567, +49 30 1234567": ("030 1234567", None),
    "030 1234567 Durchwahl 12": ("030 1234567 Durchwahl 12", None),
}


def test_several_numbers_in_a_cell_find_the_field_they_belong_in(importer):
    customers = read_column(importer, "Telefon", list(PHONES))

    assert dict(zip(PHONES, map(phones_of, customers), strict=True)) == PHONES
    assert importer.problems(importer.last) == []


def test_a_third_number_is_reported_and_not_lost_in_silence(importer):
    cell = "030 1234567, 0171 4567890, 040 7654321"
    [customer] = read_column(importer, "Telefon", [cell])

    assert phones_of(customer) == ("030 1234567", "0171 4567890")
    [problem] = importer.problems(importer.last)
    assert (problem["column"], problem["value"]) == ("Telefon", "040 7654321")
    assert problem["refused"] is False
    assert cell.encode() in importer.error_file(importer.last)


def test_pairs_of_type_and_number_are_told_apart_by_the_number(importer):
    importer.imported(
        table(
            ["Given Name", "Family Name", "Phone 1 - Type", "Phone 1 - Value", "Phone 2 - Value"],
            ["Anna", "Meier", "Mobile", "0171 4567890", "030 1234567"],
            ["Bernd", "Huber", "Mobile", "0171 4567891", ""],
        )
    )

    anna, bernd = importer.services.customers.values()
    assert phones_of(anna) == ("030 1234567", "0171 4567890")
    assert phones_of(bernd) == (None, "0171 4567891")


def test_the_country_of_a_row_says_where_its_numbers_are_from(importer):
    importer.imported(
        table(
            ["Nachname", "Land", "Telefon", "Telefon 2"],
            ["Gruber", "Österreich", "0664 1234567", "01 5131234"],
            ["Rösti", "CH", "044 6681800", "079 1234567"],
        )
    )

    gruber, roesti = importer.services.customers.values()
    assert phones_of(gruber) == ("01 5131234", "0664 1234567")
    assert phones_of(roesti) == ("044 6681800", "079 1234567")


def test_a_row_without_country_has_numbers_from_where_the_business_is(make_importer):
    importer = make_importer(business_country="AT")
    importer.imported(
        table(["Nachname", "Telefon"], ["Gruber", "0664 1234567; 01 5131234"], ["Rösti", "1234567"])
    )

    gruber, _ = importer.services.customers.values()
    assert phones_of(gruber) == ("01 5131234", "0664 1234567")


def test_more_groups_than_a_cell_can_mean_refuse_the_row(importer):
    importer.services.groups.add("Kurse; Spa")
    ended = importer.imported(
        table(
            ["Nachname", "Gruppen"],
            ["Zuviel", "|".join(f"g{number}" for number in range(2_002))],
            ["Viele", "|".join(f"g{number}" for number in range(2_000))],
        )
    )

    assert (ended["progress"]["created"], ended["progress"]["failed"]) == (1, 1)
    [problem] = importer.problems(ended, "de")
    assert problem["column"] == "Gruppen"
    assert "nennt mehr als 2000 Gruppen" in problem["reason"]


def test_a_path_with_more_levels_than_are_created_is_left_out_for_that_reason(importer):
    deep = "/".join(f"e{level}" for level in range(1, 34))
    ended = importer.imported(
        table(["Nachname", "Gruppen"], ["Tief", deep], ["Gerade", deep.rpartition("/")[0]])
    )

    assert ended["progress"]["created"] == 2
    [problem] = importer.problems(ended, "de")
    assert (problem["row"], problem["column"], problem["refused"]) == (2, "Gruppen", False)
    assert "hat 33 Ebenen; angelegt wird eine fehlende Gruppe mit höchstens 32" in problem["reason"]


def test_numbers_in_a_column_each_stay_where_they_stand(importer):
    importer.imported(
        table(["Nachname", "Telefon", "Mobil"], ["A", "0171 4567890", ""], ["B", "", "030 1234567"])
    )

    first, second = importer.services.customers.values()
    assert phones_of(first) == ("0171 4567890", None)
    assert phones_of(second) == (None, "030 1234567")


def test_a_number_that_a_spreadsheet_has_spoilt_is_left_out_with_a_word(importer):
    [customer] = read_column(importer, "Telefon", ["4,91712E+11"])

    assert phones_of(customer) == (None, None)
    assert [one["refused"] for one in importer.problems(importer.last)] == [False]


def test_apostrophes_that_keep_numbers_from_spreadsheets_are_taken_away(importer):
    importer.imported(table(["Nachname", "Phone", "Zip"], ["A", "'+491711234567", "'01067"]))

    [customer] = importer.services.customers.values()
    assert (customer["phone"], customer["postal_code"]) == ("+491711234567", "01067")


def test_google_writes_several_addresses_into_one_cell(importer):
    rows = table(["Nachname", "E-mail 1 - Value"], ["A", "a@example.com ::: b@example.com"])
    ended = importer.imported(rows)

    [customer] = importer.services.customers.values()
    assert customer["email"] == "a@example.com"
    assert [one["refused"] for one in importer.problems(ended)] == [False]


SALUTATIONS = {
    "Frau": ("Frau", ""), "frau": ("Frau", ""), "Fr.": ("Frau", ""), "w": ("Frau", ""), "F": ("Frau", ""),
    "Mrs.": ("Frau", ""), "Ms": ("Frau", ""), "weiblich": ("Frau", ""), "Female": ("Frau", ""),
    "Herr": ("Herr", ""), "Herrn": ("Herr", ""), "Hr.": ("Herr", ""), "m": ("Herr", ""), "Mr": ("Herr", ""),
    "männlich": ("Herr", ""), "d": ("Divers", ""), "divers": ("Divers", ""), "Familie": ("Familie", ""),
    "Fam.": ("Familie", ""), "Firma": ("Firma", ""), "Fa.": ("Firma", ""), "Eheleute": ("Eheleute", ""),
    "Frau Dr.": ("Frau", "Dr."), "Herr Prof. Dr.": ("Herr", "Prof. Dr."), "Dr.": ("", "Dr."),
    "Herr Dipl.-Ing.": ("Herr", "Dipl.-Ing."), "Mr. Dr.": ("Herr", "Dr."),
}  # fmt: skip


def test_salutations_in_german_and_english_also_with_titles(importer):
    customers = read_column(importer, "Anrede", list(SALUTATIONS))

    assert {
        cell: (customer.get("salutation", ""), customer.get("title", ""))
        for cell, customer in zip(SALUTATIONS, customers, strict=True)
    } == SALUTATIONS


COUNTRIES = {
    "DE": "Deutschland deutschland Germany D DE DEU de GER BRD",
    "AT": "Österreich Oesterreich Austria A AT AUT ÖSTERREICH",
    "CH": "Schweiz Switzerland CH CHE Suisse",
    "IT": "Italien Italy I IT ITA",
    "GB": "Großbritannien Grossbritannien GB UK England",
    "US": "USA US",
    "NL": "Niederlande Netherlands NL NLD Holland",
    "LI": "Liechtenstein FL LI",
    "GR": "Griechenland Greece GR",
    "CZ": "Tschechien Czechia CZ CZE",
    "ES": "Spanien Spain E ES ESP",
    "PT": "Portugal P PT PRT",
    "SE": "Schweden Sweden S SE SWE",
    "RO": "Rumänien Romania RO ROU",
    "JP": "Japan J JP JPN",
}


@pytest.mark.parametrize("code", COUNTRIES)
def test_countries_by_names_codes_and_plates(importer, code):
    spellings = COUNTRIES[code].split()
    customers = read_column(importer, "Land", spellings)

    assert {
        s: c.get("country") for s, c in zip(spellings, customers, strict=True)
    } == dict.fromkeys(spellings, code)


LANGUAGES = {
    "de": ["Deutsch", "deutsch", "German", "de", "DE", "de-AT", "de_DE", "deu", "ger"],
    "en": ["Englisch", "English", "en", "en-US", "en_GB", "eng"],
    "fr": ["Französisch", "French", "fr", "fra", "FRE"],
    "it": ["Italienisch", "Italian", "it"],
    "nl": ["Niederländisch", "Dutch", "nl", "nld"],
}


@pytest.mark.parametrize("code", LANGUAGES)
def test_languages_by_names_and_codes(importer, code):
    customers = read_column(importer, "Sprache", LANGUAGES[code])

    assert [one.get("language") for one in customers] == [code] * len(customers)


@pytest.mark.parametrize(
    "yes", ["ja", "J", "x", "X", "1", "wahr", "WAHR", "TRUE", "true", "yes", "y", "✓"]
)
def test_words_for_yes(importer, yes):
    [customer] = read_column(importer, "Vielflieger", [yes])
    assert importer.services.values[customer["id"]] == {"vielflieger": True}


@pytest.mark.parametrize(
    "no", ["nein", "n", "N", "0", "falsch", "FALSCH", "FALSE", "no", "No", "-"]
)
def test_words_for_no(importer, no):
    [customer] = read_column(importer, "Vielflieger", [no])
    assert importer.services.values[customer["id"]] == {"vielflieger": False}


DECIMALS = {
    "1.234,50": "1234.50", "1234,5": "1234.50", "1,234.50": "1234.50", "1'234.50": "1234.50",
    "1 234,50": "1234.50", "1234.5": "1234.50", "12": "12", "-3,25": "-3.25",
    "€ 99,00": "99", "99,00 €": "99", "0,5": "0.50",
}  # fmt: skip


def test_decimals_as_german_and_english_programs_write_them(importer):
    customers = read_column(importer, "Reisebudget", list(DECIMALS))

    assert {
        cell: importer.services.values[customer["id"]]["budget"]
        for cell, customer in zip(DECIMALS, customers, strict=True)
    } == DECIMALS


DATES = [
    "04.03.1980", "4.3.1980", "4.3.80", "04.03.80", "04/03/1980", "4-3-1980", "1980-03-04", "19800304",
    "1980/03/04", "4. März 1980", "4. Mär. 1980", "4 March 1980", "04-Mar-1980", "4 Mar 80", "4. Mrz 1980",
    "04.03.1980 00:00", "1980-03-04 00:00:00", "1980-03-04T00:00:00Z", "March 4, 1980", "Mar 4 1980",
    "4th March 1980", "March 4th, 1980",
    "Dienstag, 4. März 1980", "Di 04.03.1980", "Tue, 4 Mar 1980", "Di, 04.03.1980", "04.03.1980 00:00:00",
]  # fmt: skip


@pytest.mark.parametrize("cell", DATES)
def test_dates_in_many_spellings(importer, cell):
    [customer] = read_column(importer, "Geburtstag", [cell])

    assert customer.get("birthday") == "1980-03-04"


def test_the_day_numbers_of_excel_are_seen_from_the_column(importer):
    customers = read_column(importer, "Geburtstag", ["29284", "44197"])

    assert [one.get("birthday") for one in customers] == ["1980-03-04", "2021-01-01"]


def test_january_is_called_jaenner_in_austria(importer):
    [customer] = read_column(importer, "Geburtstag", ["4. Jänner 1980"])

    assert customer["birthday"] == "1980-01-04"


@pytest.mark.parametrize("cell", ["00.00.0000", "0000-00-00", "0000-00-00 00:00:00", "0/0/00"])
def test_a_date_of_zeros_is_no_date(importer, cell):
    [customer] = read_column(importer, "Geburtstag", [cell])

    assert "birthday" not in customer
    assert importer.problems(importer.last) == []


@pytest.mark.parametrize("cell", ["03/04", "--03-04", "4.3."])
def test_a_birthday_without_year_is_left_out_with_a_word(importer, cell):
    [customer] = read_column(importer, "Geburtstag", [cell])

    assert "birthday" not in customer
    [problem] = importer.problems(importer.last)
    assert problem["refused"] is False


def test_who_has_unsubscribed_gives_no_consent_by_file(importer):
    ended = importer.imported(
        table(
            ["email", "activated", "deactivated"],
            ["a@example.com", "12.03.2024 14:06:30", "0"],
            ["b@example.com", "12.03.2024 14:06:30", "14.05.2025 10:00:00"],
            ["c@example.com", "12.03.2024 14:06:30", ""],
        ),
        opt_in_evidence="Anmeldeformular",
    )

    consents = {one["email"]: "opt_in" in one for one in importer.services.customers.values()}
    assert consents == {"a@example.com": True, "b@example.com": False, "c@example.com": True}
    [problem] = importer.problems(ended)
    assert (problem["row"], problem["refused"]) == (3, False)


def groups_of(importer, cells: list[str], heading: str = "Gruppen", **options: Any) -> list[Any]:
    """Return what the groups service is asked for each cell; None if it is not asked."""
    importer.services.memberships_asked.clear()
    customers = read_column(importer, heading, cells, **options)
    asked = {
        row["customer_id"]: row["groups"]
        for body in importer.services.memberships_asked
        for row in body["rows"]
    }
    return [asked.get(customer["id"]) for customer in customers]


def test_groups_of_foreign_files_are_parted_at_what_others_write(importer):
    assert groups_of(
        importer,
        ["A; B", "A ::: B", "A | B", "A\nB", '"A, C","B"', "R&R", "* myContacts ::: A", "Müller, Meier & Co"],
    ) == [
        ["A", "B"], ["A", "B"], ["A", "B"], ["A", "B"], ["A, C", "B"], ["R&R"], ["A"], ["Müller, Meier & Co"],
    ]  # fmt: skip


def test_tags_are_parted_at_commas_too(importer):
    importer.services.groups = {"Müller, Meier & Co"}

    assert groups_of(importer, ["VIP, Reisen", "VIP, Müller, Meier & Co, Reisen"], "Tags") == [
        ["VIP", "Reisen"],
        ["VIP", "Müller, Meier & Co", "Reisen"],
    ]


def test_an_existing_name_with_a_separator_in_it_is_one_group(importer):
    importer.services.groups = {"Wellness; Spa", "Reisen/Sonne | Meer", "Spa"}

    assert groups_of(
        importer,
        ["wellness; spa", "Spa; Wellness; Spa", "Wellness; Golf", "Reisen / Sonne | Meer; Spa"],
    ) == [
        ["Wellness; Spa"],
        ["Spa", "Wellness; Spa"],
        ["Wellness", "Golf"],
        ["Reisen/Sonne | Meer", "Spa"],
    ]


def test_existing_groups_are_found_without_case_and_umlauts(importer):
    importer.services.groups = {"Reiseangebote/Österreich", "Ältere"}

    assert groups_of(
        importer, ["reiseangebote/OESTERREICH", "aeltere", "REISEANGEBOTE/österreich/Ski"]
    ) == [
        ["Reiseangebote/Österreich"],
        ["Ältere"],
        ["Reiseangebote/Österreich/Ski"],
    ]


def test_unknown_names_are_sent_elsewhere_also_with_a_separator_in_them(importer):
    importer.services.groups = {"Stammkunden"}

    assert groups_of(
        importer,
        ["Stamm; Kunden", "alt", "Stamm"],
        groups={"map": {"Stamm; Kunden": "stammkunden", "ALT": None}},
    ) == [["Stammkunden"], None, ["Stamm"]]


@pytest.mark.parametrize(
    "name", ["x" * 101, "A//B", "/", "0190a5a0-0000-7000-8000-000000000001", "A/" + "y" * 101]
)
def test_a_name_that_no_group_can_have_is_left_out_and_reported_at_its_cell(importer, name):
    assert groups_of(importer, [f"Gut; {name}"]) == [["Gut"]]

    [problem] = importer.problems(importer.last, language="de")
    assert (problem["column"], problem["refused"]) == ("Gruppen", False)
    assert "weggelassen" in problem["reason"]


def test_names_are_sent_only_to_what_a_group_can_be_called(importer):
    assert groups_of(
        importer, ["Gut; Alt"], groups={"map": {"alt": "Neu//Alt"}, "create_missing": True}
    ) == [["Gut"]]

    [problem] = importer.problems(importer.last)
    assert "'Neu//Alt'" in problem["reason"]


def test_half_a_list_replaces_nothing(importer):
    assert groups_of(importer, ["Gut; A//B"], groups={"mode": "replace"}) == [None]


def test_in_a_file_of_ours_only_one_separator_counts(importer):
    importer.services.memberships_asked.clear()
    ended = importer.imported(
        table(
            ["Nachname", "Telefon", "Anrede", "PLZ", "Gruppen", "Id", "Version"],
            ["Meier", "030 1, 040 2; 0171 3333333", "Frau Dr.", "''0", "A; B | C ::: D|E", "", ""],
        )
    )

    assert ended["progress"]["created"] == 1
    [customer] = importer.services.customers.values()
    [asked] = importer.services.memberships_asked
    assert asked["rows"][0]["groups"] == ["A; B", "C ::: D|E"]
    assert customer["phone"] == "030 1, 040 2; 0171 3333333"
    assert (customer["salutation"], customer["postal_code"]) == ("Frau Dr.", "'0")


def test_an_error_file_of_a_foreign_list_is_read_as_the_list_was(importer):
    first = importer.imported(
        table(["Nachname", "E-Mail", "Labels"], ["Meier", "kein-at", "* myContacts ::: Reisen"])
    )
    importer.services.memberships_asked.clear()
    importer.imported(importer.error_file(first).replace(b"kein-at", b"m@example.com"))

    [asked] = importer.services.memberships_asked
    assert asked["rows"][0]["groups"] == ["Reisen"]


def test_ten_thousand_different_groups_are_counted(importer):
    rows = [[f"K{n}", f"Gruppe {n % 10_000}; Alle"] for n in range(10_100)]
    found = importer.upload(table(["Nachname", "Gruppen"], *rows))
    preview = importer.post(found, "preview", 200)

    impact = preview["impact"]["groups"]
    assert impact[0] == {"group": "Alle", "rows": 10_100, "exists": False}
    assert impact[1]["rows"] == 2
    assert len(impact) == 1_000


CLEARED = {
    "Anrede": "salutation", "Titel": "title", "Vorname": "first_name", "Firma": "company", "Telefon": "phone",
    "Mobil": "mobile", "Straße": "street", "PLZ": "postal_code", "Ort": "city", "Land": "country",
    "Geburtstag": "birthday", "Sprache": "language", "Notiz": "note",
}  # fmt: skip


@pytest.mark.parametrize("heading", CLEARED)
@pytest.mark.parametrize("token", ["[leer]", "[empty]"])
def test_a_word_takes_a_value_away(importer, heading, token):
    [customer] = read_column(importer, heading, [token])

    assert customer[CLEARED[heading]] is None


@pytest.mark.parametrize(
    "heading", ["Id", "Kundennummer", "Aktiv", "Registriert", "OptIn bestätigt"]
)
def test_the_word_takes_nothing_away_that_the_system_gives(importer, heading):
    [customer] = read_column(importer, heading, ["[leer]"])

    assert customer["id"]
    assert not {"number", "active", "registered_at", "opt_in"} & {
        name for name, value in customer.items() if value is None
    }
    assert importer.last["progress"]["created"] == 1


def test_the_word_clears_whole_names_addresses_values_and_groups(importer):
    importer.imported(
        table(
            ["E-Mail", "Name", "Anschrift", "Reisebudget", "Gruppen"],
            ["m@example.com", "[leer]", "[leer]", "[leer]", "[leer]"],
        ),
        groups={"mode": "replace"},
    )

    [customer] = importer.services.customers.values()
    for field in ("first_name", "last_name", "street", "postal_code", "city", "country"):
        assert customer[field] is None
    assert importer.services.values[customer["id"]] == {"budget": None}
    assert importer.services.memberships_asked[-1]["rows"][0]["groups"] == []


def previewed(importer, content: bytes, **options: Any) -> Any:
    return importer.post(importer.upload(content, **options), "preview", 200)


def test_how_dates_are_read_is_decided_once_for_a_column_and_shown(importer):
    preview = previewed(
        importer,
        table(
            ["Nachname", "Geburtstag", "Letzte Reise", "Registriert"],
            ["A", "03/04/1980", "04.03.2020", "44197"],
            ["B", "12/31/1980", "01.02.2021", "44198"],
        ),
    )

    assert preview["dates"] == [
        {"column": "Geburtstag", "order": "month_first", "chosen": False},
        {"column": "Letzte Reise", "order": "day_first", "chosen": False},
        {"column": "Registriert", "order": "day_number", "chosen": False},
    ]
    assert preview["would"]["invalid"] == 0


def test_where_the_first_rows_leave_it_open_a_later_one_tells(importer):
    rows = [[f"A{n}", "03/04/1980"] for n in range(700)] + [["Z", "03/24/1980"]]
    preview = previewed(importer, table(["Nachname", "Geburtstag"], *rows))

    assert preview["dates"][0]["order"] == "month_first"
    assert preview["rows"][0]["customer"]["birthday"] == "1980-03-04"
    assert preview["would"]["invalid"] == 0


def test_the_order_of_dates_can_be_chosen(importer):
    preview = previewed(
        importer, table(["Nachname", "Geburtstag"], ["A", "03/04/1980"]), date_order="month_first"
    )

    assert preview["dates"] == [{"column": "Geburtstag", "order": "month_first", "chosen": True}]
    assert preview["rows"][0]["customer"]["birthday"] == "1980-03-04"
