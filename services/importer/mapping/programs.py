"""What headings mean in the files of one program, where that is not what they mean elsewhere.

A program is known by headings that only its files have. Its word counts before the general one: Outlook's
"Ort" is where a meeting takes place, and its "Title" is "Mr.".
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from services.importer.mapping.headings import heading_key


class Program(NamedTuple):
    """`signs`: headings that all its files have; `targets`: what some of its headings mean, None: nothing."""

    signs: frozenset[str]
    targets: dict[str, str | None]


def _program(*signs: str, **targets: str) -> Program:
    """Headings by target, parted by commas; `nothing` for those that must not be taken for anything."""
    meant: dict[str, str | None] = {}
    for target, headings in targets.items():
        for heading in headings.split(","):
            meant[heading_key(heading)] = None if target == "nothing" else target
    return Program(frozenset(map(heading_key, signs)), meant)


PROGRAMS = (
    # Outlook. "Anrede" and "Title" hold titles too; the reader of salutations parts them.
    _program("Ort geschäftlich", nothing="Ort, Geschlecht, Privat, Konto, Stichwörter, Benutzer 1"),
    _program(
        "Business City",
        salutation="Title",
        nothing="Location, Gender, Private, Account, Keywords, User 1",
    ),
    # Mailchimp. OPTIN_TIME is when somebody asked, only CONFIRM_TIME when they confirmed.
    _program("MEMBER_RATING", nothing="OPTIN_TIME, CC, REGION, LAST_CHANGED, LEID, EUID"),
    # What Mailchimp calls "cleaned" cannot be reached any more; when they once confirmed does not count.
    _program("CLEAN_TIME", nothing="OPTIN_TIME, CONFIRM_TIME"),
    # Brevo's flags say that somebody may be written to, not when and how they agreed.
    _program("ADDED_TIME", registered_at="ADDED_TIME", nothing="DOUBLE_OPT-IN, OPT_IN"),
    _program("DOUBLE_OPT-IN", nothing="DOUBLE_OPT-IN, OPT_IN"),
    # HubSpot
    _program(
        "Record ID",
        registered_at="Create Date",
        nothing="Contact owner, Name, Associated Note",
    ),
    # CleverReach
    _program(
        "activated",
        "deactivated",
        registered_at="registered",
        opt_in_confirmed_at="activated",
        unsubscribed="deactivated",
    ),
    # WooCommerce: the report of customers, and the list of users
    _program("AOV", registered_at="Sign Up, Date registered", nothing="Region, Username"),
    _program(
        "user_login",
        registered_at="user_registered",
        nothing="ID, customer_id, user_login, nickname, description, user_status",
    ),
    # Shopify
    _program("Default Address Address1", nothing="ID, Accepts Email Marketing"),
)


def told_by_program(keys: Collection[str]) -> dict[str, str | None]:
    """Return what the program that wrote a file with these headings means by some of them."""
    present = set(keys)
    told: dict[str, str | None] = {}
    for program in PROGRAMS:
        if program.signs <= present:
            told |= {key: target for key, target in program.targets.items() if key in present}
    return told


_ADDRESSES = {
    "de": (
        "Straße {}, Postleitzahl {}, PLZ {}, Ort {}, Land {}, Land/Region {}",
        ("privat", "geschäftlich"),
    ),
    "de other": (
        "{0} Straße, {0} Postleitzahl, Weiterer Ort, Weiteres/e Land/Region",
        ("Weitere",),
    ),
    "en": (
        "{0} Street, {0} Postal Code, {0} City, {0} Country, {0} Country/Region",
        ("Home", "Business", "Other"),
    ),
    "google": (
        "Address {0} - Street, Address {0} - Postal Code, Address {0} - City, Address {0} - Country",
        ("1", "2", "3"),
    ),
    "shop": (
        "{0} address 1, {0} postcode, {0} city, {0} country",
        ("billing", "shipping"),
    ),
}
_SETS = tuple(
    frozenset(heading_key(heading.format(name)) for heading in headings.split(","))
    for headings, names in _ADDRESSES.values()
    for name in names
)


def of_other_addresses(keys: Mapping[str, str], empty: Collection[str]) -> set[str]:
    """Return the columns of all addresses but one: who has a home and an office gets no mixture of both.

    `keys`: the heading key of each column. The address with most columns that are not `empty` is kept.
    """
    addresses = [
        columns for one in _SETS if (columns := {c for c, key in keys.items() if key in one})
    ]
    if not addresses:
        return set()
    kept = max(addresses, key=lambda columns: len(columns.difference(empty)))
    return set().union(*addresses) - kept
