"""What templates can say beside Flask's own: names, labels and values as people read them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Flask
from flask_babel import gettext

from services.console import i18n, words
from services.console.forms.imports import ENCODINGS

COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
SHOWN_FIRST = ("number", "salutation", "first_name", "last_name", "company", "email", "groups")


def init(app: Flask) -> None:
    environment = app.jinja_env
    environment.filters.update(
        cell=cell,
        encoding_name=lambda code: ENCODINGS.get(code, code),
        row_keys=row_keys,
        sentences=sentences,
        source_name=lambda key: words.SOURCE.get(key, key),
    )
    environment.tests["colour"] = lambda value: bool(COLOUR.fullmatch(str(value)))
    environment.globals.update(
        full_name=full_name, holds=holds, label_of=label_of, shown_value=shown_value
    )
    environment.globals["ui"] = environment.get_template("ui.html").module


def full_name(customer: Mapping[str, Any]) -> str:
    """Return what a customer is called: the person, else the company, else what else is known."""
    names = (customer.get("title"), customer.get("first_name"), customer.get("last_name"))
    person = " ".join(name for name in names if name)
    other = next(
        (customer[k] for k in ("company", "email", "phone", "mobile") if customer.get(k)), ""
    )
    return person or str(other)


def label_of(attribute: Mapping[str, Any]) -> str:
    label: Mapping[str, str] = attribute.get("label") or {}
    return label.get(i18n.language()) or label.get("de") or str(attribute.get("key", ""))


def shown_value(attribute: Mapping[str, Any], value: Any) -> str:
    """Return a stored attribute value as its reader writes it: 1.234,5, 24.12.2026, yes."""
    if value is None:
        return ""
    kind = attribute["type"]
    if kind == "yes_no":
        return gettext("yes") if value else gettext("no")
    if kind in ("integer", "decimal"):
        return i18n.number(value)
    return i18n.day(value) if kind == "date" else str(value)


def holds(node: Mapping[str, Any], group_id: str | None) -> bool:
    """Say whether the group is somewhere below this node of the tree."""
    return any(child["id"] == group_id or holds(child, group_id) for child in node["children"])


def sentences(figures: Any) -> list[str]:
    """Return figures of a dry run as lines to read, nested ones and lists of sentences included."""
    if isinstance(figures, str):
        return [figures]
    if isinstance(figures, Mapping):
        return [line for key, value in figures.items() for line in _figure(key, value)]
    if isinstance(figures, Sequence):
        return [line for item in figures for line in sentences(item)]
    return []


def _figure(key: str, value: Any) -> list[str]:
    if value is None or isinstance(value, bool) or key in words.NO_FIGURE:
        return []
    if isinstance(value, Mapping | list):
        return sentences(value)
    label = words.FIGURE.get(key, key.replace("_", " "))
    return [f"{label}: {i18n.number(value) if isinstance(value, int) else value}"]


def row_keys(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return which columns the preview of these rows needs, the telling ones first."""
    present = dict.fromkeys(key for row in rows for key in _plain(row))
    first = [key for key in SHOWN_FIRST if key in present]
    return [*first, *(key for key in present if key not in first)]


def cell(row: Mapping[str, Any], key: str) -> str:
    value = _plain(row).get(key)
    if value is None:
        return ""
    if isinstance(value, list):
        return " | ".join(str(item) for item in value)
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    return str(value)


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a preview row with its nested customer and attributes on one level."""
    flat: dict[str, Any] = {}
    for key, value in row.items():
        if isinstance(value, Mapping):
            flat |= value
        elif not isinstance(value, list) or all(isinstance(item, str) for item in value):
            flat[key] = value
    return flat
