"""Customer files as large as asked for, always the same: 20 columns, 1 to 3 groups, 3 attributes."""

from __future__ import annotations

import csv
import random
from pathlib import Path

HEADINGS = (
    "Anrede", "Titel", "Vorname", "Nachname", "Firma", "E-Mail", "Telefon", "Mobil", "Straße", "PLZ",
    "Ort", "Land", "Geburtstag", "Sprache", "Notiz", "Registriert", "Gruppen", "Haarlänge",
    "Jahresumsatz", "Newsletter gedruckt",
)  # fmt: skip
FIRST = ("Änne", "Jürgen", "Sofía", "Marie", "Björn", "Łukasz", "Uwe", "Zoë", "Heinz", "Gülay")
LAST = (
    "Müller",
    "Weiß",
    "Schröder",
    "Öztürk",
    "Nguyễn",
    "Meyer",
    "Großmann",
    "Kühn",
    "Vogel",
    "Lang",
)
CITIES = (("10115", "Berlin"), ("80331", "München"), ("50667", "Köln"), ("04109", "Leipzig"))
ROOT = "Reiseangebote"
PLACES = tuple(f"{ROOT}/{name}" for name in ("Griechenland", "Österreich", "Südtirol", "Ägypten"))
OTHERS = ("Stammkunden", "Newsletter", "Geburtstagspost", "Gutscheine")
ATTRIBUTES = (
    {"key": "haarlaenge", "label": {"de": "Haarlänge", "en": "Hair length"}, "scope": "customer",
     "type": "choice", "choices": ["kurz", "mittel", "lang"]},
    {"key": "jahresumsatz", "label": {"de": "Jahresumsatz", "en": "Revenue"}, "scope": "customer",
     "type": "decimal"},
    {"key": "newsletter_gedruckt", "label": {"de": "Newsletter gedruckt", "en": "Printed newsletter"},
     "scope": "customer", "type": "yes_no"},
)  # fmt: skip


def write_csv(path: Path, count: int, *, seed: int = 1) -> Path:
    """Write `count` customers; different seeds give different people."""
    chance = random.Random(seed)
    with path.open("w", encoding="cp1252", errors="replace", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(HEADINGS)
        writer.writerows(_row(chance, seed, i) for i in range(count))
    return path


def _row(chance: random.Random, seed: int, i: int) -> list[str]:
    postal_code, city = chance.choice(CITIES)
    groups = [chance.choice(PLACES), *chance.sample(OTHERS, chance.randrange(3))]
    return [
        chance.choice(("Frau", "Herr", "")),
        chance.choice(("", "", "", "Dr.")),
        chance.choice(FIRST),
        chance.choice(LAST),
        chance.choice(("", "", "Reisebüro Süd")),
        f"kunde{seed}.{i}@example.com",
        f"030 {i % 900_000 + 100_000}",
        f"0171 {i % 9_000_000 + 1_000_000}",
        f"Hauptstraße {i % 200 + 1}",
        postal_code,
        city,
        "Deutschland",
        f"{i % 28 + 1:02}.{i % 12 + 1:02}.{1940 + i % 60}",
        "de",
        "" if i % 5 else f"Notiz zu Kunde {i}",
        f"{i % 28 + 1:02}.{i % 12 + 1:02}.20{10 + i % 16}",
        " | ".join(groups),
        chance.choice(("kurz", "mittel", "lang")),
        f"{i % 9}.{i % 900 + 100},{i % 90 + 10}" if i % 9 else f"{i % 900 + 100},50",
        "ja" if i % 3 else "nein",
    ]
