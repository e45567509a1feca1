"""Who is one person: judged pair by pair, as somebody who knows German names and families would."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.customers.likeness import CERTAIN, DOUBTS, WEIGHTS, judge
from services.customers.models import Customer
from shared.db import new_id, utcnow

LISTED = 50
"""From this score on a pair is shown."""


def person(**values: Any) -> Customer:
    if "birthday" in values:
        values["birthday"] = date.fromisoformat(values["birthday"])
    now = utcnow()
    customer = Customer(id=new_id(), registered_at=now, created_at=now, updated_at=now, **values)
    customer.index("DE")
    return customer


JOERG: dict[str, Any] = {
    "first_name": "Jörg", "last_name": "Müller", "email": "joerg@mueller.de", "phone": "030 1234567",
}  # fmt: skip
HOME = {"street": "Hauptstraße 5", "postal_code": "10115", "city": "Berlin"}

EXACT: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (JOERG, JOERG),
    (JOERG, {**JOERG, "first_name": "JOERG", "last_name": "Mueller", "phone": None}),
    (JOERG, {**JOERG, "email": None, "phone": "+49 30 123 45 67", "birthday": "1980-02-03"}),
    (JOERG, {**JOERG, "email": None, "phone": None, "mobile": "0049301234567"}),
    (JOERG, {**JOERG, "title": "Dr."}),
    (
        {"first_name": "Eva", "last_name": "Groß", "birthday": "1980-02-03", **HOME},
        {"first_name": "Eva", "last_name": "Gross", "birthday": "1980-02-03", **HOME,
         "street": "Hauptstr. 5", "email": "eva@gross.de"},
    ),
    ({"email": "nur@adresse.de"}, {"email": "Nur@Adresse.de"}),
    (
        {"company": "Weiß & Söhne GmbH", "phone": "030 1234567"},
        {"company": "Weiss und Soehne", "phone": "030/1234567"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), EXACT)
def test_the_same_data_from_several_sources_is_one_person(one, other):
    found = judge(person(**one), person(**other))

    assert found.exact
    assert found.score >= CERTAIN


LIKELY: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    # by name alone
    ({"first_name": "Stefan", "last_name": "Meier"}, {"first_name": "Stephan", "last_name": "Mayer"},
     "name_sounds_alike"),
    ({"first_name": "Jörg", "last_name": "Müller"}, {"first_name": "Jörg", "last_name": "Mueller"},
     "same_name"),
    ({"first_name": "Jörg", "last_name": "Müller"}, {"first_name": "Joerg", "last_name": "Muller"},
     "name_sounds_alike"),
    ({"first_name": "Anna", "last_name": "Schmidt"}, {"first_name": "Anna", "last_name": "Schmitt"},
     "name_sounds_alike"),
    ({"first_name": "Philipp", "last_name": "Voß"}, {"first_name": "Filip", "last_name": "Voss"},
     "name_sounds_alike"),
    ({"first_name": "Karl-Heinz", "last_name": "Öz"}, {"first_name": "Karlheinz", "last_name": "Oez"},
     "similar_name"),
    # by name and more
    (JOERG, {**JOERG, "first_name": "Müller", "last_name": "Jörg"}, "swapped_name"),
    (JOERG, {**JOERG, "first_name": "J."}, "similar_name"),
    (JOERG, {**JOERG, "first_name": None}, "same_last_name"),
    (JOERG, {**JOERG, "last_name": "Müller-Lüdenscheidt"}, "similar_name"),
    (JOERG, {**JOERG, "email": "j.mueller@arbeit.de"}, "same_phone"),
    ({**JOERG, "first_name": "Max"}, {**JOERG, "first_name": "Maximilian"}, "similar_name"),
    ({**JOERG, "first_name": "Sepp"}, {**JOERG, "first_name": "Josef"}, "similar_name"),
    ({**JOERG, "birthday": "1980-02-03"}, {**JOERG, "birthday": "1980-03-02"}, "similar_birthday"),
    ({**JOERG, "birthday": "1980-02-03"}, {**JOERG, "birthday": "1980-02-08"}, "similar_birthday"),
    # married: another last name, the rest the same
    ({"first_name": "Anna", "last_name": "Vogel", "email": "anna@web.de", "birthday": "1990-01-01"},
     {"first_name": "Anna", "last_name": "Lang", "email": "anna@web.de", "birthday": "1990-01-01"},
     "same_email"),
    # only an address, and later everything
    ({"email": "joerg@mueller.de"}, JOERG, "same_email"),
    ({"company": "Reisebüro Süd GmbH", "email": "info@sued.de"},
     {"company": "Reisebüro Süd", "email": "info@sued.de", "last_name": "Lang"}, "same_company"),
    ({"company": "Autohaus Becker"}, {"company": "Autohaus Becker e.K."}, "same_company"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other", "reason"), LIKELY)
def test_likely_pairs_are_listed_with_their_reason_and_merged_by_nobody_alone(one, other, reason):
    found = judge(person(**one), person(**other))

    assert reason in found.reasons
    assert not found.exact
    assert LISTED <= found.score < CERTAIN


def test_a_pair_that_sounds_alike_and_no_more_has_a_modest_score():
    meier = person(first_name="Stefan", last_name="Meier")
    mayer = person(first_name="Stephan", last_name="Mayer", city="Ulm")

    assert judge(meier, mayer).score == 60


FAMILY = {"email": "familie@lang.de", "phone": "030 1234567", "last_name": "Lang", **HOME}

TWO: list[tuple[dict[str, Any], dict[str, Any]]] = [
    # spouses, children, siblings
    ({**FAMILY, "first_name": "Bernd"}, {**FAMILY, "first_name": "Sabine"}),
    ({**FAMILY, "first_name": "Paul"}, {**FAMILY, "first_name": "Paula"}),
    ({**FAMILY, "first_name": "Stefan"}, {**FAMILY, "first_name": "Stefanie"}),
    ({**FAMILY, "first_name": "Alexander"}, {**FAMILY, "first_name": "Alexandra"}),
    ({**FAMILY, "first_name": "Mario"}, {**FAMILY, "first_name": "Maria"}),
    ({**FAMILY, "first_name": "Andreas"}, {**FAMILY, "first_name": "Andrea"}),
    ({**FAMILY, "first_name": "Tim"}, {**FAMILY, "first_name": "Tom"}),
    ({**FAMILY, "first_name": "Lena"}, {**FAMILY, "first_name": "Lara"}),
    ({**FAMILY, "first_name": "Hans-Peter"}, {**FAMILY, "first_name": "Hans-Joachim"}),
    # father and son
    ({**FAMILY, "first_name": "Karl"}, {**FAMILY, "first_name": "Karl", "title": "jun."}),
    ({**FAMILY, "first_name": "Karl", "last_name": "Lang sen."},
     {**FAMILY, "first_name": "Karl", "last_name": "Lang jr."}),
    # colleagues with one switchboard, another's mailbox
    ({"first_name": "Eva", "last_name": "Groß", "company": "Süd", "phone": "030 1234567"},
     {"first_name": "Uwe", "last_name": "Vogel", "company": "Süd", "phone": "030 1234567"}),
    ({"first_name": "Eva", "last_name": "Groß", "email": "info@sued.de"},
     {"first_name": "Uwe", "last_name": "Vogel", "email": "info@sued.de"}),
    # branches
    ({"company": "Backhaus Filiale 1", "email": "info@backhaus.de"},
     {"company": "Backhaus Filiale 2", "email": "info@backhaus.de"}),
    # the same name elsewhere
    ({"first_name": "Thomas", "last_name": "Müller", "birthday": "1970-01-01"},
     {"first_name": "Thomas", "last_name": "Müller", "birthday": "1985-06-30"}),
    ({"first_name": "Thomas", "last_name": "Müller", **HOME},
     {"first_name": "Thomas", "last_name": "Müller", "street": "Am Markt 1", "postal_code": "80331"}),
    # one sound, two names
    ({"first_name": "Anna", "last_name": "Meier"}, {"first_name": "Anna", "last_name": "Mohr"}),
    ({"first_name": "Eva", "last_name": "Groß"}, {"first_name": "Uwe", "last_name": "Groß"}),
    ({"first_name": "Anna", "last_name": "Vogel"}, {"last_name": "Vogel"}),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), TWO)
def test_families_colleagues_and_namesakes_are_not_one_person(one, other):
    found = judge(person(**one), person(**other))

    assert not found.exact
    assert found.score < LISTED, found


CONTRADICTIONS: list[dict[str, Any]] = [
    {"birthday": "1979-11-30"},
    {"salutation": "Frau"},
    {"phone": "030 7654321"},
    {"street": "Nebenstraße 7"},
    {"postal_code": "80331"},
    {"company": "Bahn AG"},
    {"title": "jr."},
]


@pytest.mark.parametrize("other", CONTRADICTIONS)
def test_nobody_is_exact_whose_data_contradict_in_one_field(other):
    full = {
        **JOERG, **HOME, "birthday": "1980-02-03", "salutation": "Herr", "company": "Süd GmbH",
    }  # fmt: skip
    assert judge(person(**full), person(**full)).exact

    assert not judge(person(**full), person(**{**full, **other})).exact


@dataclass(frozen=True)
class Anyone:
    salutation: str | None
    title: str | None
    first_name: str | None
    last_name: str | None
    company: str | None
    street: str | None
    postal_code: str | None
    city: str | None
    birthday: date | None
    email_key: str | None
    phone_key: str | None
    mobile_key: str | None
    name_code: str | None


def _one_of(*values: str) -> st.SearchStrategy[str | None]:
    return st.none() | st.sampled_from(values)


_texts = st.none() | st.text(max_size=12)
_phones = _one_of("49301234567", "491711234567")
anybody = st.builds(
    Anyone,
    salutation=_one_of("Herr", "Frau"),
    title=_one_of("Dr.", "jun.", "sen."),
    first_name=_one_of("Jörg", "Joerg", "Paul", "Paula", "J.", "Müller", "Hans-Peter") | _texts,
    last_name=_one_of("Müller", "Mueller", "Muller", "Meier", "Mayer", "Sen", "Jörg") | _texts,
    company=_one_of("Süd GmbH", "Sued", "Filiale 1", "Filiale 2") | _texts,
    street=_one_of("Hauptstr. 5", "Hauptstraße 5", "Am Markt 1") | _texts,
    postal_code=_one_of("10115", "80331"),
    city=_one_of("Berlin", "München"),
    birthday=st.none() | st.dates(date(1979, 12, 1), date(1980, 3, 1)),
    email_key=_one_of("a@example.com", "b@example.com"),
    phone_key=_phones,
    mobile_key=_phones,
    name_code=_one_of("65 07", "65 15"),
)


@given(anybody, anybody)
def test_a_judgement_is_the_same_both_ways_and_within_bounds(one, other):
    found = judge(one, other)

    assert found == judge(other, one)
    assert 0 <= found.score <= 100
    assert found.exact == (found.score >= CERTAIN)
    assert set(found.reasons) <= {*WEIGHTS, *DOUBTS}


@given(anybody)
def test_everybody_is_exactly_himself_if_there_is_enough_to_tell(one):
    known = replace(one, email_key="a@example.com", first_name="Eva", last_name="Groß")

    assert judge(known, known).exact
