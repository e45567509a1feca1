"""Rows of a file that was written some versions ago: what was edited in it, and what was changed here since.

The version says what the row looked like when it left. A value that is still as it was then was not edited;
one that nobody has changed here since may be overwritten; where both have changed, a person has to decide.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from services.customers import errors, queries
from services.customers.lines import Errors, Line
from services.customers.models import Customer, restored
from shared.errors import Text


class Edit(NamedTuple):
    """What a row wants of a customer who has changed since: `values` are edited in the row alone, `kept` were
    changed here alone, `clashes` on both sides."""

    values: dict[str, Any]
    kept: Errors
    clashes: Errors


class Former:
    """What the customers of a batch were at the versions that its rows know."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._changes: dict[UUID, list[Any]] = {}

    def look_up(self, lines: Iterable[Line], stored: dict[UUID, Customer]) -> None:
        """Find the changes of all whose row is older than they are, with one question."""
        self._know(
            [
                line.id
                for line in lines
                if line.version is not None
                and line.id is not None
                and line.id in stored
                and line.version < stored[line.id].version
            ]
        )

    def _know(self, ids: list[UUID]) -> None:
        if ids:
            self._changes |= {key: [] for key in ids} | queries.changes_of(self._session, set(ids))

    def edited(
        self, stored: Customer, now: Customer, version: int, values: dict[str, Any]
    ) -> Edit | None:
        """Return what a row of that version wants of the customer; None if it is not known any more.

        `now` is the customer after earlier rows of the batch.
        """
        if stored.id not in self._changes:
            self._know([stored.id])
        before = queries.values_at(self._changes[stored.id], version, stored.version)
        if before is None:
            return None
        edit = Edit({}, {}, {})
        for name, value in values.items():
            here = getattr(now, name)
            if value == here:
                continue
            was = restored(name, before[name]) if name in before else getattr(stored, name)
            if value == was:
                edit.kept[name] = [_said(errors.KEPT, here, value)]
            elif here == was:
                edit.values[name] = value
            else:
                edit.clashes[name] = [_said(errors.CHANGED_BY_BOTH, here, value)]
        return edit


def _said(text: Text, here: Any, given: Any) -> Text:
    return text.fill(here=_shown(here), given=_shown(given))


def _shown(value: Any) -> str:
    return "—" if value is None else f"'{str(value)[:200]}'"
