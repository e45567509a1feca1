"""Address cards: vCard 3.0 (RFC 2426), the version that Outlook, Apple and Google all read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import vobject

from services.importer.exports.formats.writer import Look
from services.importer.exports.source import Page

FIELDS = (
    "title", "first_name", "last_name", "company", "email", "phone", "mobile", "street", "postal_code",
    "city", "country", "birthday", "note", "updated_at",
)  # fmt: skip


class Cards:
    """Writes one card for each customer. What the card holds does not depend on columns."""

    besides: ClassVar[Sequence[str]] = FIELDS

    def __init__(self, _look: Look) -> None:
        self._ready: list[str] = []

    def page(self, page: Page) -> None:
        fields = [page.fields[name] for name in FIELDS]
        for id_, groups, *values in zip(page.ids, page.groups, *fields, strict=True):
            self._ready.append(_card(id_, groups, dict(zip(FIELDS, values, strict=True))))

    def finish(self) -> None:
        """Nothing comes last."""

    def taken(self) -> bytes:
        data = "".join(self._ready).encode()
        self._ready.clear()
        return data


def _card(id_: str, groups: list[str], of: dict[str, Any]) -> str:
    card = vobject.vCard()
    given, family = of["first_name"] or "", of["last_name"] or ""
    card.add("n").value = vobject.vcard.Name(family=family, given=given, prefix=of["title"] or "")
    card.add("fn").value = _shown(of)
    card.add("uid").value = f"urn:uuid:{id_}"
    card.add("rev").value = of["updated_at"][:19] + "Z"
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
            street=of["street"] or "",
            code=of["postal_code"] or "",
            city=of["city"] or "",
            country=of["country"] or "",
        )
        address.params["TYPE"] = ["WORK" if of["company"] else "HOME"]
    if of["birthday"]:
        card.add("bday").value = of["birthday"]
    if of["note"]:
        card.add("note").value = of["note"]
    if groups:
        card.add("categories").value = groups
    text: str = card.serialize()
    return text


def _shown(of: dict[str, Any]) -> str:
    whole = " ".join(of[name] for name in ("title", "first_name", "last_name") if of[name])
    otherwise = (of[name] for name in ("company", "email", "phone", "mobile"))
    return whole or next((one for one in otherwise if one), "")
