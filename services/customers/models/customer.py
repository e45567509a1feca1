"""The customer: master data, what it is found by, and the rules that hold for one customer.

A plain struct and a table, not a mapped class: imports bring tens of thousands of customers a second, and
mapping alone would cost more than all the rest.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Boolean, Column, Date, Index, Table, Text, Uuid, text

from services.customers.models.base import KeyText, metadata
from services.customers.models.keys import digits_of, name_code, phone_key
from shared.db import UtcDateTime
from shared.values import email_key, name_sort, search_key

OptInState = Literal["none", "requested", "confirmed", "revoked"]
IDENTIFYING = ("last_name", "company", "email", "phone", "mobile")
_SHAPING = frozenset(("first_name", "country", *IDENTIFYING))


class Customer(msgspec.Struct, kw_only=True, gc=False):
    """One customer, its fields in the order of the table's columns. `number` 0: not given yet."""

    id: UUID
    number: int = 0
    version: int = 1
    active: bool = True
    salutation: str | None = None
    title: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    email: str | None = None
    phone: str | None = None
    mobile: str | None = None
    street: str | None = None
    postal_code: str | None = None
    city: str | None = None
    country: str | None = None
    birthday: date | None = None
    language: str | None = None
    note: str | None = None
    sources: str = ""
    registered_at: datetime
    created_at: datetime
    updated_at: datetime
    opt_in_state: OptInState = "none"
    opt_in_requested_at: datetime | None = None
    opt_in_confirmed_at: datetime | None = None
    opt_in_revoked_at: datetime | None = None
    erased_at: datetime | None = None
    merged_into: UUID | None = None
    former_numbers: str = ""
    switched_by: UUID | None = None
    email_key: str | None = None
    phone_key: str | None = None
    mobile_key: str | None = None
    name_code: str | None = None
    name_sort: str = ""
    search: str = ""

    @property
    def identified(self) -> bool:
        """True if somebody could tell who this is: a name, a company or a way to reach them."""
        return bool(self.last_name or self.company or self.email or self.phone or self.mobile)

    def change(self, values: dict[str, Any], home: str) -> bool:
        """Take over the values that differ. False if none does. `home`: see `index`."""
        changed = [name for name, value in values.items() if getattr(self, name) != value]
        for name in changed:
            setattr(self, name, values[name])
        if not _SHAPING.isdisjoint(changed):
            self.index(home)
            if self.number:
                self.make_findable()
        return bool(changed)

    def index(self, home: str) -> None:
        """Work out what this customer is matched and sorted by.

        `home` is the country of the business: the customer's, as long as they have none.
        """
        self.email_key = None if self.email is None else email_key(self.email)
        self.phone_key = phone_key(self.phone, self.country or home)
        self.mobile_key = phone_key(self.mobile, self.country or home)
        self.name_code = name_code(self.last_name, self.first_name, self.company)
        otherwise = self.company or self.email or self.phone or self.mobile or ""
        self.name_sort = name_sort(self.last_name, self.first_name, otherwise)

    def make_findable(self) -> None:
        """Work out the text that `q` looks in. Needs the number."""
        found = f"{self.number} {self.former_numbers}".strip()
        if self.erased_at is None:
            for text_ in (self.email, self.last_name, self.first_name, self.company):
                if text_:
                    key = search_key(text_)
                    if key not in found:
                        found = f"{found} {key}"
            for phone, phone_key_ in ((self.phone, self.phone_key), (self.mobile, self.mobile_key)):
                if phone:
                    digits = phone_key_ or digits_of(phone)
                    if digits not in found:
                        found = f"{found} {digits}"
        self.search = found

    def came_from(self, source: str) -> None:
        """Note one more source that the customer came from."""
        known = self.sources.split()
        if source not in known:
            self.sources = " ".join([*known, source])

    def restore(self, values: dict[str, Any], home: str) -> None:
        """Take these values as they are, of any field, and work out all that follows. `home`: see `index`."""
        for name, value in values.items():
            setattr(self, name, value)
        self._judge_opt_in()
        self.index(home)
        self.make_findable()

    def request_opt_in(self, at: datetime) -> bool:
        """Note that permission was asked for. Who has given it is not asked again: False."""
        if self.opt_in_state == "confirmed":
            return False
        self.opt_in_requested_at = at
        return self._judge_opt_in() == "requested"

    def confirm_opt_in(self, at: datetime) -> bool:
        """Note the permission. False if that changes nothing: it stands already, or was withdrawn later.

        Of several permissions the latest is kept: a withdrawal that we hear of late may lie between them.
        """
        before = self.opt_in_state
        self.opt_in_confirmed_at = max(at, self.opt_in_confirmed_at or at)
        return self._judge_opt_in() != before

    def revoke_opt_in(self, at: datetime) -> bool:
        """Note the withdrawal. False if that changes nothing: it is known, or permission was given later."""
        before = self.opt_in_state
        self.opt_in_revoked_at = max(at, self.opt_in_revoked_at or at)
        return self._judge_opt_in() != before

    def _judge_opt_in(self) -> OptInState:
        """The later of permission and withdrawal counts, in whatever order we heard of them."""
        requested, confirmed = self.opt_in_requested_at, self.opt_in_confirmed_at
        revoked = self.opt_in_revoked_at
        if confirmed and not self.withdrawn:
            self.opt_in_state = "confirmed"
        elif revoked and not (requested and requested > revoked):
            self.opt_in_state = "revoked"
        elif requested:
            self.opt_in_state = "requested"
        else:
            self.opt_in_state = "none"
        return self.opt_in_state

    @property
    def gone(self) -> bool:
        """True if nobody stands here any more: erased, or part of another customer."""
        return self.erased_at is not None or self.merged_into is not None

    @property
    def withdrawn(self) -> bool:
        """True if the person has withdrawn and not given permission again since."""
        revoked, confirmed = self.opt_in_revoked_at, self.opt_in_confirmed_at
        return revoked is not None and (confirmed is None or confirmed <= revoked)

    def erase(self, at: datetime) -> None:
        """Forget the person. Number and id stay taken for good."""
        for name in _PERSONAL:
            setattr(self, name, None)
        self.sources = self.former_numbers = ""
        self.merged_into = None
        self.active = False
        self.switched_by = None
        self.opt_in_state = "none"
        self.registered_at = self.created_at = self.updated_at = self.erased_at = at
        self.index(home="")
        self.make_findable()


_PERSONAL = (
    "salutation", "title", "first_name", "last_name", "company", "email", "phone", "mobile", "street",
    "postal_code", "city", "country", "birthday", "language", "note",
    "opt_in_requested_at", "opt_in_confirmed_at", "opt_in_revoked_at",
)  # fmt: skip

_LIVING = text("erased_at IS NULL")
_INACTIVE = text("erased_at IS NULL AND NOT active")


def _living(name: str, *columns: str) -> Index:
    return Index(name, *columns, postgresql_where=_LIVING, sqlite_where=_LIVING)


def _where_set(name: str, *columns: str) -> Index:
    present = text(f"{columns[0]} IS NOT NULL")
    return Index(name, *columns, postgresql_where=present, sqlite_where=present)


customers = Table(
    "customers",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("number", BigInteger, nullable=False, unique=True),
    Column("version", BigInteger, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("salutation", Text),
    Column("title", Text),
    Column("first_name", Text),
    Column("last_name", Text),
    Column("company", Text),
    Column("email", Text),
    Column("phone", Text),
    Column("mobile", Text),
    Column("street", Text),
    Column("postal_code", Text),
    Column("city", Text),
    Column("country", Text),
    Column("birthday", Date),
    Column("language", Text),
    Column("note", Text),
    Column("sources", Text, nullable=False),
    Column("registered_at", UtcDateTime, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("opt_in_state", Text, nullable=False),
    Column("opt_in_requested_at", UtcDateTime),
    Column("opt_in_confirmed_at", UtcDateTime),
    Column("opt_in_revoked_at", UtcDateTime),
    Column("erased_at", UtcDateTime),
    Column("merged_into", Uuid),
    Column("former_numbers", Text, nullable=False),
    Column("switched_by", Uuid),
    Column("email_key", KeyText),
    Column("phone_key", KeyText),
    Column("mobile_key", KeyText),
    Column("name_code", KeyText),
    Column("name_sort", KeyText, nullable=False),
    Column("search", KeyText, nullable=False),
    Index("ix_customers_email_key", "email_key"),
    *(
        _where_set(f"ix_customers_{column}", column)
        for column in ("phone_key", "mobile_key", "merged_into")
    ),
    _where_set("ix_customers_name_code", "name_code", "postal_code", "birthday"),
    _where_set("ix_customers_switched_by", "switched_by", "id"),
    _living("ix_customers_name_sort", "name_sort", "id"),
    _living("ix_customers_registered_at", "registered_at", "id"),
    _living("ix_customers_updated_at", "updated_at", "id"),
    _living("ix_customers_opt_in_state", "opt_in_state"),
    _living("ix_customers_sources", "sources"),
    Index(
        "ix_customers_inactive",
        "name_sort",
        "id",
        postgresql_where=_INACTIVE,
        sqlite_where=_INACTIVE,
    ),
)

COLUMNS: tuple[str, ...] = Customer.__struct_fields__
