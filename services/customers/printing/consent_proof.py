"""The proof of what a customer has allowed (GDPR Art. 7(1)), as a PDF to keep."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import typst

from services.customers.models import Customer
from shared.errors import Text

_TEMPLATE = Path(__file__).with_suffix(".typ")

_WORDS = {
    "title": Text("Proof of consent", de="Nachweis der Einwilligung"),
    "ledger": Text("What was said, and when", de="Was wann erklärt wurde"),
    "empty": Text(
        "Nothing was asked and nothing was said.", de="Es wurde nichts gefragt und nichts erklärt."
    ),
    "made": Text("printed on", de="ausgedruckt am"),
}
_STATES = {
    "none": Text("No consent", de="Keine Einwilligung"),
    "requested": Text(
        "Asked for consent, not given yet", de="Einwilligung angefragt, noch nicht erteilt"
    ),
    "confirmed": Text("Consent given", de="Einwilligung erteilt"),
    "revoked": Text("Consent withdrawn", de="Einwilligung widerrufen"),
}
_ACTS = {
    "requested": Text("Asked for consent", de="Um Einwilligung gebeten"),
    "confirmed": Text("Consent given", de="Einwilligung erteilt"),
    "revoked": Text("Consent withdrawn", de="Einwilligung widerrufen"),
    "undone": Text("Import undone", de="Import rückgängig gemacht"),
}
_DATES = {
    "opt_in_requested_at": Text("Asked on {at}", de="Angefragt am {at}"),
    "opt_in_confirmed_at": Text("Given on {at}", de="Erteilt am {at}"),
    "opt_in_revoked_at": Text("Withdrawn on {at}", de="Widerrufen am {at}"),
}
_WAYS = {
    "by_hand": Text("noted by staff", de="von Mitarbeitern eingetragen"),
    "form": Text("form", de="Formular"),
    "web_form": Text("web form", de="Webformular"),
    "import": Text("import with evidence", de="Import mit Nachweis"),
    "click": Text("click by the customer", de="Klick des Kunden"),
    "page": Text("link in a mail", de="Link in einer E-Mail"),
    "one_click": Text("unsubscribed in the mail program", de="Abmeldung im E-Mail-Programm"),
    "merge": Text("merge with customer", de="Zusammenführung mit Kunde"),
}
_FACTS = {
    "way": Text("Way", de="Weg"),
    "email": Text("E-mail", de="E-Mail"),
    "wording": Text("Wording", de="Wortlaut"),
    "wording_version": Text("Version of the wording", de="Fassung des Wortlauts"),
    "form": Text("Form", de="Formular"),
    "evidence": Text("Evidence", de="Nachweis"),
    "by": Text("Entered by", de="Eingetragen von"),
    "message_id": Text("Confirmation mail", de="Bestätigungsmail"),
    "remote_address": Text("From the address", de="Von der Adresse"),
    "recorded_at": Text("Recorded on", de="Aufgezeichnet am"),
}
_NUMBER = Text("Customer number", de="Kundennummer")
_NAME = Text("Name", de="Name")
_NO_EFFECT = Text("{act} (changed nothing any more)", de="{act} (änderte nichts mehr)")


def print_consent_proof(
    customer: Customer,
    ledger: Iterable[Mapping[str, Any]],
    *,
    business: str,
    zone: ZoneInfo,
    language: str,
    now: datetime,
) -> bytes:
    """Return the proof as a PDF. Times are local, to the second, with their offset from UTC."""

    def at(moment: datetime) -> str:
        local = moment.astimezone(zone)
        pattern = "%d.%m.%Y, %H:%M:%S" if language == "de" else "%Y-%m-%d, %H:%M:%S"
        return f"{local:{pattern}} (UTC{local:%z})"

    def said(text: Text, **values: object) -> str:
        return text.fill(**values).in_language(language)

    def shown(name: str, value: Any) -> str:
        if isinstance(value, datetime):
            return at(value)
        return said(_WAYS[value]) if name == "way" and value in _WAYS else str(value)

    def entry(row: Mapping[str, Any]) -> dict[str, Any]:
        act = _ACTS[row["action"]]
        return {
            "at": at(row["occurred_at"]),
            "what": said(act if row["effective"] else _NO_EFFECT, act=act),
            "facts": [
                [said(label), shown(name, row[name])] for name, label in _FACTS.items() if row[name]
            ],
        }

    names = (customer.salutation, customer.title, customer.first_name, customer.last_name)
    person = {
        _NUMBER: str(customer.number),
        _NAME: " ".join(name for name in (*names, customer.company) if name),
        _FACTS["email"]: customer.email or "",
    }
    data = {
        "business": business,
        "language": language,
        "made_at": at(now),
        "words": {name: said(text) for name, text in _WORDS.items()},
        "person": [[said(label), value] for label, value in person.items() if value],
        "state": said(_STATES[customer.opt_in_state]),
        "dates": [
            said(text, at=at(moment))
            for name, text in _DATES.items()
            if (moment := getattr(customer, name)) is not None
        ],
        "entries": [entry(row) for row in ledger],
    }
    printed: bytes = typst.compile(
        _TEMPLATE,
        root=_TEMPLATE.parent,
        format="pdf",
        sys_inputs={"data": json.dumps(data)},
        ignore_system_fonts=True,
        timestamp=now.replace(microsecond=0),
    )
    return printed
