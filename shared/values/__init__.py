"""Typed values with German input: one reading and one stored form for API, form, import and console.

Every refusal is a `ValueRefused` (a `ValueError`) whose `text` says in English and German what is wrong
with the value and what it should look like.

- `parse_value("decimal", "1.234,50")` → `"1234.50"`, what is stored as JSON; `value_parser(...)` for many.
- `parse_decimal`, `parse_integer`, `parse_yes_no`, `parse_date`, `parse_moment`, `clean_text`: one kind each.
- `clean_email(raw)`: how an address is stored and shown; `email_key(cleaned)`: what it is compared by;
  `normalise_email(raw)`: both in one step, for looking one up.
- `normalise_phone(raw, region)` → `+49…`, for comparing; what was typed is what is stored and shown.
- `sort_key(text)`: for `ORDER BY` and for equality without case and umlauts' spelling;
  `search_key(text)`: what is stored for finding parts; `search_term(q)`: what to look for in it;
  `search_forms(q)`: the same for parts that begin anywhere.
- `check_pattern`, `check_against`: patterns that users write, by RE2.
"""

from shared.values.contact import (
    ascii_domain,
    clean_email,
    country_name,
    email_key,
    normalise_email,
    normalise_phone,
    parse_country,
    parse_language,
    parse_salutation,
)
from shared.values.dates import Order, guess_order, order_told, parse_date, parse_moment
from shared.values.numbers import canonical_decimal, parse_decimal, parse_integer, parse_yes_no
from shared.values.patterns import check_against, check_pattern
from shared.values.refused import ValueRefused, refuse
from shared.values.text import (
    clean_text,
    has_control_characters,
    name_sort,
    search_forms,
    search_key,
    search_term,
    sort_key,
)
from shared.values.typed import VALUE_TYPES, Parser, Stored, ValueType, parse_value, value_parser

__all__ = [
    "VALUE_TYPES",
    "Order",
    "Parser",
    "Stored",
    "ValueRefused",
    "ValueType",
    "ascii_domain",
    "canonical_decimal",
    "check_against",
    "check_pattern",
    "clean_email",
    "clean_text",
    "country_name",
    "email_key",
    "guess_order",
    "has_control_characters",
    "name_sort",
    "normalise_email",
    "normalise_phone",
    "order_told",
    "parse_country",
    "parse_date",
    "parse_decimal",
    "parse_integer",
    "parse_language",
    "parse_moment",
    "parse_salutation",
    "parse_value",
    "parse_yes_no",
    "refuse",
    "search_forms",
    "search_key",
    "search_term",
    "sort_key",
    "value_parser",
]
