"""Whom an act on many is about, and whom a list shows: the same filters for both."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from services.customers.fields import OPT_IN_STATES, SOURCES
from shared.fields import Boolean, Schema, Str
from shared.values import ValueRefused, parse_date

DATE = {"type": "string", "format": "date"}


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
    include_subgroups = Boolean(load_default=False)
    opt_in = ma.fields.String(load_default=None, validate=ma.validate.OneOf(OPT_IN_STATES))
    source = ma.fields.String(load_default=None, validate=ma.validate.OneOf(SOURCES))
    history = ma.fields.Nested(HistoryFilterSchema, load_default=None, allow_none=True)
