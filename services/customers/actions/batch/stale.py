"""Rows of a file that was written some versions ago: the version says what a row looked like when it left."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from services.customers import errors, queries
from services.customers.lines import Line
from services.customers.models import Customer, restored
from shared.threeway import Edit, edited


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

        def was(name: str) -> Any:
            return restored(name, before[name]) if name in before else getattr(stored, name)

        return edited(values, partial(getattr, now), was, clash=errors.CHANGED_BY_BOTH)
