"""Which heading means which target: our own export, and what other programs call the same.

Headings are compared without case, umlaut spelling, spaces and punctuation: "E-Mail-Adresse" and
"email adresse" are one.
"""

from __future__ import annotations

import re
from functools import lru_cache

from shared.values import sort_key

TARGETS = (
    "id",
    "number",
    "version",
    "active",
    "registered_at",
    "salutation",
    "title",
    "first_name",
    "last_name",
    "full_name",
    "company",
    "email",
    "phone",
    "mobile",
    "full_address",
    "street",
    "house_number",
    "postal_code",
    "city",
    "country",
    "birthday",
    "language",
    "note",
    "opt_in_confirmed_at",
    "opt_in_evidence",
    "unsubscribed",
    "groups",
    "known_at",
)
"""Where a column can go, beside `attribute:<key>`."""

SEVERAL = frozenset({"groups", "note", "phone", "mobile"})
"""Targets that take more than one column."""

IDENTIFYING = frozenset(
    {"id", "number", "last_name", "full_name", "company", "email", "phone", "mobile"}
)
"""Without one of these a row could be nobody."""

ATTRIBUTE = "attribute:"

ERROR_HEADING = "Fehler"
"""The last column of an error file. It is never imported."""

OWN = {
    "Kundennummer": "number",
    "Aktiv": "active",
    "Registriert": "registered_at",
    "Anrede": "salutation",
    "Titel": "title",
    "Vorname": "first_name",
    "Nachname": "last_name",
    "Firma": "company",
    "E-Mail": "email",
    "Telefon": "phone",
    "Mobil": "mobile",
    "Straße": "street",
    "PLZ": "postal_code",
    "Ort": "city",
    "Land": "country",
    "Geburtstag": "birthday",
    "Sprache": "language",
    "Notiz": "note",
    "OptIn bestätigt": "opt_in_confirmed_at",
    "Gruppen": "groups",
}
"""The headings of our own files, in their order; behind them come the attributes, then these:"""

OWN_LAST = {"Id": "id", "Version": "version"}

KNOWN_AT = "Stand"
"""The last column of an export: since when groups and attributes are as in the row. With the version it tells
what somebody has edited in the file from what was changed here meanwhile."""

# What others write, most telling first: of two columns for one target the earlier heading here wins.
# Google, Outlook, Mailchimp, HubSpot, Brevo, CleverReach, WooCommerce and Shopify among them.
_OTHERS = {
    "id": "customer_id, kunden_id, kundenid, uuid",
    "number": "Kunden-Nr., Kundennr, Kd-Nr, KdNr, KNr, Kunde Nr, Debitor, Debitorennummer, customer number, "
    "customer no, number, Nummer, Nr",
    "active": "active, aktiver Kunde, is active",
    "registered_at": "registriert am, registered, registered at, Kunde seit, customer since, angelegt am, "
    "Anlagedatum, erstellt am, create date, created at, date created, customer created at, "
    "date registered, added time",
    "salutation": "salutation, name prefix, gender, Geschlecht, civility, form of address, Anredeform",
    "title": "akad. Titel, akademischer Titel, academic title, Namenspräfix",
    "first_name": "first name, firstname, given name, fname, Vornamen, Rufname, billing first name, prename",
    "last_name": "last name, lastname, family name, surname, lname, Familienname, Zuname, billing last name",
    "full_name": "Name, full name, Kundenname, Ansprechpartner, contact, contact name, display name, "
    "Anzeigename, Vor- und Nachname, Vorname Nachname, Nachname Vorname, Name Vorname, file as, Kunde",
    "company": "company, company name, Unternehmen, Firmenname, organization name, organisation, "
    "organization, organization 1 - name, billing company, default address company, associated company, "
    "Betrieb",
    "email": "email, e-mail address, email address, E-Mail-Adresse, Mail, Mailadresse, e-mail 1 - value, "
    "E-Mail 1, email 1, contact email, subscriber, Elektronische Post, user email, billing email, "
    "E-Mail privat, E-Mail geschäftlich, Emailadresse, e-mail 2 - value, E-Mail 2: Adresse, "
    "E-mail 2 Address",
    "phone": "phone, telephone, phone number, Telefonnummer, Tel, Tel., Telefon 1, Festnetz, "
    "Festnetznummer, landline, landline number, Rufnummer, phone 1 - value, phone 2 - value, "
    "phone 3 - value, phone 4 - value, Telefon privat, Telefon (privat), home phone, Telefon privat 2, "
    "Telefon (privat 2), home phone 2, Telefon geschäftlich, Telefon (geschäftlich), business phone, "
    "Telefon geschäftlich 2, business phone 2, Haupttelefon, primary phone, Telefon Firma, "
    "company main phone, Weiteres Telefon, other phone, Telefon 2, phone 2, billing phone, "
    "default address phone",
    "mobile": "mobile, mobile phone, mobile phone number, mobile number, cell, cell phone, Handy, "
    "Handynummer, Mobiltelefon, Mobilnummer, Mobiltelefonnummer, sms, whatsapp, Mobiltelefon 2, "
    "mobile phone 2, Telefon mobil, Mobilfunk",
    "full_address": "address, Adresse, Anschrift, full address, Adresse komplett, Postanschrift, "
    "mailing address, address 1 - formatted",
    "street": "street, street address, Strasse, Straße und Hausnummer, "
    "Straße Hausnummer, Straße/Nr, Straße Nr, address 1, address line 1, address 1 - street, home street, "
    "Straße privat, business street, Straße geschäftlich, other street, Weitere Straße, "
    "address 2 - street, address 3 - street, billing address 1, default address address1, "
    "shipping address 1",
    "house_number": "Hausnummer, Haus-Nr, Hausnr, HNr, house number, street number",
    "postal_code": "Postleitzahl, zip, zip code, zipcode, postal code, postcode, postal/zip code, "
    "address 1 - postal code, home postal code, Postleitzahl privat, PLZ privat, business postal code, "
    "Postleitzahl geschäftlich, PLZ geschäftlich, other postal code, Weitere Postleitzahl, "
    "address 2 - postal code, address 3 - postal code, billing postcode, default address zip, "
    "shipping postcode",
    "city": "city, town, Stadt, Wohnort, address 1 - city, home city, Ort privat, business city, "
    "Ort geschäftlich, other city, Weiterer Ort, address 2 - city, address 3 - city, billing city, "
    "default address city, shipping city, Gemeinde",
    "country": "country, Staat, Landeskennung, Länderkennzeichen, country code, country/region, "
    "address 1 - country, home country/region, home country, Land/Region privat, Land privat, "
    "business country/region, business country, Land/Region geschäftlich, Land geschäftlich, "
    "other country/region, other country, Weiteres/e Land/Region, address 2 - country, "
    "address 3 - country, billing country, default address country code, shipping country",
    "birthday": "birthday, birthdate, date of birth, Geburtsdatum, geboren, geboren am, geb., "
    "Geb.-Datum, dob",
    "language": "language, preferred language, lang, Korrespondenzsprache, locale",
    "note": "note, notes, Notizen, Bemerkung, Bemerkungen, Kommentar, comment, comments, Anmerkung, "
    "Anmerkungen, Info, Beschreibung",
    "opt_in_confirmed_at": "opt-in bestätigt, optin bestätigt am, double opt-in, DOI, doi datum, "
    "confirm time, opt-in time, optin time, opt-in date, activated, aktiviert, newsletter seit, "
    "Einwilligung, Einwilligung am, accepts email marketing at",
    "opt_in_evidence": "opt-in nachweis, Einwilligung Nachweis, opt-in evidence, consent evidence, "
    "opt-in source, opt-in quelle, Anmeldequelle",
    "unsubscribed": "unsubscribed, unsub time, opt-out, opted out, abgemeldet, abgemeldet am, deactivated, "
    "Newsletter abbestellt, unsubscribed from all email, blocklisted, blacklisted",
    "groups": "Gruppe, Kundengruppe, Kundengruppen, group, groups, group membership, labels, tags, "
    "Schlagworte, Schlagwörter, Kategorie, Kategorien, categories, category, Listen, "
    "list membership, Verteiler, Segment",
}


TAGS = frozenset({"tags", "tag", "schlagworte", "schlagwoerter"})
"""Keys of headings whose cells part by commas, too."""


def heading_key(heading: str) -> str:
    """Return what a heading is compared by."""
    return re.sub(r"[\W_]+", "", sort_key(heading))


@lru_cache(maxsize=1)
def known_headings() -> dict[str, tuple[str, int]]:
    """Return the target of each known heading and how telling it is (0 is best)."""
    known: dict[str, tuple[str, int]] = {}
    for target, headings in _OTHERS.items():
        for rank, heading in enumerate(headings.split(","), start=2):
            known.setdefault(heading_key(heading), (target, rank))
    for target in TARGETS:
        known.setdefault(heading_key(target), (target, 1))
    for heading, target in (OWN | OWN_LAST | {KNOWN_AT: "known_at"}).items():
        known[heading_key(heading)] = (target, 0)
    return known


def is_known(heading: str) -> bool:
    return len(heading) <= 100 and heading_key(heading) in known_headings()
