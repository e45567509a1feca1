"""Whom an act on many is about, and whom a list shows: the same filters for both."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
import msgspec

from services.customers import errors
from services.customers.fields import OPT_IN_STATES, SOURCES
from shared.fields import Boolean, Schema, Str
from shared.values import ValueRefused, parse_date

DATE = {"type": "string", "format": "date"}
MOST_CUSTOMERS = 5_000
LONGEST_FILTER = 50_000


class Day(ma.fields.Field[Any]):
    """A date; German ones are understood."""

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> Any:
        try:
            return parse_date(value)
        except ValueRefused as refused:
            raise ma.ValidationError(refused.text) from None


class HistoryFilterSchema(Schema):
    """What one history entry of a customer has to be like."""

    since = Day(load_default=None, metadata=DATE)
    until = Day(load_default=None, metadata=DATE)
    staff = Str(max=20, load_default=None)
    info = Str(max=200, load_default=None)
    action = Str(max=200, load_default=None)
    text = Str(max=200, load_default=None, metadata={"description": "parts of the text"})
    attributes = ma.fields.Dict(
        keys=Str(max=200),
        load_default=dict,
        metadata={"description": "values of the attributes of scope history, by key"},
    )


class SelectionSchema(Schema):
    """Customers as GET /customers finds them with these filters; the active ones unless asked otherwise."""

    q = Str(
        max=200,
        load_default=None,
        metadata={
            "description": "parts of number, names, company, e-mail, telephone; all words must be found"
        },
    )
    active = ma.fields.String(
        load_default="true", validate=ma.validate.OneOf(("true", "false", "all"))
    )
    group = Str(max=2000, load_default=None, metadata={"description": "id or path"})
    groups = ma.fields.List(
        Str(max=2000),
        load_default=list,
        validate=ma.validate.Length(max=50),
        metadata={"description": "further groups, ids or paths; may come several times"},
    )
    group_mode = ma.fields.String(
        load_default="any",
        validate=ma.validate.OneOf(("any", "all", "none")),
        metadata={"description": "in any, all or none of the groups"},
    )
    include_subgroups = Boolean(load_default=False)
    opt_in = ma.fields.String(load_default=None, validate=ma.validate.OneOf(OPT_IN_STATES))
    source = ma.fields.String(load_default=None, validate=ma.validate.OneOf(SOURCES))
    history = ma.fields.Nested(HistoryFilterSchema, load_default=None, allow_none=True)


class FilterField(ma.fields.Field[Any]):
    """A filter of the groups service, which is the one to say what is wrong in it."""

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> Any:
        if not isinstance(value, dict):
            raise ma.ValidationError(errors.NOT_A_FILTER)
        encoded = msgspec.json.encode(value)
        if len(encoded) > LONGEST_FILTER:
            raise ma.ValidationError(errors.FILTER_TOO_LONG.fill(limit=LONGEST_FILTER))
        return value


class WhomSchema(SelectionSchema):
    """Customers as GET /customers finds them with these filters, or those of a saved selection, or those whom
    a filter over all that is known of them means, as POST /selections/query takes it."""

    selection_id = ma.fields.UUID(load_default=None)
    filter = FilterField(
        load_default=None,
        metadata={"type": "object", "description": "instead of all others, see /selections/query"},
    )

    @ma.pre_load
    def _one_way(self, given: Any, **_kwargs: Any) -> Any:
        if isinstance(given, dict):
            ways = {name for name in ("selection_id", "filter") if given.get(name) is not None}
            if ways and (len(ways) > 1 or given.keys() - {"selection_id", "filter"}):
                raise ma.ValidationError(errors.ONE_SELECTION)
        return given


class ManySchema(Schema):
    """The customers that an act on many is about: those named, or those that a selection finds."""

    customer_ids = ma.fields.List(
        ma.fields.UUID(), load_default=None, validate=ma.validate.Length(max=MOST_CUSTOMERS)
    )
    selection = ma.fields.Nested(WhomSchema, load_default=None)
    dry_run = Boolean(load_default=False)

    @ma.validates_schema
    def _one_of_both(self, values: dict[str, Any], **_kwargs: Any) -> None:
        if (values["customer_ids"] is None) == (values["selection"] is None):
            raise ma.ValidationError(errors.IDS_OR_SELECTION, "customer_ids")


class InactiveSchema(WhomSchema):
    """As elsewhere, but the inactive ones unless asked otherwise."""

    active = ma.fields.String(
        load_default="false", validate=ma.validate.OneOf(("true", "false", "all"))
    )


class ManyInactiveSchema(ManySchema):
    selection = ma.fields.Nested(InactiveSchema, load_default=None)
