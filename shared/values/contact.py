"""E-mail addresses, telephone numbers, countries, languages and salutations: one form for all services."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import idna
import phonenumbers
from babel import Locale
from babel.core import get_global
from email_validator import EmailNotValidError, validate_email

from shared.errors import Text
from shared.values.refused import refuse
from shared.values.text import clean_text, sort_key

LONGEST_EMAIL = 254
LONGEST_LOCAL_PART = 64

NOT_AN_EMAIL = Text(
    "{value} is not an e-mail address. It looks like name@example.com.",
    de="{value} ist keine E-Mail-Adresse. So sieht eine aus: name@example.com.",
)
SEVERAL_EMAILS = Text(
    "{value} is more than one e-mail address; only one is possible.",
    de="{value} ist mehr als eine E-Mail-Adresse; möglich ist nur eine.",
)
NOT_A_PHONE = Text(
    "{value} is not a telephone number. It looks like 030 123456 or +49 30 123456.",
    de="{value} ist keine Telefonnummer. So sieht eine aus: 030 123456 oder +49 30 123456.",
)
NOT_A_COUNTRY = Text(
    "{value} is not a known country. Use its name in German or English, or its code (DE, AT, CH).",
    de="{value} ist kein bekanntes Land. Bitte den Namen oder das Kürzel (DE, AT, CH) verwenden.",
)
NOT_A_LANGUAGE = Text(
    "{value} is not a known language. Use its name in German or English, or its code (de, en).",
    de="{value} ist keine bekannte Sprache. Bitte den Namen oder das Kürzel (de, en) verwenden.",
)

# The plain addresses of everyday life. What does not look like this is judged by email-validator;
# a property test holds that both agree.
_PLAIN_EMAIL = re.compile(
    r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}"
)


def clean_email(raw: object) -> str:
    """Return the address as it is stored and shown: trimmed, NFC, its domain in lower case and readable.

    Whether the domain exists is not asked. `xn--mller-kva.de` becomes `müller.de`.
    """
    if isinstance(raw, str):
        text = raw.strip()
        if len(text) <= 100 and _PLAIN_EMAIL.fullmatch(text) and "--" not in text:
            local, _, domain = text.partition("@")
            if len(local) <= LONGEST_LOCAL_PART:
                return f"{local}@{domain.lower()}"
        return _judged_email(raw, text)
    raise refuse(NOT_AN_EMAIL, raw)


def _judged_email(raw: str, text: str) -> str:
    if len(text) > LONGEST_EMAIL:
        raise refuse(NOT_AN_EMAIL, raw)
    try:
        # Whether a name such as .local or .test is reachable is the mailer's business, not ours.
        found = validate_email(text, check_deliverability=False, globally_deliverable=False)
    except (EmailNotValidError, UnicodeError):
        if len(re.findall(r"[^\s@,;]+@[^\s@,;]+", text)) > 1:
            raise refuse(SEVERAL_EMAILS, raw) from None
        raise refuse(NOT_AN_EMAIL, raw) from None
    ascii_domain = found.ascii_domain or ""
    if not re.search(r"\.(?:[a-z]{2,63}|xn--[a-z0-9-]+)$", ascii_domain):
        raise refuse(NOT_AN_EMAIL, raw)
    local_length = len(found.local_part.encode())
    if local_length > LONGEST_LOCAL_PART or local_length + 1 + len(ascii_domain) > LONGEST_EMAIL:
        raise refuse(NOT_AN_EMAIL, raw)
    return found.normalized


def email_key(address: str) -> str:
    """Return what cleaned addresses are compared by: without case, the domain in its ASCII form."""
    if address.isascii():
        return address.lower()
    local, _, domain = address.rpartition("@")
    # lower, not casefold: ß and ss are two mailboxes.
    local = unicodedata.normalize("NFC", unicodedata.normalize("NFC", local).lower())
    return f"{local}@{ascii_domain(domain)}"


def normalise_email(raw: object) -> str:
    """Return the comparison key of an address as typed. Refuses what is not an address."""
    return email_key(clean_email(raw))


@lru_cache(maxsize=4096)
def ascii_domain(domain: str) -> str:
    """Return a cleaned domain as it goes over the wire: `müller.de` → `xn--mller-kva.de`."""
    return domain.lower() if domain.isascii() else idna.encode(domain, uts46=True).decode("ascii")


_PHONE_NOISE = str.maketrans(
    "", "", " \t\u00a0\u2009\u202f-/.()[]\u2010\u2011\u2012\u2013\u2014\u2212\u200b"
)
_EXTENSION = re.compile(
    r"\s*(?:durchwahl|dw|app|apparat|ext|nst|klappe|kl)\b\.?:?\s*\d{1,6}\s*$", re.IGNORECASE
)
_PLAIN_PHONES = {
    region: (code, re.compile(rf"(?:\+{code}|00{code}|0)([1-9]\d{{{digits}}})", re.ASCII))
    for region, code, digits in (("DE", "49", "5,9"), ("AT", "43", "5,9"), ("CH", "41", "8"))
}


def normalise_phone(raw: object, region: str) -> str:
    """Return the number as E.164 (`+491711234567`), for comparing. Without country code it is `region`'s.

    An extension behind a word is left out. Words are refused rather than read as vanity letters.
    """
    if not isinstance(raw, str) or len(raw) > 60:
        raise refuse(NOT_A_PHONE, raw)
    digits = raw.translate(_PHONE_NOISE)
    if region in _PLAIN_PHONES:
        # Most numbers, ten times faster; a test holds that the library says the same.
        code, pattern = _PLAIN_PHONES[region]
        plain = pattern.fullmatch(digits)
        if plain and "(0" not in raw:
            return f"+{code}{plain[1]}"
    return _judged_phone(raw.strip(), region)


@lru_cache(maxsize=4096)
def _judged_phone(text: str, region: str) -> str:
    number = _EXTENSION.sub("", text)
    if any(c.isalpha() for c in number):
        raise refuse(NOT_A_PHONE, text)
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        raise refuse(NOT_A_PHONE, text) from None
    if not phonenumbers.is_possible_number(parsed):
        raise refuse(NOT_A_PHONE, text)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def parse_country(raw: object) -> str:
    """Return the ISO 3166 code: "Deutschland", "Germany", "D", "DEU" and "de" are all `DE`."""
    text = clean_text(raw)
    code = _countries().get(sort_key(text).strip(" ."))
    if code is None:
        raise refuse(NOT_A_COUNTRY, text)
    return code


def country_name(code: str, language: str = "de") -> str:
    """Return the country's name as people write it; an unknown code comes back as it is."""
    return Locale(language).territories.get(code, code)


_OTHER_COUNTRY_NAMES = {
    "AT": "a aut oesterreich austria oe republik_oesterreich",
    "BE": "b bel",
    "CH": "che sui schweiz suisse svizzera switzerland helvetia",
    "CZ": "cze tschechische_republik czech_republic",
    "DE": "d deu ger brd bundesrepublik_deutschland bundesrepublik federal_republic_of_germany",
    "DK": "dnk",
    "ES": "e esp espana",
    "FR": "f fra",
    "GB": "gbr uk england grossbritannien great_britain schottland wales nordirland",
    "GR": "grc",
    "HR": "hrv",
    "HU": "h hun",
    "IT": "i ita italia",
    "LI": "fl lie fuerstentum_liechtenstein",
    "LU": "l lux",
    "NL": "nld holland the_netherlands",
    "PL": "pol polska",
    "SI": "slo svn",
    "SK": "svk slowakische_republik",
    "TR": "tur tuerkei turkey tuerkiye",
    "US": "usa vereinigte_staaten_von_amerika united_states_of_america amerika",
    # Number plates that are neither ISO code, two letters or three.
    "AD": "and", "AR": "ra", "BA": "bih", "CA": "cdn", "FI": "fin", "IE": "irl eire irland", "JP": "j",
    "KR": "rok", "MT": "m", "NO": "n", "PT": "p", "RU": "rus russland", "SE": "s", "SM": "rsm", "VA": "v",
}  # fmt: skip


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    known: dict[str, str] = {}
    for language in ("en", "de"):
        for code, name in Locale(language).territories.items():
            if (
                len(code) == 2
                and code.isalpha()
                and code not in ("EU", "EZ", "UN", "XA", "XB", "ZZ", "QO")
            ):
                known[sort_key(name)] = code
                known[code.lower()] = code
    for three, codes in get_global("territory_aliases").items():
        if len(three) == 3 and three.isalpha() and len(codes) == 1 and codes[0].lower() in known:
            known.setdefault(three.lower(), codes[0])
    for code, names in _OTHER_COUNTRY_NAMES.items():
        known |= {name.replace("_", " "): code for name in names.split()}
    return known


def parse_language(raw: object) -> str:
    """Return the ISO 639 code: "Deutsch", "German", "de-AT" and "DE" are all `de`."""
    text = sort_key(clean_text(raw))
    code = _languages().get(text) or _languages().get(re.split("[-_]", text)[0])
    if code is None:
        raise refuse(NOT_A_LANGUAGE, raw)
    return code


@lru_cache(maxsize=1)
def _languages() -> dict[str, str]:
    known: dict[str, str] = {}
    for language in ("en", "de"):
        for code, name in Locale(language).languages.items():
            if len(code) == 2:
                known[sort_key(name)] = code
                known[code] = code
    for three, two in get_global("language_aliases").items():
        if len(three) == 3 and len(two) == 2:
            known.setdefault(three, two)
    return known | {"ger": "de", "fre": "fr", "dut": "nl", "cze": "cs", "gre": "el"}


_SALUTATIONS = {
    **dict.fromkeys(
        ("herr", "herrn", "hr", "mr", "mister", "m", "h", "mann", "male", "maennlich"), "Herr"
    ),
    **dict.fromkeys(
        ("frau", "fr", "mrs", "ms", "miss", "fraeulein", "f", "w", "female", "weiblich"), "Frau"
    ),
    **dict.fromkeys(("divers", "d", "mx", "x", "diverse", "nonbinary"), "Divers"),
    **dict.fromkeys(("familie", "fam", "family"), "Familie"),
    **dict.fromkeys(("firma", "fa", "company", "firm"), "Firma"),
}


def parse_salutation(raw: object) -> str:
    """Return `Herr`, `Frau`, `Divers`, `Familie` or `Firma` where it is one of them in German or English.

    Anything else is kept as it was written ("Eheleute").
    """
    text = clean_text(raw, longest=50)
    return _SALUTATIONS.get(sort_key(text).strip(" ."), text)
