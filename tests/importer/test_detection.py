"""What a file is, is found out: from German Excel to other programs' exports, and by property."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.importer.detection import Detected, data_rows, detect
from services.importer.mapping import guess_mapping
from services.importer.ours.guard import guarded, unguarded
from shared.errors import ServiceError

HEADINGS = ["Vorname", "Nachname", "Straße", "Notiz"]
PEOPLE = [
    ["Jörg", "Müller", "Größestraße 3", "Grüße, bis bald; am 3.4. um 12:30"],
    ["Änne", "Weiß", "Übelweg 1", 'Sagt "hallo"\nund geht'],
    ["Hélène", "Łukasz-Groß", "Ödland", "|a|b|\tc"],
]


def table(rows: list[list[str]], delimiter: str, line_end: str = "\r\n") -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=line_end).writerows(rows)
    return text.getvalue()


def looked_at(content: bytes) -> Detected:
    return detect(lambda: io.BytesIO(content), "liste.csv")


def read(content: bytes) -> list[list[str]]:
    return [row.cells for row in data_rows(lambda: io.BytesIO(content), looked_at(content))]


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("line_end", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "mac_roman"]
)
def test_a_list_is_read_as_it_was_written(delimiter, line_end, encoding):
    people = [[cell.replace("Ł", "L") for cell in person] for person in PEOPLE]
    content = table([HEADINGS, *people], delimiter, line_end).encode(encoding)

    detected = looked_at(content)

    assert (detected.encoding, detected.delimiter) == (encoding, delimiter)
    assert (detected.names, detected.rows) == (HEADINGS, 3)
    assert read(content) == people


@pytest.mark.parametrize(
    ("word", "encoding"),
    [
        ("Hélène", "cp1252"),
        ("Hélène", "mac_roman"),
        ("Straße", "mac_roman"),
        ("Öl", "cp1252"),
        ("Öl", "mac_roman"),
        ("Müller", "cp850"),
        ("Preis 5 €", "cp1252"),
        ("„Zitat“ – so", "cp1252"),
        ("„Zitat“ – so", "mac_roman"),
        ("GROSSBÄCKEREI", "cp1252"),
        ("GROSSBÄCKEREI", "mac_roman"),
    ],
)
def test_a_single_word_tells_the_encoding(word, encoding):
    content = f"Nachname;Ort\r\n{'Meier;Bonn' * 3}\r\n{word};Bonn\r\n".encode(encoding)

    assert looked_at(content).columns[0].samples[-1] == word


def test_one_umlaut_at_the_end_of_a_long_file_decides():
    content = ("Nachname;Ort\r\n" + "Meier;Bonn\r\n" * 200_000).encode() + "Müller;Köln\r\n".encode(
        "cp1252"
    )

    assert looked_at(content).encoding == "cp1252"


def test_lines_are_numbered_as_an_editor_shows_them():
    content = b'sep=;\r\n\r\nNachname;Notiz\r\nA;"eins\r\nzwei\r\ndrei"\r\n\r\nB;x\r\n'
    detected = looked_at(content)

    assert detected.heading_line == 3
    assert [row.line for row in data_rows(lambda: io.BytesIO(content), detected)] == [4, 8]


# Each program's headings, and where each goes ("-": nowhere).
EXPORTS = {
    "ours": """
        Kundennummer -> number
        Aktiv -> active
        Registriert -> registered_at
        Anrede -> salutation
        Titel -> title
        Vorname -> first_name
        Nachname -> last_name
        Firma -> company
        E-Mail -> email
        Telefon -> phone
        Mobil -> mobile
        Straße -> street
        PLZ -> postal_code
        Ort -> city
        Land -> country
        Geburtstag -> birthday
        Sprache -> language
        Notiz -> note
        OptIn bestätigt -> opt_in_confirmed_at
        Gruppen -> groups
        Id -> id
        Version -> version
    """,
    "google": """
        First Name -> first_name
        Last Name -> last_name
        Organization Name -> company
        Birthday -> birthday
        Notes -> note
        Labels -> groups
        E-mail 1 - Value -> email
        Phone 1 - Value -> phone
        Address 1 - Street -> street
        Address 1 - City -> city
        Address 1 - Postal Code -> postal_code
        Address 1 - Country -> country
    """,
    "google, old": """
        Name -> -
        Given Name -> first_name
        Family Name -> last_name
        Birthday -> birthday
        Notes -> note
        Group Membership -> groups
        E-mail 1 - Value -> email
        Phone 1 - Value -> phone
    """,
    "outlook, german": """
        Anrede -> salutation
        Vorname -> first_name
        Nachname -> last_name
        Firma -> company
        Straße privat -> street
        Ort privat -> city
        Postleitzahl privat -> postal_code
        Land/Region privat -> country
        Mobiltelefon -> mobile
        Telefon privat -> phone
        E-Mail-Adresse -> email
        Geburtstag -> birthday
        Kategorien -> groups
        Notizen -> note
    """,
    "outlook, english": """
        Title -> title
        First Name -> first_name
        Last Name -> last_name
        Company -> company
        Home Street -> street
        Home City -> city
        Home Postal Code -> postal_code
        Home Country/Region -> country
        Mobile Phone -> mobile
        Home Phone -> phone
        E-mail Address -> email
        Birthday -> birthday
        Categories -> groups
        Notes -> note
    """,
    "mailchimp": """
        Email Address -> email
        First Name -> first_name
        Last Name -> last_name
        Address -> full_address
        Phone Number -> phone
        Birthday -> birthday
        TAGS -> groups
        CONFIRM_TIME -> opt_in_confirmed_at
        NOTES -> note
    """,
    "hubspot": """
        Record ID -> -
        First Name -> first_name
        Last Name -> last_name
        Email -> email
        Phone Number -> phone
        Company Name -> company
        City -> city
        Create Date -> registered_at
    """,
    "brevo": """
        EMAIL -> email
        FIRSTNAME -> first_name
        LASTNAME -> last_name
        SMS -> mobile
    """,
    "cleverreach": """
        email -> email
        activated -> opt_in_confirmed_at
        source -> -
        firstname -> first_name
        lastname -> last_name
        gender -> salutation
        tags -> groups
    """,
    "woocommerce": """
        Customer ID -> id
        Billing First Name -> first_name
        Billing Last Name -> last_name
        Billing Email -> email
        Billing Phone -> phone
        Billing Address 1 -> street
        Billing City -> city
        Billing Postcode -> postal_code
        Billing Country -> country
    """,
    "shopify": """
        First Name -> first_name
        Last Name -> last_name
        Email -> email
        Default Address Address1 -> street
        Default Address City -> city
        Default Address Zip -> postal_code
        Default Address Country Code -> country
        Phone -> phone
        Note -> note
        Tags -> groups
    """,
}


@pytest.mark.parametrize("program", EXPORTS)
def test_the_columns_of_other_programs_are_recognised(program):
    lines = EXPORTS[program].strip().splitlines()
    expected = dict(line.strip().split(" -> ") for line in lines)

    mapping = guess_mapping(list(expected), [])

    assert {column: target or "-" for column, target in mapping.items()} == expected


# What a cell can hold: everything but characters that no field takes.
CELLS = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Cn"), include_characters="\n"), max_size=20
).map(str.strip)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=20),
    st.sampled_from([";", ",", "\t", "|"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_every_table_is_read_back_cell_by_cell(rows, delimiter, encoding):
    rows = [list(row) for row in rows if any(row)]
    content = table([["Nachname", "Ort", "Notiz"], *rows], delimiter).encode(encoding)

    assert [[cell.strip() for cell in row] for row in read(content)] == rows


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_understood_or_refused_in_words(content):
    try:
        detected = looked_at(content)
    except ServiceError:
        return
    rows = list(data_rows(lambda: io.BytesIO(content), detected))
    assert len(rows) == detected.rows


@settings(max_examples=500)
@given(st.text())
def test_a_guarded_cell_never_runs_and_reads_back_as_it_was(cell):
    assert guarded(cell)[:1] not in tuple("=+-@\t\r")
    assert unguarded(guarded(cell)) == cell
