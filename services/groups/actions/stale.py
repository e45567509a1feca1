"""Values from a file that was written at some moment: what was edited in it since, and what changed here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from services.groups import queries
from shared.errors import Text

_KEPT = Text(
    "Changed here meanwhile and not in the file: it stays {here}, not {given}.",
    de="Inzwischen hier geändert, in der Datei nicht: es bleibt {here}, nicht {given}.",
)
_BOTH = Text(
    "Changed here meanwhile to {here}, in the file to {given}.",
    de="Inzwischen hier in {here} geändert, in der Datei in {given}.",
)
_UNKNOWN = Text(
    "The file is too old to tell what was changed in it: here it is {here}, in the file {given}.",
    de="Die Datei ist so alt, dass nicht mehr zu sehen ist, was in ihr geändert wurde: hier ist es {here}, "
    "in der Datei {given}.",
)


class Former:
    """What customers' values were at the moments that rows of a file know."""

    def __init__(self, session: Session, customer_ids: set[UUID]) -> None:
        self._stored = queries.documents_of(session, customer_ids) if customer_ids else {}
        self._changes = queries.value_changes_of(session, customer_ids)

    def edited(
        self,
        customer_id: UUID,
        at: datetime,
        wanted: Mapping[str, Any],
        errors: dict[str, list[Text]],
    ) -> dict[str, Any]:
        """Return what of the `wanted` values was edited in the file alone.

        Why others are left out goes into `errors`, by attribute key.
        """
        stored = self._stored.get(customer_id)
        here = {} if stored is None else stored.document
        before = queries.document_at(stored, self._changes.get(customer_id, ()), at)
        edited = {}
        for key, value in wanted.items():
            now = here.get(key)
            if value == now:
                continue
            if before is None:
                errors[key] = [_said(_UNKNOWN, now, value)]
            elif value == before.get(key):
                errors[key] = [_said(_KEPT, now, value)]
            elif now == before.get(key):
                edited[key] = value
            else:
                errors[key] = [_said(_BOTH, now, value)]
        return edited


def _said(text: Text, here: Any, given: Any) -> Text:
    return text.fill(here=_shown(here), given=_shown(given))


def _shown(value: Any) -> str:
    return "—" if value is None else f"'{str(value)[:200]}'"
