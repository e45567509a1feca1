"""All that one transaction does to customers, written down together at its end.

One customer or five thousand: rows, ledger entries, numbers and letters go out with one statement each. A
customer is copied before it changes, so that each letter tells the version it is about.
"""

from __future__ import annotations

from collections.abc import Collection
from copy import copy
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec.structs import astuple
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from services.customers import queries
from services.customers.actions import letters
from services.customers.actions.comparing import note_due
from services.customers.actions.home import home_of
from services.customers.actions.letters import Letter
from services.customers.errors import Nameless
from services.customers.models import (
    COLUMNS,
    Customer,
    consent_ledger,
    customer_changes,
    customers,
    differences,
    register,
)
from shared.db import bulk_insert, bulk_upsert
from shared.events import Event
from shared.outbox import publish

_RECORDED = tuple(customer_changes.columns.keys())
_UPDATED = tuple(c for c in COLUMNS if c not in ("id", "number", "created_at"))


class Changes:
    """Collects changes; `write` makes them true. `now` is the moment of all of them.

    `reference` is the import that makes them.
    """

    def __init__(
        self, session: Session, *, now: datetime, source: str, reference: UUID | None = None
    ) -> None:
        self.now = now
        self.source = source
        self._session = session
        self.home = home_of(session)
        self._reference = reference
        self._created: dict[UUID, Customer] = {}
        self._latest: dict[UUID, Customer] = {}
        self._stored: dict[UUID, Customer] = {}
        self._compared: set[UUID] = set()
        self._letters: list[tuple[Letter, Customer]] = []
        self._ledger: list[dict[str, Any]] = []
        self._active = 0
        self._inactive = 0

    def register(self, customer: Customer) -> None:
        """A new customer, complete but for the number."""
        customer.came_from(self.source)
        customer.index(self.home)
        self._created[customer.id] = self._latest[customer.id] = customer
        self._count(customer, +1)
        self.tell(self._registered, customer)

    def change(self, customer: Customer, values: dict[str, Any]) -> Customer:
        """Return the customer with these values; the same object if nothing differs.

        Raises Nameless if nothing would be left to know the customer by.
        """
        draft = copy(customer)
        if not draft.change(values, self.home):
            return customer
        if not draft.identified:
            raise Nameless
        if any(getattr(draft, name) != getattr(customer, name) for name in queries.COMPARED):
            self._compared.add(draft.id)
        self.renew(customer, draft)
        return draft

    @property
    def touched(self) -> Collection[UUID]:
        """Who is written, new or changed."""
        return self._latest.keys()

    def set_active(
        self, customer: Customer, active: bool, *, operation_id: UUID | None = None
    ) -> Customer:
        """Return the customer active or inactive; the same object if it is so already.

        `operation_id` is that of a bulk act, which can be taken back.
        """
        if customer.active == active:
            return customer
        draft = copy(customer)
        draft.active = active
        draft.switched_by = operation_id
        self._count(customer, -1)
        self._count(draft, +1)
        self.renew(customer, draft, letters.reactivated if active else letters.deactivated)
        return draft

    def erase(self, customer: Customer, told: Letter = letters.erased) -> None:
        """Forget the person; the row stays as a tombstone that keeps the number taken."""
        draft = copy(customer)
        draft.erase(self.now)
        draft.version += 1
        if customer.merged_into is None:
            self._count(customer, -1)
        self._latest[draft.id] = draft
        self.tell(told, draft)

    def absorb(self, customer: Customer, survivor_id: UUID) -> Customer:
        """Return the customer as part of the survivor, whose letters tell of it."""
        draft = copy(customer)
        draft.merged_into = survivor_id
        self._count(customer, -1)
        return self._keep(customer, draft)

    def release(self, customer: Customer) -> Customer:
        """Return the customer standing for itself again. `tell_changed` has to follow."""
        draft = copy(customer)
        draft.merged_into = None
        self._count(draft, +1)
        return self._keep(customer, draft)

    def replace(self, before: Customer, after: Customer, *told: Letter) -> None:
        """`after` is the next version of `before`, whatever has changed between them."""
        self._count(before, -1)
        self._count(after, +1)
        self.renew(before, after, *told)

    def renew(self, customer: Customer, draft: Customer, *told: Letter) -> None:
        """The draft, changed in one way, is the customer's next version. The letters tell what it means.

        They go first: whoever heard them has the version and skips the snapshot, which holds nothing
        else that is new. The other way round the letters would be skipped.
        """
        self._keep(customer, draft)
        for letter in told:
            self.tell(letter, draft)
        self.tell_changed(draft)

    def renew_silently(self, customer: Customer, draft: Customer) -> None:
        """The draft is the next version of a customer whom nobody else sees: it is part of another."""
        self._keep(customer, draft)

    def tell_changed(self, customer: Customer) -> None:
        """Send the customer's master data as of this version."""
        self.tell(self._changed, customer)

    def _keep(self, customer: Customer, draft: Customer) -> Customer:
        if customer.id not in self._created:
            self._stored.setdefault(customer.id, customer)
        draft.version += 1
        draft.updated_at = self.now
        self._latest[draft.id] = draft
        return draft

    def tell(self, letter: Letter, customer: Customer) -> None:
        """Send a letter about this version of the customer."""
        self._letters.append((letter, customer))

    def record(self, entry: dict[str, Any]) -> None:
        """Add an entry to the consent ledger."""
        self._ledger.append(entry)

    def write(self) -> None:
        """Write it all down. Takes the register's lock last and holds it to the end of the transaction."""
        self._give_numbers()
        new = [astuple(c) for c in self._latest.values() if c.id in self._created]
        changed = [astuple(c) for c in self._latest.values() if c.id not in self._created]
        bulk_insert(self._session, customers, COLUMNS, new)
        bulk_upsert(self._session, customers, COLUMNS, changed, key=("id",), update=_UPDATED)
        self._record_changes()
        note_due(self._session, list(self._created), self._compared - self._created.keys())
        if self._ledger:
            columns = tuple(self._ledger[0])
            rows = [tuple(entry.values()) for entry in self._ledger]
            bulk_insert(self._session, consent_ledger, columns, rows)
        publish(self._session, *(letter(customer) for letter, customer in self._letters))

    def _record_changes(self) -> None:
        """Keep what the customers were before, for whoever has an older version or takes this back."""
        rows = []
        for before in self._stored.values():
            after = self._latest[before.id]
            if after.erased_at is None:
                was = differences(before, after)
                rows.append(
                    (before.id, after.version, before.version, self.now, self._reference, was)
                )
        bulk_insert(self._session, customer_changes, _RECORDED, rows)

    def _give_numbers(self) -> None:
        if not (self._created or self._active or self._inactive):
            return
        last: int = self._session.execute(
            update(register)
            .values(
                last_number=register.c.last_number + len(self._created),
                active=register.c.active + self._active,
                inactive=register.c.inactive + self._inactive,
            )
            .returning(register.c.last_number)
        ).scalar_one()
        first = last - len(self._created) + 1
        for number, customer in enumerate(self._created.values(), start=first):
            customer.number = number
        for _letter, customer in self._letters:
            if not customer.number:
                customer.number = self._created[customer.id].number
        for customer_id in self._created:
            self._latest[customer_id].make_findable()

    def _count(self, customer: Customer, step: int) -> None:
        if customer.active:
            self._active += step
        else:
            self._inactive += step

    def _registered(self, customer: Customer) -> Event:
        return letters.registered(customer, self.source, self.now)

    def _changed(self, customer: Customer) -> Event:
        return letters.changed(customer, self.source, self.now)


def hold_register(session: Session) -> None:
    """Be the only one who creates customers until this transaction ends."""
    session.execute(select(register.c.id).with_for_update())
