"""A customer as read and as written: two schemas, because number, version and opt-in are never written."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from services.customers import fields
from services.customers.schemas.selections import DATE, Day, SelectionSchema
from shared.fields import Integer, Str
from shared.values import ValueRefused
from shared.web import PageArgs, page_of


class Reading(ma.fields.Field):
    """A field that is read by the service's own reader, the same as in a batch."""

    def __init__(self, reader: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.reader = reader

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> Any:
        try:
            return fields.read_field(self.reader, value)
        except ValueRefused as refused:
            raise ma.ValidationError(refused.text) from None


def described(name: str) -> Reading:
    """Return the field of the master data as the document describes it."""
    kind: dict[str, Any] = {"type": "string"}
    if name in ("email", "birthday"):
        kind["format"] = {"email": "email", "birthday": "date"}[name]
    return Reading(name, allow_none=True, metadata=kind)


_WRITABLE = ma.Schema.from_dict(
    {
        **{name: described(name) for name in fields.MASTER_DATA},
        "active": Reading("active", metadata={"type": "boolean"}),
        "registered_at": Reading(
            "registered_at", metadata={"type": "string", "format": "date-time"}
        ),
    },
    name="Writable",
)


class CustomerPatchSchema(_WRITABLE):  # type: ignore[misc, valid-type]
    """What may be changed; null clears a field, a field left out stays."""

    class Meta:
        unknown = ma.RAISE


class NewCustomerSchema(CustomerPatchSchema):
    """A new customer. At least one of last_name, company, email, phone, mobile is needed."""

    source = ma.fields.String(load_default="manual", validate=ma.validate.OneOf(fields.SOURCES))


class OptInSchema(ma.Schema):
    """Whether newsletters may be sent."""

    state = ma.fields.String(required=True, validate=ma.validate.OneOf(fields.OPT_IN_STATES))
    requested_at = ma.fields.AwareDateTime(allow_none=True, required=True)
    confirmed_at = ma.fields.AwareDateTime(allow_none=True, required=True)
    revoked_at = ma.fields.AwareDateTime(allow_none=True, required=True)


class CustomerGroupSchema(ma.Schema):
    """A group that the customer is in."""

    id = ma.fields.UUID(required=True)
    path = ma.fields.String(required=True)
    origin = ma.fields.String(
        required=True, metadata={"description": "local, or franchise: the head office's"}
    )


class CustomerSchema(ma.Schema):
    """A customer. It describes what `answers` writes."""

    id = ma.fields.UUID(required=True)
    number = ma.fields.Integer(required=True)
    version = ma.fields.Integer(required=True)
    active = ma.fields.Boolean(required=True)
    salutation = ma.fields.String(allow_none=True, required=True)
    title = ma.fields.String(allow_none=True, required=True)
    first_name = ma.fields.String(allow_none=True, required=True)
    last_name = ma.fields.String(allow_none=True, required=True)
    company = ma.fields.String(allow_none=True, required=True)
    email = ma.fields.String(allow_none=True, required=True)
    phone = ma.fields.String(allow_none=True, required=True)
    mobile = ma.fields.String(allow_none=True, required=True)
    street = ma.fields.String(allow_none=True, required=True)
    postal_code = ma.fields.String(allow_none=True, required=True)
    city = ma.fields.String(allow_none=True, required=True)
    country = ma.fields.String(allow_none=True, required=True)
    birthday = ma.fields.Date(allow_none=True, required=True)
    language = ma.fields.String(allow_none=True, required=True)
    note = ma.fields.String(allow_none=True, required=True)
    sources = ma.fields.List(ma.fields.String(), required=True)
    registered_at = ma.fields.AwareDateTime(required=True)
    created_at = ma.fields.AwareDateTime(required=True)
    updated_at = ma.fields.AwareDateTime(required=True)
    opt_in = ma.fields.Nested(OptInSchema, required=True)
    groups = ma.fields.List(ma.fields.Nested(CustomerGroupSchema), required=True)


class ListArgs(SelectionSchema, PageArgs):
    """What somebody looks for in the customer list. `history_...` ask for what one entry has to be like."""

    class Meta:
        exclude = ("history",)

    number = Integer(load_default=None)
    email = Str(max=254, load_default=None)
    history_since = Day(load_default=None, metadata=DATE)
    history_until = Day(load_default=None, metadata=DATE)
    history_staff = Str(max=20, load_default=None)
    history_info = Str(max=200, load_default=None)
    history_action = Str(max=200, load_default=None)
    history_text = Str(max=200, load_default=None)
    history_attribute = ma.fields.List(
        Str(max=1200, validate=ma.validate.Regexp(r"[^:]+:")),
        load_default=list,
        metadata={
            "description": "key:value of an attribute of scope history; may come several times"
        },
    )
    sort = ma.fields.String(
        load_default="name",
        validate=ma.validate.OneOf(
            [s + n for n in ("name", "number", "registered_at", "updated_at") for s in ("", "-")]
        ),
    )

    @ma.post_load
    def _history(self, args: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        wanted = {name: args.pop(f"history_{name}") for name in _OF_HISTORY}
        pairs = [pair.partition(":") for pair in args.pop("history_attribute")]
        wanted["attributes"] = {key: value for key, _, value in pairs}
        return {**args, "history": wanted if any(wanted.values()) else None}


_OF_HISTORY = ("since", "until", "staff", "info", "action", "text")

CustomerPageSchema = page_of(CustomerSchema)
