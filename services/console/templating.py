"""What templates can say beside Flask's own: names, labels and values as people read them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask import Flask
from flask_babel import gettext
from markupsafe import Markup, escape

from services.console import i18n, words
from services.console.forms.imports import DELIMITERS, ENCODINGS

COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


def init(app: Flask) -> None:
    environment = app.jinja_env
    environment.filters.update(
        breakable=breakable,
        encoding_name=lambda code: ENCODINGS.get(code, code),
        delimiter_name=lambda code: DELIMITERS.get(code, code),
        source_name=lambda key: words.SOURCE.get(key, key),
    )
    environment.tests["colour"] = lambda value: bool(COLOUR.fullmatch(str(value)))
    environment.globals.update(
        full_name=full_name,
        holds=holds,
        label_of=label_of,
        mail_title=mail_title,
        sender=sender,
        shown_value=shown_value,
    )
    environment.globals["ui"] = environment.get_template("ui.html").module


def breakable(address: str | None) -> Markup:
    """Return an e-mail address for a narrow column: it breaks after its @ rather than anywhere."""
    return escape(address or "").replace("@", Markup("@<wbr>"))


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


def mail_title(mail: Mapping[str, Any]) -> str:
    """Return a mail's subject; one that is not written yet is called by its step."""
    if mail.get("subject"):
        return str(mail["subject"])
    if mail.get("step"):
        return gettext("Step %(step)s", step=mail["step"])
    return gettext("Invitation to the newsletter")


def sender(parts: Mapping[str, Any] | None) -> str:
    """Return who a sequence's mails are from, as a mail program shows it."""
    parts = parts or {}
    name, address = parts.get("name"), parts.get("address")
    return f"{name} <{address}>" if name and address else str(name or address or "")
