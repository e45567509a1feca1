"""What customers were before each change, kept for a while."""

from typing import Any, get_type_hints

import msgspec
from sqlalchemy import BigInteger, Column, Index, Table, Uuid

from services.customers.fields import READERS
from services.customers.models.base import metadata
from services.customers.models.customer import Customer
from shared.db import JsonDocument, UtcDateTime

customer_changes = Table(
    "customer_changes",
    metadata,
    Column("customer_id", Uuid, primary_key=True),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("replaced", BigInteger, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("reference", Uuid),
    Column("before", JsonDocument, nullable=False),
    Index("ix_customer_changes_changed_at", "changed_at"),
)
"""One row for each time that somebody changed a customer: `version` took the place of version `replaced`.

`before` has the old values of what differs. `reference` is the import that did it. The registration of a
customer is no change. Rows are deleted after a while, the oldest first: what is there has no gaps.
"""

RECORDED = (
    *READERS, "sources", "opt_in_requested_at", "opt_in_confirmed_at", "opt_in_revoked_at",
)  # fmt: skip
"""What is kept of a customer's former versions: all that somebody could want back."""

_KINDS = get_type_hints(Customer)


def plain(value: Any) -> Any:
    """Return a field's value as JSON holds it."""
    return msgspec.to_builtins(value)


def restored(name: str, value: Any) -> Any:
    """Return the value of the field `name` from what JSON held."""
    return msgspec.convert(value, _KINDS[name])


def differences(before: Customer, after: Customer) -> dict[str, Any]:
    """Return what `before` has otherwise than `after`, as JSON holds it."""
    found = {}
    for name in RECORDED:
        value = getattr(before, name)
        if value != getattr(after, name):
            found[name] = plain(value)
    return found
