"""What the customers service tells. It owns customers, numbers, the consent ledger and the timeline."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from shared.events.base import Event

OptInState = Literal["none", "requested", "confirmed", "revoked"]


class Money(msgspec.Struct, frozen=True, kw_only=True):
    """An amount with two decimals as text, such as "12.50", and an ISO 4217 currency."""

    amount: str
    currency: str = "EUR"


class CustomerSnapshot(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A customer's whole master data at one version. A lower version never replaces a higher one."""

    id: UUID
    number: int
    version: int
    active: bool
    registered_at: datetime
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
    sources: list[str] = []
    opt_in: OptInState = "none"
    opt_in_confirmed_at: datetime | None = None


class CustomerRegistered(Event, frozen=True, kw_only=True):
    """A customer is known for the first time, from `source` (manual, import, booking, ...)."""

    name = "customers.customer_registered"

    customer_id: UUID
    version: int
    source: str
    occurred_at: datetime
    customer: CustomerSnapshot


class CustomerChanged(Event, frozen=True, kw_only=True):
    """Master data or the state of the opt-in changed; `customer` is all of it, as it is now."""

    name = "customers.customer_changed"

    customer_id: UUID
    version: int
    source: str
    occurred_at: datetime
    customer: CustomerSnapshot


class CustomerDeactivated(Event, frozen=True, kw_only=True):
    """The customer left the list of active ones and gets no newsletter any more."""

    name = "customers.customer_deactivated"
    urgent = True

    customer_id: UUID
    version: int
    occurred_at: datetime


class CustomerReactivated(Event, frozen=True, kw_only=True):
    """The customer is active again."""

    name = "customers.customer_reactivated"

    customer_id: UUID
    version: int
    occurred_at: datetime


class CustomersMerged(Event, frozen=True, kw_only=True):
    """The customers `merged_ids` are one with `customer_id` from now on.

    `merged_versions` are their versions, in the same order: a merge and its undoing are told apart by them.
    `attributes` says for attribute keys whose value was chosen; for all others what `customer_id` has stays,
    and what it lacks is taken from the first of `merged_ids` that has it.
    """

    name = "customers.customers_merged"

    customer_id: UUID
    merged_ids: list[UUID]
    version: int
    occurred_at: datetime
    operation_id: UUID | None = None
    merged_versions: list[int] = []
    attributes: dict[str, UUID] = {}


class MergeUndone(Event, frozen=True, kw_only=True):
    """The merge was taken back: `merged_ids` stand for themselves again."""

    name = "customers.merge_undone"

    customer_id: UUID
    merged_ids: list[UUID]
    version: int
    occurred_at: datetime
    operation_id: UUID | None = None
    merged_versions: list[int] = []


class CustomerErased(Event, frozen=True, kw_only=True):
    """Everything about the person must go, everywhere. Only keyed hashes may stay.

    `reason`: the person `asked`; or the import that made the customer is undone (`import_undone`), and then
    nothing keeps mail away from whoever is entered with the same address.
    """

    name = "customers.customer_erased"
    urgent = True

    customer_id: UUID
    version: int
    occurred_at: datetime
    reason: Literal["asked", "import_undone"] = "asked"


class OptInRequested(Event, frozen=True, kw_only=True):
    """Somebody asks the customer for permission to send newsletters: the invitation is due."""

    name = "customers.opt_in_requested"

    customer_id: UUID
    version: int
    occurred_at: datetime
    email: str
    wording: str
    form: str | None = None


class OptInConfirmed(Event, frozen=True, kw_only=True):
    """The customer allows newsletters."""

    name = "customers.opt_in_confirmed"

    customer_id: UUID
    version: int
    occurred_at: datetime
    way: str
    email: str | None = None


class OptInRevoked(Event, frozen=True, kw_only=True):
    """The customer no longer allows newsletters."""

    name = "customers.opt_in_revoked"
    urgent = True

    customer_id: UUID
    version: int
    occurred_at: datetime
    way: str


class ActivityRecorded(Event, frozen=True, kw_only=True):
    """Something happened with the customer: a visit, an order, a call.

    `external_id` is what its source calls it; of a web form's submission it is the submission's id.
    """

    name = "customers.activity_recorded"

    customer_id: UUID
    activity_id: UUID
    kind: str
    source: str
    occurred_at: datetime
    description: str | None = None
    revenue: Money | None = None
    external_id: str | None = None
    attributes: dict[str, str | int | bool | None] = {}


class HistoryEntryAdded(Event, frozen=True, kw_only=True):
    """Staff noted something in the customer's history."""

    name = "customers.history_entry_added"

    customer_id: UUID
    entry_id: UUID
    date: date
    version: int
    staff: str | None = None
    info: str | None = None
    action: str | None = None
    text: str | None = None
    attributes: dict[str, str | int | bool | None] = {}


class HistoryEntryChanged(Event, frozen=True, kw_only=True):
    """A history entry reads differently now; all of it is told."""

    name = "customers.history_entry_changed"

    customer_id: UUID
    entry_id: UUID
    date: date
    version: int
    staff: str | None = None
    info: str | None = None
    action: str | None = None
    text: str | None = None
    attributes: dict[str, str | int | bool | None] = {}


class HistoryEntryDeleted(Event, frozen=True, kw_only=True):
    """A history entry is gone."""

    name = "customers.history_entry_deleted"

    customer_id: UUID
    entry_id: UUID
    version: int


class SelectionAsked(Event, frozen=True, kw_only=True):
    """An act on many waits to hear whom a selection means: a saved one, or the filter itself.

    Relative dates count from the day that `asked_at` is in the business's `timezone` (an IANA name).
    """

    name = "customers.selection_asked"

    request_id: UUID
    asked_at: datetime
    timezone: str
    selection_id: UUID | None = None
    filter: dict[str, Any] | None = None


class FeedBeat(Event, frozen=True, kw_only=True):
    """Every event that this service committed before `at` goes before this one: who hears it has heard them.

    Told every ten seconds. Follow-up sends no newsletters while the newest is older than a minute.
    """

    name = "customers.feed_beat"

    at: datetime


EVENTS: tuple[type[Event], ...] = (
    CustomerRegistered,
    CustomerChanged,
    CustomerDeactivated,
    CustomerReactivated,
    CustomersMerged,
    MergeUndone,
    CustomerErased,
    OptInRequested,
    OptInConfirmed,
    OptInRevoked,
    ActivityRecorded,
    HistoryEntryAdded,
    HistoryEntryChanged,
    HistoryEntryDeleted,
    SelectionAsked,
    FeedBeat,
)
