"""What people type is understood, stored in one form, and refused in words."""

from __future__ import annotations

import string
import time
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import phonenumbers
import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from shared import values
from shared.errors import Text
from shared.values import ValueRefused, parse_value

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("raw", "stored"),
    [
        ("1.234,50", "1234.50"),
        ("1234.50", "1234.50"),
        ("1.234", "1234"),
        ("1,234", "1.2340"),
        ("0.125", "0.1250"),
        ("1234.567", "1234.5670"),
        ("-1.234.567,89", "-1234567.89"),
        ("−5", "-5"),
        ("1'234.50", "1234.50"),
        ("1 234,5", "1234.50"),
        ("1\N{NO-BREAK SPACE}234,5", "1234.50"),
        ("1,234.50", "1234.50"),
        ("12,50 €", "12.50"),
        ("EUR 12,50", "12.50"),
        (",5", "0.50"),
        ("007", "7"),
        ("-0,00", "0"),
        (12.5, "12.50"),
        (3, "3"),
    ],
)
def test_a_decimal_is_read_as_germans_write_it(raw, stored):
    assert parse_value("decimal", raw) == stored


@pytest.mark.parametrize(
    "raw",
    [
        "abc",
        "1e5",
        "1.23.456",
        "1.234.56",
        "١٢",
        "--1",
        "1,2,3",
        "nan",
        float("nan"),
        "9" * 16,
        True,
        [],
        {},
        ".",
    ],
)
def test_what_is_no_decimal_is_refused(raw):
    with pytest.raises(ValueRefused):
        parse_value("decimal", raw)


def test_a_number_with_a_huge_exponent_is_refused_without_writing_it_out():
    with pytest.raises(ValueRefused):
        parse_value("decimal", Decimal("1e999999999"))


@given(
    st.decimals(
        allow_nan=False,
        allow_infinity=False,
        places=6,
        min_value=-(10**15) + 1,
        max_value=10**15 - 1,
    )
)
@example(Decimal("1.234"))
@example(Decimal("-999.125"))
def test_every_stored_decimal_reads_back_as_itself(number):
    stored = parse_value("decimal", f"{number:f}".replace(".", ","))
    assert Decimal(stored) == number
    assert parse_value("decimal", stored) == stored


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, places=2, min_value=-(10**12), max_value=10**12
    )
)
def test_a_number_means_the_same_in_every_way_of_writing_it(number):
    english = f"{number:,.2f}"
    german = english.translate(str.maketrans(",.", ".,"))
    swiss = english.replace(",", "'")
    assert {values.canonical_decimal(way) for way in (english, german, swiss, f"{number:.2f}")} == {
        values.canonical_decimal(number)
    }


@pytest.mark.parametrize(
    ("raw", "stored"),
    [("12", 12), ("1.234", 1234), ("12,00", 12), ("-7", -7), (" 5 ", 5), (5, 5), (2.0, 2)],
)
def test_a_whole_number_is_read(raw, stored):
    assert parse_value("integer", raw) == stored


@pytest.mark.parametrize("raw", ["12,5", "x", "", 2**63, "9" * 30, "9" * 5000, True, 1.5, None])
def test_what_is_no_whole_number_is_refused_or_empty(raw):
    if raw in ("", None):
        assert parse_value("integer", raw) is None
    else:
        with pytest.raises(ValueRefused):
            parse_value("integer", raw)


@pytest.mark.parametrize("raw", ["ja", "Ja", "J", "x", "X", "1", "true", "WAHR", "yes", True, 1])
def test_yes_is_understood(raw):
    assert parse_value("yes_no", raw) is True


@pytest.mark.parametrize("raw", ["nein", "N", "0", "false", "no", False, 0])
def test_no_is_understood(raw):
    assert parse_value("yes_no", raw) is False


@pytest.mark.parametrize("raw", ["vielleicht", "2", 2, 1.0, "jain"])
def test_what_is_neither_is_refused(raw):
    with pytest.raises(ValueRefused):
        parse_value("yes_no", raw)


@pytest.mark.parametrize(
    ("raw", "day"),
    [
        ("24.12.2026", date(2026, 12, 24)),
        ("24.12.26", date(2026, 12, 24)),
        ("4.3.65", date(1965, 3, 4)),
        ("24/12/2026", date(2026, 12, 24)),
        ("2026-12-24", date(2026, 12, 24)),
        ("20261224", date(2026, 12, 24)),
        ("2026-12-24T00:00:00Z", date(2026, 12, 24)),
        ("24.12.2026 00:00:00", date(2026, 12, 24)),
        ("24. Dezember 2026", date(2026, 12, 24)),
        ("1. März 2024", date(2024, 3, 1)),
        ("24-Dec-26", date(2026, 12, 24)),
        ("29.02.2024", date(2024, 2, 29)),
    ],
)
def test_a_date_is_read_as_people_and_spreadsheets_write_it(raw, day):
    assert values.parse_date(raw) == day
    assert parse_value("date", raw) == day.isoformat()


@pytest.mark.parametrize(
    "raw",
    [
        "31.02.2024",
        "12/24/2026",
        "24.12.",
        "46380",
        "heute",
        "24.12.2026 13:00",
        "1.1.0001",
        5,
        "1" * 5000,
    ],
)
def test_what_is_no_date_is_refused(raw):
    with pytest.raises(ValueRefused):
        values.parse_date(raw)


@given(st.dates(min_value=date(1000, 1, 1)))
def test_every_stored_date_reads_back_as_itself(day):
    assert parse_value("date", f"{day.day}.{day.month}.{day.year}") == day.isoformat()
    assert parse_value("date", day.isoformat()) == day.isoformat()


def test_a_birthday_never_lies_in_the_future():
    today = date(2026, 11, 22)
    assert values.parse_date("24.12.26", latest=today) == date(1926, 12, 24)
    with pytest.raises(ValueRefused):
        values.parse_date("24.12.2026", latest=today)


def test_the_order_of_day_and_month_is_decided_for_a_whole_column():
    assert values.guess_order(["03/04/2026", "03/24/2026"]) == "month_first"
    assert values.guess_order(["03/04/2026", "24/03/2026"]) == "day_first"
    assert values.guess_order(["03/04/2026"]) == "day_first"
    assert values.guess_order(["46380", "30000"]) == "day_number"
    assert values.parse_date("03/04/2026", order="month_first") == date(2026, 3, 4)
    assert values.parse_date("46380", order="day_number") == date(2026, 12, 24)


def test_a_moment_without_offset_is_meant_where_the_business_is():
    assert values.parse_moment("24.12.2026 18:30", BERLIN) == datetime(
        2026, 12, 24, 17, 30, tzinfo=UTC
    )
    assert values.parse_moment("24.12.2026", BERLIN) == datetime(2026, 12, 23, 23, 0, tzinfo=UTC)
    assert values.parse_moment("2026-12-24T18:30:00Z", BERLIN) == datetime(
        2026, 12, 24, 18, 30, tzinfo=UTC
    )
    with pytest.raises(ValueRefused):
        values.parse_moment("24.12.2026 25:10", BERLIN)


def test_a_choice_is_found_without_case_and_umlaut_spelling_and_kept_as_defined():
    assert parse_value("choice", "gruen", choices=["Rot", "Grün"]) == "Grün"
    with pytest.raises(ValueRefused, match="Rot, Grün"):
        parse_value("choice", "blau", choices=["Rot", "Grün"])


def test_a_refusal_names_the_value_in_both_languages():
    with pytest.raises(ValueRefused) as refused:
        parse_value("date", "31.02.2024")
    assert isinstance(refused.value.text, Text)
    assert str(refused.value) == "'31.02.2024' does not exist in the calendar."
    assert refused.value.text.de == "'31.02.2024' gibt es im Kalender nicht."


def test_a_refusal_shows_a_long_or_broken_value_short_and_readable():
    with pytest.raises(ValueRefused) as refused:
        parse_value("integer", "a\x00\ud800{x}" * 1000)
    assert len(str(refused.value)) < 120
    assert str(refused.value).isprintable()
    str(refused.value).encode()


@pytest.mark.parametrize("raw", ["a\x00b", "\ud800", "a\x1bb", "\ufffe", 5, None])
def test_text_with_control_characters_or_surrogates_is_refused(raw):
    with pytest.raises(ValueRefused):
        values.clean_text(raw)


def test_text_is_trimmed_composed_and_of_one_line_unless_several_are_meant():
    assert values.clean_text("  Mu\N{COMBINING DIAERESIS}ller\t") == "Müller"
    assert parse_value("multiline", "a\r\nb\rc") == "a\nb\nc"
    with pytest.raises(ValueRefused):
        parse_value("text", "a\nb")
    with pytest.raises(ValueRefused):
        parse_value("text", "x" * 1001)
    assert parse_value("text", " \n ") is None


def test_a_pattern_holds_for_the_whole_value_and_explains_itself():
    read = values.value_parser(
        "text", pattern=r"[A-Z]{2}\d+", pattern_hint="Zwei Buchstaben, dann Ziffern"
    )
    assert read("AB12") == "AB12"
    with pytest.raises(ValueRefused, match="Zwei Buchstaben"):
        read("xAB12")


def test_a_hostile_pattern_answers_at_once():
    read = values.value_parser("text", pattern="^(a+)+$")
    started = datetime.now(UTC)
    with pytest.raises(ValueRefused):
        read("a" * 999 + "!")
    assert (datetime.now(UTC) - started).total_seconds() < 0.5


@pytest.mark.parametrize(
    "pattern",
    [
        "(a?){900}a{900}",
        "((a|b|ab)*)*c",
        "(a|aa|aaa){300}b",
        "([a-z]{1,300}[0-9a-z]{1,300}){1,3}#",
    ],
)
@pytest.mark.parametrize("value", ["a" * 999, "ab" * 499, "\N{GRINNING FACE}" * 999])
def test_the_worst_pattern_with_the_worst_value_takes_moments(pattern, value):
    started = time.process_time()
    with pytest.raises(ValueRefused, match="nicht so"):
        values.value_parser("text", pattern=pattern, pattern_hint="nicht so")(value + "!")

    assert time.process_time() - started < 0.5


@pytest.mark.parametrize(
    "pattern",
    [r"[\p{L} .'-]+", r"\p{Lu}\p{Ll}+( \p{Lu}\p{Ll}+)*", ".{1,500}", r"DE\d{2} ?(\d{4} ?){4}\d{2}"],
)
def test_a_pattern_of_everyday_use_is_taken(pattern):
    values.check_pattern(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "(?=a)b", r"(a)\1", "a{1001}", "(a{500}){500}", "(", "a" * 201, r"[\p{L}\p{N}]{500}",
        ".{0,1000}a.{0,1000}", "(.{0,20}){0,50}",
    ],
)  # fmt: skip
def test_a_pattern_that_could_hurt_is_refused_when_it_is_defined(pattern):
    with pytest.raises(ValueRefused):
        values.check_pattern(pattern)


@pytest.mark.parametrize(
    ("raw", "stored", "key"),
    [
        (" Anna.Meier@Example.COM ", "Anna.Meier@example.com", "anna.meier@example.com"),
        ("info@Müller.de", "info@müller.de", "info@xn--mller-kva.de"),
        ("info@xn--mller-kva.de", "info@müller.de", "info@xn--mller-kva.de"),
        ("jörg@example.com", "jörg@example.com", "jörg@example.com"),
        ("chef@firma.local", "chef@firma.local", "chef@firma.local"),
        ("o'neil+news@example.com", "o'neil+news@example.com", "o'neil+news@example.com"),
    ],
)
def test_an_address_has_one_form_to_show_and_one_to_compare(raw, stored, key):
    assert values.clean_email(raw) == stored
    assert values.normalise_email(raw) == key
    assert values.normalise_email(stored) == key


@pytest.mark.parametrize(
    "raw",
    [
        "ann@example", "ann", "@example.com", "a@b@example.com", "a..b@example.com", ".a@example.com",
        "a@-b.de", "a@b-.de", "a@b..de", "a b@example.com", "a@example.com\nBcc: x@y.de", "a\x00@example.com",
        "Ann <ann@example.com>", "x" * 65 + "@example.com", "a@" + "x" * 64 + ".de", "a@1.2.3.4",
        "\ud800@example.com", "a@\ud800.de", "a@" + "ü" * 300 + ".de", 5, None, "",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(raw):
    with pytest.raises(ValueRefused):
        values.clean_email(raw)


def test_two_addresses_in_one_field_are_named_as_such():
    with pytest.raises(ValueRefused) as refused:
        values.clean_email("a@example.com; b@example.com")
    assert "mehr als eine" in refused.value.text.de


_ADDRESS_PART = st.text(string.ascii_letters + string.digits + "._-+'@ ", min_size=0, max_size=20)


@given(_ADDRESS_PART, _ADDRESS_PART, st.sampled_from(["com", "de", "c", "x1", "museum", "-a"]))
def test_the_fast_path_for_addresses_agrees_with_the_library(local, domain, ending):
    address = f"{local}@{domain}.{ending}"
    try:
        found = validate_email(
            address.strip(), check_deliverability=False, globally_deliverable=False
        )
        expected = found.normalized if ending in ("com", "de", "museum") else None
    except EmailNotValidError:
        expected = None
    try:
        assert values.clean_email(address) == expected
    except ValueRefused:
        assert expected is None


@given(st.text())
def test_reading_contact_data_never_fails_otherwise(text):
    for read in (
        values.clean_email, values.normalise_email, values.parse_country,
        values.parse_language, values.parse_salutation, values.parse_date, values.search_key,
        lambda raw: values.parse_moment(raw, BERLIN), lambda raw: values.normalise_phone(raw, "CH"),
    ):  # fmt: skip
        try:
            read(text)
        except ValueRefused as refused:
            refused.text.de.encode()


@pytest.mark.parametrize(
    ("raw", "key"),
    [
        ("0171 1234567", "+491711234567"),
        ("0171/123 45-67", "+491711234567"),
        ("+49 (0)171 1234567", "+491711234567"),
        ("0049 171 1234567", "+491711234567"),
        ("(030) 123456", "+4930123456"),
        ("030 123456 Durchwahl 12", "+4930123456"),
        ("+43 1 2345678", "+4312345678"),
        ("+39 06 123456", "+3906123456"),
    ],
)
def test_a_telephone_number_has_one_form_to_compare(raw, key):
    assert values.normalise_phone(raw, "DE") == key


@pytest.mark.parametrize(
    "raw", ["abends", "0171 12 abends", "", "+", "1" * 61, "0171 12345 / 030 12345678", None]
)
def test_what_is_no_telephone_number_is_refused(raw):
    with pytest.raises(ValueRefused):
        values.normalise_phone(raw, "DE")


def test_a_number_without_country_code_belongs_to_the_region_asked_for():
    assert values.normalise_phone("01 234567", region="AT") == "+431234567"
    assert values.normalise_phone("079 123 45 67", region="CH") == "+41791234567"
    assert values.normalise_phone("01 23 45 67 89", region="FR") == "+33123456789"


@given(
    st.sampled_from([("DE", "49"), ("AT", "43"), ("CH", "41")]),
    st.sampled_from(["+{}", "00{}", "0"]),
    st.from_regex(r"[ /-]?[1-9][0-9]{1,4}[ /-]?[0-9]{2,9}", fullmatch=True),
)
def test_the_fast_path_for_numbers_agrees_with_the_library(country, prefix, number):
    region, code = country
    raw = prefix.format(code) + number
    parsed = phonenumbers.parse(raw, region)
    if phonenumbers.is_possible_number(parsed):
        assert values.normalise_phone(raw, region) == phonenumbers.format_number(
            parsed, phonenumbers.PhoneNumberFormat.E164
        )


@pytest.mark.parametrize("name", ["Deutschland", "germany", "D", "DE", "de", "DEU", " BRD "])
def test_a_country_is_known_by_its_names_and_codes(name):
    assert values.parse_country(name) == "DE"


def test_countries_of_the_neighbourhood():
    names = [
        "Österreich",
        "Oesterreich",
        "Austria",
        "A",
        "Schweiz",
        "CH",
        "Griechenland",
        "Türkei",
        "USA",
        "UK",
    ]
    codes = ["AT", "AT", "AT", "AT", "CH", "CH", "GR", "TR", "US", "GB"]
    assert [values.parse_country(name) for name in names] == codes
    assert values.country_name("AT") == "Österreich"
    with pytest.raises(ValueRefused):
        values.parse_country("Atlantis")


def test_languages_and_salutations():
    assert [values.parse_language(x) for x in ("Deutsch", "de-AT", "English", "EN", "Französisch")] == [
        "de", "de", "en", "en", "fr",
    ]  # fmt: skip
    with pytest.raises(ValueRefused):
        values.parse_language("Klingonisch")
    assert [values.parse_salutation(x) for x in ("Herrn", "Mrs.", "w", "Familie", "Eheleute")] == [
        "Herr", "Frau", "Frau", "Familie", "Eheleute",
    ]  # fmt: skip


def test_names_sort_without_case_accents_and_umlaut_spelling():
    names = ["Zander", "müller", "Mueller", "Łukasz", "Ödön", "Straße", "Éclair", "Mu\u0308ller"]
    assert [values.sort_key(name) for name in names] == [
        "zander", "mueller", "mueller", "lukasz", "oedoen", "strasse", "eclair", "mueller",
    ]  # fmt: skip


@pytest.mark.parametrize("stored", ["Müller", "Mueller", "Anna MÜLLER-Straße"])
@pytest.mark.parametrize("typed", ["Müller", "mueller", "muller", "MULLER", "üll", "ller", "mü"])
def test_a_name_is_found_however_its_umlauts_are_typed(stored, typed):
    assert values.search_term(typed) in values.search_key(stored)


@given(st.text(st.characters(exclude_categories=("Cs",))), st.data())
def test_every_part_of_a_name_finds_it(name, data):
    start = data.draw(st.integers(0, len(name)))
    end = data.draw(st.integers(start, len(name)))
    part = name[start:end]
    # A part that begins with a combining mark is no part that anybody could type.
    forms = values.search_forms(part)
    if forms and values.sort_key(part) in values.sort_key(name):
        assert any(form in values.search_key(name) for form in forms)


def test_a_part_that_begins_inside_an_umlaut_spelled_out_is_found():
    key = values.search_key("Raphael-Müller")

    assert any(form in key for form in values.search_forms("el-Müller"))
