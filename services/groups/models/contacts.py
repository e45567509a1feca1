"""What this service knows of customers: a copy, kept by the events of the service that owns them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.groups.models.base import Base, ByCodePoint
from shared.values import sort_key

_MERGED = text("merged_into IS NOT NULL")


class Contact(Base):
    """A customer as heard of.

    `version` 0: not heard of yet, only mentioned in a membership or value, since `mentioned_at`.
    `version` is that of the master data, `active_version` that of `active` alone, which some events tell
    without the rest: so the order in which they arrive does not matter. With `erased_at` the row is a
    tombstone and holds nothing else; it never changes again.

    `merged_into`: the customer is one with another now, and whatever is meant for them is meant for that one.
    `merge_version` is the customer's version at the newest merge or undoing heard of.

    `folded` has the sort key of every text that is not its own: by it texts are compared, without case and
    umlauts' spelling. `name_sort` is what the customer is sorted by.

    Whoever changes a customer's memberships or values locks this row first.
    """

    __tablename__ = "contacts"
    __table_args__ = (
        Index(
            "ix_contacts_mentioned_at",
            "mentioned_at",
            postgresql_where=text("version = 0"),
            sqlite_where=text("version = 0"),
        ),
        Index(
            "ix_contacts_merged",
            "customer_id",
            "merged_into",
            postgresql_where=_MERGED,
            sqlite_where=_MERGED,
        ),
        Index(
            "ix_contacts_merged_into",
            "merged_into",
            postgresql_where=_MERGED,
            sqlite_where=_MERGED,
        ),
    )

    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    active: Mapped[bool]
    active_version: Mapped[int]
    mentioned_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]
    merged_into: Mapped[UUID | None]
    merge_version: Mapped[int] = mapped_column(default=0, server_default="0")
    number: Mapped[int | None]
    registered_at: Mapped[datetime | None]
    salutation: Mapped[str | None]
    title: Mapped[str | None]
    first_name: Mapped[str | None]
    last_name: Mapped[str | None]
    company: Mapped[str | None]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    mobile: Mapped[str | None]
    street: Mapped[str | None]
    postal_code: Mapped[str | None]
    city: Mapped[str | None]
    country: Mapped[str | None]
    birthday: Mapped[date | None]
    language: Mapped[str | None]
    note: Mapped[str | None]
    sources: Mapped[list[Any]]
    opt_in: Mapped[str]
    opt_in_confirmed_at: Mapped[datetime | None]
    folded: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    name_sort: Mapped[str] = mapped_column(ByCodePoint, default="", server_default="")


FOLDED = (
    "salutation", "title", "first_name", "last_name", "company", "email", "phone", "mobile", "street",
    "postal_code", "city", "country", "language", "note",
)  # fmt: skip


def folded(texts: Iterable[tuple[str, Any]]) -> dict[str, str]:
    """Return the sort keys of the texts, by name, where they are not the texts themselves."""
    found = {}
    for name, value in texts:
        if type(value) is str and (key := sort_key(value)) != value:
            found[name] = key
    return found
