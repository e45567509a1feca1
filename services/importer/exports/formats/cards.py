"""Address cards: vCard 3.0 (RFC 2426), the version that Outlook, Apple and Google all read."""

from __future__ import annotations

from collections.abc import Sequence

import vobject

from services.importer.exports.formats.writer import Look
from services.importer.exports.source import Page

FIELDS = (
    "id", "groups", "title", "first_name", "last_name", "company", "email", "phone", "mobile", "street",
    "postal_code", "city", "country", "birthday", "note", "updated_at",
)  # fmt: skip


class Cards:
    """Writes one card for each customer. What the card holds does not depend on columns."""

    def __init__(self, _look: Look) -> None:
        self.needs: Sequence[str] = FIELDS
        self._ready: list[str] = []

    def page(self, page: Page) -> None:
        columns = [page.cells(name) for name in FIELDS]
        for values in zip(*columns, strict=True):
            self._ready.append(_card(dict(zip(FIELDS, values, strict=True))))

    def finish(self) -> None:
        """Nothing comes last."""

    def taken(self) -> bytes:
        data = "".join(self._ready).encode()
        self._ready.clear()
        return data


def _card(of: dict[str, str]) -> str:
    card = vobject.vCard()
    card.add("n").value = vobject.vcard.Name(
        family=of["last_name"], given=of["first_name"], prefix=of["title"]
    )
    card.add("fn").value = _shown(of)
    card.add("uid").value = f"urn:uuid:{of['id']}"
    card.add("rev").value = f"{of['updated_at'][:10]}T{of['updated_at'][11:19]}Z"
    if of["company"]:
        card.add("org").value = [of["company"]]
    for name, kind, types in (
        ("email", "email", ["INTERNET"]),
        ("phone", "tel", ["VOICE"]),
        ("mobile", "tel", ["CELL", "VOICE"]),
    ):
        if of[name]:
            line = card.add(kind)
            line.value = of[name]
            line.params["TYPE"] = types
    if any(of[name] for name in ("street", "postal_code", "city", "country")):
        address = card.add("adr")
        address.value = vobject.vcard.Address(
            street=of["street"],
            code=of["postal_code"],
            city=of["city"],
            country=of["country"],
        )
        address.params["TYPE"] = ["WORK" if of["company"] else "HOME"]
    if of["birthday"]:
        card.add("bday").value = of["birthday"]
    if of["note"]:
        card.add("note").value = of["note"]
    if of["groups"]:
        card.add("categories").value = of["groups"].split(" | ")
    text: str = card.serialize()
    return text


def _shown(of: dict[str, str]) -> str:
    whole = " ".join(of[name] for name in ("title", "first_name", "last_name") if of[name])
    otherwise = (of[name] for name in ("company", "email", "phone", "mobile"))
    return whole or next((one for one in otherwise if one), "")
