"""What the groups service tells. It owns the group tree, memberships, attributes and web forms."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from shared.events.base import Event

StartSequences = Literal["yes", "no", "spread"]


class GroupCreated(Event, frozen=True, kw_only=True):
    """There is a new group. `ancestor_ids` go from its parent up to the root."""

    name = "groups.group_created"

    group_id: UUID
    version: int
    group_name: str
    path: str
    parent_id: UUID | None = None
    ancestor_ids: list[UUID] = []
    topic: bool = False
    colour: str | None = None
    description: str = ""
    origin: str = "local"


class GroupChanged(Event, frozen=True, kw_only=True):
    """A group was renamed, moved or described anew. Its descendants' paths are told one by one as well."""

    name = "groups.group_changed"

    group_id: UUID
    version: int
    group_name: str
    path: str
    parent_id: UUID | None = None
    ancestor_ids: list[UUID] = []
    topic: bool = False
    colour: str | None = None
    description: str = ""
    origin: str = "local"


class GroupDeleted(Event, frozen=True, kw_only=True):
    """A group is gone; whoever was in it has been told as removed before."""

    name = "groups.group_deleted"

    group_id: UUID
    version: int


class CustomerAddedToGroup(Event, frozen=True, kw_only=True):
    """A customer became a member of a group. Told once per membership."""

    name = "groups.customer_added_to_group"

    customer_id: UUID
    group_id: UUID
    group_path: str
    ancestor_ids: list[UUID]
    source: str
    start_sequences: StartSequences
    occurred_at: datetime


class CustomerRemovedFromGroup(Event, frozen=True, kw_only=True):
    """A customer is no longer a member of a group. Told once per membership."""

    name = "groups.customer_removed_from_group"

    customer_id: UUID
    group_id: UUID
    group_path: str
    ancestor_ids: list[UUID]
    source: str
    occurred_at: datetime


class AttributeDefined(Event, frozen=True, kw_only=True):
    """An attribute exists or reads differently now."""

    name = "groups.attribute_defined"

    attribute_id: UUID
    version: int
    key: str
    label: dict[str, str]
    scope: str
    type: str
    choices: list[str] = []
    required_staff: bool = False
    required_form: bool = False
    pattern: str | None = None
    pattern_hint: str | None = None
    help: str = ""
    position: int = 0
    origin: str = "local"


class AttributeRemoved(Event, frozen=True, kw_only=True):
    """An attribute is gone, and customers' values of it. Bookings and history entries keep theirs."""

    name = "groups.attribute_removed"

    attribute_id: UUID
    version: int
    key: str
    scope: str


class CustomerAttributesChanged(Event, frozen=True, kw_only=True):
    """The customer's attribute values, all of them, by key, as they are now (canonical JSON values)."""

    name = "groups.customer_attributes_changed"

    customer_id: UUID
    version: int
    values: dict[str, Any]
    occurred_at: datetime


class FormSubmitted(Event, frozen=True, kw_only=True):
    """Somebody filled in a web form; the submission becomes a customer.

    `fields` are those of a customer. `attributes` are of scope booking, by key, in canonical form: those of
    scope customer and the groups stay with this service until it hears who the customer is. `consent`:
    None, or the `wording` agreed to and the `form` with its version in which it stood.
    """

    name = "groups.form_submitted"

    submission_id: UUID
    form_id: UUID
    occurred_at: datetime
    fields: dict[str, Any]
    group_ids: list[UUID] = []
    attributes: dict[str, Any] = {}
    consent: dict[str, Any] | None = None
    form_title: str = ""
    double_opt_in: bool = True
    remote_address: str | None = None


class CustomerForgotten(Event, frozen=True, kw_only=True):
    """After `CustomerErased`: this service has let go of everything about the person."""

    name = "groups.customer_forgotten"

    customer_id: UUID
    occurred_at: datetime


class CustomersSelected(Event, frozen=True, kw_only=True):
    """Whom a selection means that somebody asked for, in parts of at most 1,000 that are numbered from 1.

    `last`: there are no more than `part` of them. `problem`: why nobody could be selected.
    """

    name = "groups.customers_selected"

    request_id: UUID
    part: int
    last: bool
    customer_ids: list[UUID]
    problem: str | None = None
    problem_de: str | None = None


EVENTS: tuple[type[Event], ...] = (
    GroupCreated,
    GroupChanged,
    GroupDeleted,
    CustomerAddedToGroup,
    CustomerRemovedFromGroup,
    AttributeDefined,
    AttributeRemoved,
    CustomerAttributesChanged,
    FormSubmitted,
    CustomerForgotten,
    CustomersSelected,
)
