"""What happened with customers, as it is told and shown."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from services.customers import activity, fields
from services.customers.schemas.customers import described
from shared.fields import Integer, Moment, Schema, Str
from shared.values import ValueRefused
from shared.web import PageArgs, page_of


class Cents(ma.fields.Field[int]):
    """An amount of money, read as hundredths."""

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> int:
        try:
            return activity.read_cents(value)
        except ValueRefused as refused:
            raise ma.ValidationError(refused.text) from None


class Currency(ma.fields.Field[str]):
    """Three letters of ISO 4217."""

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> str:
        try:
            return activity.read_currency(value)
        except ValueRefused as refused:
            raise ma.ValidationError(refused.text) from None


class RevenueSchema(Schema):
    """Money that came in, or below zero went back. Amounts may be written as in German: "1.234,50"."""

    cents = Cents(
        required=True,
        data_key="amount",
        metadata={"type": ["string", "number"], "example": "12.50"},
    )
    currency = Currency(
        load_default=None,
        metadata={"type": "string", "description": "ISO 4217; that of the business if left out"},
    )


_DESCRIPTION = ma.Schema.from_dict(
    {
        "id": ma.fields.UUID(load_default=None, allow_none=True),
        "number": Integer(load_default=None, allow_none=True),
        **{name: described(name) for name in fields.MASTER_DATA},
    },
    name="Description",
)


class PersonSchema(_DESCRIPTION):  # type: ignore[misc, valid-type]
    """Who it is: found by id, else by number, else by e-mail, else by telephone; else registered.

    Of somebody found only empty fields are filled in.
    """

    class Meta:
        unknown = ma.RAISE


class NewActivitySchema(Schema):
    """Something that happened with a customer."""

    customer = ma.fields.Nested(PersonSchema, required=True)
    kind = ma.fields.String(required=True, validate=ma.validate.OneOf(activity.KINDS))
    source = ma.fields.String(load_default="api", validate=ma.validate.OneOf(fields.SOURCES))
    occurred_at = Moment(
        load_default=None,
        allow_none=True,
        metadata={"type": "string", "format": "date-time", "description": "now if left out"},
    )
    description = Str(max=10_000, lines=True, load_default=None, allow_none=True)
    revenue = ma.fields.Nested(RevenueSchema, load_default=None, allow_none=True)
    external_id = Str(
        min=1,
        max=200,
        load_default=None,
        allow_none=True,
        metadata={"description": "the source's own id of it: told again, nothing happens twice"},
    )
    attributes = ma.fields.Dict(
        keys=ma.fields.String(),
        load_default=dict,
        metadata={"description": "values of the attributes of scope booking, by key"},
    )


class MoneySchema(ma.Schema):
    """An amount with two decimals."""

    amount = ma.fields.String(required=True, metadata={"example": "12.50"})
    currency = ma.fields.String(required=True)


class ActivitySchema(ma.Schema):
    """Something that happened with a customer. `sequence` and `mail` of source followup are our own."""

    id = ma.fields.UUID(required=True)
    customer_id = ma.fields.UUID(required=True)
    kind = ma.fields.String(required=True, validate=ma.validate.OneOf(activity.OWN_KINDS))
    source = ma.fields.String(required=True, validate=ma.validate.OneOf(activity.SOURCES))
    external_id = ma.fields.String(required=True, allow_none=True)
    occurred_at = ma.fields.AwareDateTime(required=True)
    recorded_at = ma.fields.AwareDateTime(required=True)
    by = ma.fields.String(required=True)
    description = ma.fields.String(required=True, allow_none=True)
    revenue = ma.fields.Nested(MoneySchema, required=True, allow_none=True)
    attributes = ma.fields.Dict(keys=ma.fields.String(), required=True)


class TakenSchema(ma.Schema):
    """The activity, and who it is about today: a customer merged into another is that other one."""

    activity = ma.fields.Nested(ActivitySchema, required=True)
    customer_id = ma.fields.UUID(required=True)
    customer_created = ma.fields.Boolean(required=True)


class TimelineArgs(PageArgs):
    """Whose timeline, and what of it."""

    customer_id = ma.fields.UUID(required=True)
    kind = ma.fields.String(load_default=None, validate=ma.validate.OneOf(activity.OWN_KINDS))
    source = ma.fields.String(load_default=None, validate=ma.validate.OneOf(activity.SOURCES))


class SummarySchema(ma.Schema):
    """Quick information. Sums are those of everybody merged into the customer as well.

    `last_visit_at`: the latest visit, order, voucher or booking whose time has come. `contact_count`: visits,
    orders, vouchers, bookings, calls and forms, also those still to come; not mails, sequences and notes.
    `last_revenue` is that of the latest moment; `total_revenue` is in the currency of the business,
    `revenues` are the totals in each currency.
    """

    registered_at = ma.fields.AwareDateTime(required=True)
    last_visit_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    contact_count = ma.fields.Integer(required=True)
    last_revenue = ma.fields.Nested(MoneySchema, required=True, allow_none=True)
    total_revenue = ma.fields.Nested(MoneySchema, required=True)
    revenues = ma.fields.List(ma.fields.Nested(MoneySchema), required=True)


ActivityPageSchema = page_of(ActivitySchema)
