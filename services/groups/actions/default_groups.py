"""Groups that customers of a source are put into when they become known."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy.orm import Session

from services.groups import queries
from services.groups.actions import locks
from services.groups.actions.memberships import Change, change_memberships
from services.groups.actions.moves import Telling


def add_to_default_groups(session: Session, registered: Iterable[tuple[UUID, str]]) -> None:
    """Put customers, given with the source they came from, into the groups that are the default for it."""
    locks.share_customers(session)
    defaults = queries.default_groups(session)
    if not defaults:
        return
    by_source: dict[str, list[UUID]] = {}
    for customer_id, source in registered:
        if source in defaults:
            by_source.setdefault(source, []).append(customer_id)
    for source, customer_ids in by_source.items():
        changes = [Change(customer_id, "add", defaults[source]) for customer_id in customer_ids]
        change_memberships(session, changes, Telling(by="default group", source=source))
