"""Values from a file that was written at some moment: what was edited in it since, and what changed here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from services.groups import queries
from shared.errors import Text
from shared.threeway import edited, told

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
        if before is None:
            for key, value in wanted.items():
                if value != here.get(key):
                    errors[key] = [told(_UNKNOWN, here.get(key), value)]
            return {}
        edit = edited(wanted, here.get, before.get)
        errors.update(edit.kept | edit.clashes)
        return edit.values
