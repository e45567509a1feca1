"""How a customer is addressed: "Sehr geehrte Frau Dr. Müller"."""

from __future__ import annotations

from typing import Protocol

_WOMAN = {"frau", "fr.", "fr", "ms", "mrs", "mrs.", "ms.", "miss", "madame", "signora"}
_MAN = {"herr", "hr.", "hr", "herrn", "mr", "mr.", "monsieur", "signor"}


class Person(Protocol):
    salutation: str | None
    title: str | None
    first_name: str | None
    last_name: str | None
    language: str | None


def salutation(person: Person) -> str:
    """The opening line without its comma. Nobody is given a sex that the data does not name."""
    english = (person.language or "de").lower().startswith("en")
    form = (person.salutation or "").strip().lower()
    name = " ".join(filter(None, ((person.title or "").strip(), (person.last_name or "").strip())))
    if (person.last_name or "").strip():
        if form in _WOMAN:
            return f"Dear Ms {name}" if english else f"Sehr geehrte Frau {name}"
        if form in _MAN:
            return f"Dear Mr {name}" if english else f"Sehr geehrter Herr {name}"
    whole = " ".join(filter(None, ((person.first_name or "").strip(), name)))
    if whole:
        return f"Hello {whole}" if english else f"Guten Tag {whole}"
    return "Dear Sir or Madam" if english else "Sehr geehrte Damen und Herren"
