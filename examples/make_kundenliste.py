"""Writes kundenliste.csv: the customer list of a made-up travel agency, as a German Excel would save it.

The same file each time. The demo imports it; rows that cannot be imported are in it on purpose.
Run from the project's folder: .venv/bin/python -m examples.make_kundenliste
"""

from __future__ import annotations

import csv
import io
import random
import re
import unicodedata
from datetime import date, datetime, timedelta
from pathlib import Path

from faker import Faker

ROWS = 500
SEED = 20_261_122
FILE = Path(__file__).with_name("kundenliste.csv")
TODAY = datetime(2026, 11, 20, 18, 0)  # noqa: DTZ001 - local time of the office, as in its files

HEADINGS = [
    "Kundennummer", "Aktiv", "Registriert", "Anrede", "Titel", "Vorname", "Nachname", "Firma", "E-Mail",
    "Telefon", "Mobil", "Straße", "PLZ", "Ort", "Land", "Geburtstag", "Sprache", "Notiz", "OptIn bestätigt",
    "Gruppen", "Reisebudget", "Reisestil", "Letzte Reise", "Vielflieger",
]  # fmt: skip
GROUPS = (
    "Reiseangebote/Griechenland",
    "Reiseangebote/Griechenland/Kreta",
    "Reiseangebote/Spanien",
    "Reiseangebote/Österreich/Skifahren",
    "Reiseangebote/Städtereisen",
    "Stammkunden",
    "Newsletter",
    "Firmenkunden",
    "Gutscheinkäufer",
)
STYLES = ("Strand", "Kultur", "Aktiv", "Luxus", "Familie")
UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
NOTES = (
    "Möchte per Telefon beraten werden.",
    'Nennt sich selbst "Inselhüpfer"; fragt nach Fähren.',
    "Allergie: Nüsse\nBitte dem Hotel vorher sagen.",
    "Kommt mit Hund.\nNur Erdgeschoss.\nZahlt 1.250,00 € an.",
    "Bevorzugt Flüge ab München; Fensterplatz",
    "Hat über Empfehlung von Frau Größmann gebucht",
)
# Numbers that are set aside for films and books: nobody answers them.
PHONES = ("030 23125-", "040 66969-", "069 90009-", "(0221) 4710-", "089/99998-")
MOBILES = ("+49 171 39200", "0176 040690", "0171/39200")
DOMAINS = ("example.com", "example.org", "example.net")

Row = dict[str, str]


def main() -> None:
    FILE.write_bytes(content())


def content() -> bytes:
    """Return the file: Windows-1252, semicolons, CRLF."""
    random_ = random.Random(SEED)
    faker = Faker("de_DE")
    faker.seed_instance(SEED)
    rows = [_customer(faker, random_, number) for number in range(1, ROWS + 1)]
    _spoil(rows)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, HEADINGS, restval="", delimiter=";", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("cp1252")


def _customer(faker: Faker, random_: random.Random, number: int) -> Row:
    female = random_.random() < 0.55
    first = faker.first_name_female() if female else faker.first_name_male()
    last = faker.last_name()
    registered = TODAY - timedelta(days=random_.randint(30, 2900), minutes=random_.randint(0, 600))
    row = {
        "Aktiv": "0" if random_.random() < 0.04 else "1",
        "Registriert": registered.strftime("%d.%m.%Y %H:%M"),
        "Anrede": "Frau" if female else "Herr",
        "Titel": random_.choice(["", "", "", "", "", "", "Dr.", "Prof. Dr."]),
        "Vorname": first,
        "Nachname": last,
        "E-Mail": f"{_ascii(first)}.{_ascii(last)}{number}@{random_.choice(DOMAINS)}",
        "Telefon": f"{random_.choice(PHONES)}{random_.randint(0, 999):03d}",
        "Mobil": f"{random_.choice(MOBILES)}{random_.randint(0, 99):02d}",
        "Straße": f"{faker.street_name()} {random_.randint(1, 120)}",
        "PLZ": f"{random_.randint(1067, 99998):05d}",
        "Ort": faker.city_name(),
        "Land": random_.choices(["Deutschland", "Österreich", "Schweiz"], [90, 6, 4])[0],
        "Geburtstag": _german(date(1938, 1, 1) + timedelta(days=random_.randint(0, 25_000))),
        "Sprache": random_.choices(["Deutsch", "Englisch"], [95, 5])[0],
        "Gruppen": " | ".join(random_.sample(GROUPS, random_.choices([1, 2, 3], [50, 35, 15])[0])),
        "Reisebudget": _amount(random_.randint(40_000, 900_000)),
        "Reisestil": random_.choice(STYLES),
        "Letzte Reise": _german((TODAY - timedelta(days=random_.randint(1, 1500))).date()),
        "Vielflieger": random_.choice(["ja", "nein", "nein"]),
    }
    if random_.random() < 0.15:
        row["Notiz"] = random_.choice(NOTES)
    if random_.random() < 0.12:
        row["Firma"] = faker.company()
    if random_.random() < 0.85:
        confirmed = registered + timedelta(minutes=random_.randint(2, 20_000))
        row["OptIn bestätigt"] = confirmed.strftime("%d.%m.%Y %H:%M:%S")
    return row


def _spoil(rows: list[Row]) -> None:
    """What goes wrong in lists that people keep by hand."""
    rows[23]["E-Mail"] = "karin.möllner(at)example.com"
    rows[88]["Geburtstag"] = "31.02.1974"
    rows[131] |= dict.fromkeys(("Vorname", "Nachname", "Firma", "E-Mail", "Telefon", "Mobil"), "")
    rows[207]["Reisebudget"] = "ca. 3000"
    rows[264]["Land"] = "Atlantis"
    rows[301]["E-Mail"] = "bernd@example.com; erika@example.com"
    rows[366]["Letzte Reise"] = "letzten Sommer"
    rows[419]["Vielflieger"] = "manchmal"
    rows[455]["Aktiv"] = "vielleicht"


def _ascii(name: str) -> str:
    name = name.lower().translate(UMLAUTS)
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z]+", "-", plain).strip("-")


def _german(day: date) -> str:
    return day.strftime("%d.%m.%Y")


def _amount(cents: int) -> str:
    return f"{cents / 100:,.2f}".translate(str.maketrans(",.", ".,"))


if __name__ == "__main__":
    main()
