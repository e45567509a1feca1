"""One history entry for many customers: an operation, seen before it begins and taken back as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from services.customers.actions.history import read_entry
from services.customers.actions.operations import act_on
from services.customers.actions.whom import Asked, Whom, count_eligible

KIND = "history_batch"


def count_for_entry(session: Session, whom: Whom, values: Mapping[str, Any]) -> int:
    """Return for how many customers there would be an entry. Raises Invalid as the act itself would."""
    read_entry(session, values)
    return count_eligible(session, KIND, whom)


def add_entry_for_all(
    session: Session,
    whom: Whom | Asked,
    values: Mapping[str, Any],
    *,
    by: str,
    dry_run: bool = False,
) -> Any:
    """Note the same about each of the customers; return the operation.

    Who was merged into another counts as that one; erased and unknown ones are left out.
    """
    entry = read_entry(session, values)
    request = {"entry": {**entry, "date": entry["date"].isoformat()}}
    return act_on(session, KIND, whom, request=request, by=by, dry_run=dry_run)
