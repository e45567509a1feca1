"""Whom the rows of a file would create.

A dry run creates nobody, so of two rows for one new person that lie some thousand rows apart it calls both
new. The run will find the first one's customer by id or e-mail, and the later row wins.
"""

from __future__ import annotations

from typing import Any

from services.importer.options import Options
from services.importer.rows import Converted
from shared.values import normalise_email

_NOT_STORED = frozenset({"ref", "id", "version"})


class Newcomers:
    """Remembers the customers that earlier rows would create."""

    def __init__(self, options: Options) -> None:
        self._by_email = "email" in options.match_on
        self._only_new = options.mode == "create"
        self._known: dict[str, dict[str, Any]] = {}

    def would(self, row: Converted) -> tuple[str, str]:
        """Return what becomes of a row that the dry run calls new, and the id of whom it is about."""
        assert row.customer is not None
        keys = self._keys(row.customer)
        known = next((self._known[key] for key in keys if key in self._known), None)
        if known is None:
            known = dict(row.customer)
            self._known |= dict.fromkeys(keys, known)
            return "create", str(row.customer["id"])
        changes = {
            name: value
            for name, value in row.customer.items()
            if name not in _NOT_STORED and name != "opt_in" and known.get(name) != value
        }
        if "opt_in" in row.customer and "opt_in" not in known:
            changes["opt_in"] = row.customer["opt_in"]
        if not changes:
            return "unchanged", str(known["id"])
        if self._only_new:
            return "conflict", str(known["id"])
        known |= changes
        self._known |= dict.fromkeys(keys, known)
        return "update", str(known["id"])

    def _keys(self, customer: dict[str, Any]) -> list[str]:
        keys = [str(customer["id"])]
        if self._by_email and (address := customer.get("email")):
            keys.append(normalise_email(address))
        return keys
