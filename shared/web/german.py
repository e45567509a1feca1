"""The German twins of what marshmallow, Flask and Werkzeug say in English."""

from __future__ import annotations

import re

from shared.errors import Text

_MESSAGES = [
    (r"Missing data for required field\.", "Diese Angabe fehlt."),
    (r"Field may not be null\.", "Diese Angabe darf nicht leer sein."),
    (r"Unknown field\.", "Dieses Feld gibt es nicht."),
    (r"Not a valid string\.", "Das ist kein Text."),
    (r"Not a valid integer\.", "Das ist keine ganze Zahl."),
    (r"Not a valid number\.", "Das ist keine Zahl."),
    (r"Not a valid boolean\.", "Hier geht nur true oder false."),
    (r"Not a valid UUID\.", "Das ist keine gültige Kennung (UUID)."),
    (
        r"Not a valid (?:aware )?datetime\.",
        "Das ist kein gültiger Zeitpunkt mit Zeitzone (RFC 3339).",
    ),
    (r"Not a valid date\.", "Das ist kein gültiges Datum (JJJJ-MM-TT)."),
    (r"Not a valid list\.", "Das ist keine Liste."),
    (r"Not a valid mapping type\.", "Das ist kein Objekt."),
    (r"Invalid input type\.", "Das ist kein Objekt."),
    (r"Invalid value\.", "Dieser Wert ist nicht möglich."),
    (r"Must be one of: (.*)\.", r"Möglich ist: \1."),
    (r"Shorter than minimum length (\d+)\.", r"Mindestens \1 Zeichen oder Einträge."),
    (r"Longer than maximum length (\d+)\.", r"Höchstens \1 Zeichen oder Einträge."),
    (r"Length must be between (\d+) and (\d+)\.", r"Die Länge liegt zwischen \1 und \2."),
    (
        r"Must be greater than or equal to (.+) and less than or equal to (.+)\.",
        r"Mindestens \1 und höchstens \2.",
    ),
    (r"Must be greater than or equal to (.+)\.", r"Mindestens \1."),
    (r"Must be less than or equal to (.+)\.", r"Höchstens \1."),
]
_PATTERNS = [(re.compile(pattern), german) for pattern, german in _MESSAGES]

_STATUS = {
    400: ("Nicht lesbar", "Die Anfrage ist so nicht lesbar."),
    404: ("Nicht gefunden", "Unter dieser Adresse gibt es nichts."),
    405: (
        "Methode nicht erlaubt",
        "Diese Methode gibt es hier nicht; der Kopf Allow nennt die möglichen.",
    ),
    406: ("Nicht lieferbar", "In keinem der gewünschten Formate lieferbar."),
    413: ("Zu groß", "Die Anfrage ist zu groß."),
    415: ("Falscher Typ", "Diese Art von Inhalt wird hier nicht angenommen."),
    500: ("Interner Fehler", "Hier ist etwas Unerwartetes passiert. Es steht im Protokoll."),
}


def message(text: str) -> str:
    """Return a validation message in German; a text that has no known twin comes back as it is."""
    if isinstance(text, Text):
        return text.de
    for pattern, german in _PATTERNS:
        if pattern.fullmatch(text):
            return pattern.sub(german, text)
    return text


def status(code: int, english: str) -> str:
    """Return the German title of an HTTP status."""
    return _STATUS.get(code, (english, ""))[0]


def detail(code: int) -> str:
    """Return a German sentence about an HTTP status."""
    return _STATUS.get(code, ("", "Die Anfrage ist fehlgeschlagen."))[1]
