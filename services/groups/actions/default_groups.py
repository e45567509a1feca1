"""Groups that customers of a source are put into when they become known."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.groups import queries
from services.groups.actions import locks
from services.groups.actions.memberships import Change, change_memberships
from services.groups.actions.moves import Telling
from services.groups.models import PastMembership
from shared.db import among

BY = "default group"
AT_ONCE = 1_000


def add_to_default_groups(session: Session, registered: Iterable[tuple[UUID, str]]) -> None:
    """Put customers, given with the source they came from, into the groups that are the default for it.

    Whoever has left such a group before is not put back, however often their coming is told.
    """
    # Before the groups are read: none of them can be deleted then. One that becomes a default meanwhile may
    # be seen or not; whoever is registered after that was committed is heard of later still, and it is seen.
    locks.share_customers(session)
    defaults = queries.default_groups(session)
    by_source: dict[str, dict[UUID, None]] = {}
    for customer_id, source in registered:
        if source in defaults:
            by_source.setdefault(source, {})[customer_id] = None
    if not by_source:
        return
    customers = {customer_id for some in by_source.values() for customer_id in some}
    meant = locks.lock_meant(session, customers)  # all at once, and so in one order
    concerned = customers | {meant.by(customer_id) for customer_id in customers}
    left = _left(session, concerned, {g for groups in defaults.values() for g in groups})
    for source, some in by_source.items():
        changes = []
        for customer_id in some:
            gone = left.get(customer_id, set()) | left.get(meant.by(customer_id), set())
            groups = [group_id for group_id in defaults[source] if group_id not in gone]
            if groups:
                changes.append(Change(customer_id, "add", groups))
        if changes:
            change_memberships(session, changes, Telling(by=BY, source=source))


def _left(
    session: Session, customer_ids: Collection[UUID], group_ids: Collection[UUID]
) -> dict[UUID, set[UUID]]:
    """Return by customer those of the groups that they were in before and are in no longer, or again."""
    found: dict[UUID, set[UUID]] = {}
    ids: Sequence[UUID] = sorted(customer_ids)
    for start in range(0, len(ids), AT_ONCE):
        for customer_id, group_id in session.execute(
            select(PastMembership.customer_id, PastMembership.group_id).where(
                among(PastMembership.customer_id, ids[start : start + AT_ONCE]),
                PastMembership.group_id.in_(group_ids),
            )
        ):
            found.setdefault(customer_id, set()).add(group_id)
    return found
