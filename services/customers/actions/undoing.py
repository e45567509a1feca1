"""Taking an import back: who came with it goes, what it changed becomes what it was.

Not where somebody has gone on since: a customer who was changed, visited or asked something after the import
stays, and so does a value that was changed again.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Any, Literal, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.customers import errors, queries
from services.customers.actions import letters
from services.customers.actions.changes import Changes
from services.customers.actions.comparing import compare_again
from services.customers.actions.consent import Proof, entry
from services.customers.actions.erasing import empty
from services.customers.actions.letters import Letter
from services.customers.activity import OWN_SOURCE
from services.customers.models import (
    Customer,
    activities,
    consent_ledger,
    customers,
    history_entries,
    restored,
)
from shared.changelog import before_import
from shared.db import among, utcnow
from shared.errors import Text
from shared.importids import made_by


class Undone(NamedTuple):
    """What became of a customer, and of fields that stay because they were changed again."""

    customer_id: UUID
    status: Literal["removed", "restored", "unchanged", "kept"]
    number: int | None = None
    reason: Text | None = None
    kept: Sequence[str] = ()


def undo_import(
    session: Session, import_id: UUID, customer_ids: Sequence[UUID], *, by: str
) -> list[Undone]:
    """Take back what an import did to these customers. Doing it twice changes nothing more."""
    people = queries.people_by_id(session, set(customer_ids), hold=True)
    log = queries.changes_of(session, people.keys())
    made = {i for i in people if made_by(import_id, i)}
    used = _used_since(session, import_id, made, log)
    changes = Changes(session, now=utcnow(), source="manual")
    found: dict[UUID, Undone] = {}
    removed: list[UUID] = []
    for customer_id in dict.fromkeys(customer_ids):
        person = people.get(customer_id)
        if person is None or person.erased_at is not None:
            found[customer_id] = Undone(customer_id, "removed")
        elif person.merged_into is not None:
            found[customer_id] = Undone(customer_id, "kept", person.number, errors.MERGED_SINCE)
        elif customer_id not in made:
            found[customer_id] = _restore(changes, person, log.get(customer_id, []), import_id, by)
        elif customer_id in used:
            found[customer_id] = Undone(customer_id, "kept", person.number, errors.USED_SINCE)
        else:
            changes.erase(person, letters.never_came)
            removed.append(customer_id)
            found[customer_id] = Undone(customer_id, "removed", person.number)
    changes.write()
    empty(session, removed)
    compare_again(session, [i for i, one in found.items() if one.status == "restored"])
    return [found[customer_id] for customer_id in dict.fromkeys(customer_ids)]


def _used_since(
    session: Session, import_id: UUID, made: set[UUID], log: dict[UUID, list[Any]]
) -> set[UUID]:
    """Return whom somebody has worked with since. Mails that the import set off are not that."""
    used = {i for i in made if any(row.reference != import_id for row in log.get(i, ()))}
    rest = made - used
    for column, *more in (
        (activities.c.customer_id, activities.c.source != OWN_SOURCE),
        (history_entries.c.customer_id,),
        (consent_ledger.c.customer_id, consent_ledger.c.way != "import"),
        (customers.c.merged_into,),
    ):
        used.update(session.scalars(select(column).where(among(column, rest), *more)))
    return used


def _restore(
    changes: Changes, person: Customer, log: Sequence[Any], import_id: UUID, by: str
) -> Undone:
    values, kept = before_import(log, import_id)
    draft = copy(person)
    draft.restore({name: restored(name, value) for name, value in values.items()}, changes.home)
    if draft == person:
        return Undone(person.id, "unchanged", person.number, kept=sorted(kept))
    if not draft.identified:
        return Undone(person.id, "kept", person.number, errors.USED_SINCE)
    told: list[Letter] = []
    if draft.active != person.active:
        told.append(letters.reactivated if draft.active else letters.deactivated)
    if draft.opt_in_state != person.opt_in_state:
        proof = Proof(way="import", evidence=str(import_id), by=by)
        changes.record(entry(draft, "undo", changes.now, proof, True, changes.now))
    changes.replace(person, draft, *told)
    return Undone(person.id, "restored", person.number, kept=sorted(kept))
