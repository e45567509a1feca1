"""Forgetting a person, here and everywhere (GDPR Art. 17), with a receipt of who has done so."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from services.customers import queries
from services.customers.actions.changes import Changes
from services.customers.actions.customers import held
from services.customers.errors import StillBusy
from services.customers.models import (
    LEDGER_PERSONAL,
    activities,
    comparisons_due,
    consent_ledger,
    customer_changes,
    customer_revenues,
    customer_summaries,
    duplicates,
    erasures,
    history_entries,
    memberships,
    merges,
)
from shared.db import among, bulk_insert, utcnow
from shared.forgetting import forget

OTHERS = ("groups", "importer", "followup")
"""The services that keep something about customers and say when they have let go of it."""

_ABOUT_ONE = (
    activities, customer_changes, customer_summaries, customer_revenues, history_entries, memberships,
    comparisons_due,
)  # fmt: skip


def erase_customer(session: Session, customer_id: UUID, *, version: int, by: str) -> None:
    """Forget the person here and tell everybody to do the same, with everybody merged into it.

    What stays is the number, so that nobody gets it again, and when consents were given, without saying by
    whom.
    """
    family = queries.family_of(session, customer_id)
    people = queries.people_by_id(session, family, hold=True)
    held(session, customer_id, version)
    if queries.family_of(session, customer_id) != family:
        raise StillBusy
    now = utcnow()
    changes = Changes(session, now=now, source="manual")
    for person in people.values():
        changes.erase(person)
    changes.write()
    empty(session, family)
    session.execute(update(merges).where(among(merges.c.survivor_id, family)).values(changed={}))
    forget(session, family)
    bulk_insert(
        session,
        erasures,
        ("customer_id", "number", "requested_at", "requested_by", "services"),
        [(one.id, one.number, now, by, {"customers": _shown(now)}) for one in people.values()],
    )


def empty(session: Session, customer_ids: Collection[UUID]) -> None:
    """Delete what is recorded about these customers, beside their own rows.

    Of consents stays when they were given.
    """
    session.execute(
        update(consent_ledger)
        .where(among(consent_ledger.c.customer_id, customer_ids))
        .values(dict.fromkeys(LEDGER_PERSONAL))
    )
    for table in _ABOUT_ONE:
        session.execute(delete(table).where(among(table.c.customer_id, customer_ids)))
    for column in (duplicates.c.first_id, duplicates.c.second_id):
        session.execute(delete(duplicates).where(among(column, customer_ids)))


def note_forgotten(session: Session, service: str, told: Iterable[tuple[UUID, datetime]]) -> None:
    """Put on the receipts that a service has let go of these customers."""
    when = dict(told)
    receipts = session.execute(
        select(erasures.c.customer_id, erasures.c.services, erasures.c.completed_at)
        .where(among(erasures.c.customer_id, sorted(when)))
        .order_by(erasures.c.customer_id)
        .with_for_update()
    ).all()
    for receipt in receipts:
        services = {service: _shown(when[receipt.customer_id]), **receipt.services}
        complete = services.keys() >= {"customers", *OTHERS}
        session.execute(
            update(erasures)
            .where(erasures.c.customer_id == receipt.customer_id)
            .values(
                services=services,
                completed_at=receipt.completed_at or (utcnow() if complete else None),
            )
        )


def _shown(moment: datetime) -> str:
    return moment.replace(microsecond=0).isoformat().replace("+00:00", "Z")
