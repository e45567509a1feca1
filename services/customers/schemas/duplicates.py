"""Pairs of customers who may be one person."""

from __future__ import annotations

import marshmallow as ma

from services.customers.likeness import DOUBTS, WEIGHTS
from services.customers.schemas.customers import CustomerSchema
from shared.errors import Text
from shared.fields import Boolean, Integer, Schema
from shared.web import PageArgs

REASONS: dict[str, Text] = {
    "same_email": Text("same e-mail address", de="gleiche E-Mail-Adresse"),
    "same_phone": Text("same telephone number", de="gleiche Telefonnummer"),
    "same_name": Text("same name", de="gleicher Name"),
    "name_sounds_alike": Text("names sound alike", de="Namen klingen gleich"),
    "swapped_name": Text("first and last name swapped", de="Vor- und Nachname vertauscht"),
    "similar_name": Text("similar name", de="ähnlicher Name"),
    "same_last_name": Text("same last name", de="gleicher Nachname"),
    "same_company": Text("same company", de="gleiche Firma"),
    "similar_company": Text("similar company", de="ähnliche Firma"),
    "same_birthday": Text("same birthday", de="gleicher Geburtstag"),
    "similar_birthday": Text("similar birthday", de="ähnlicher Geburtstag"),
    "same_address": Text("same address", de="gleiche Anschrift"),
    "other_first_name": Text("different first names", de="verschiedene Vornamen"),
    "other_last_name": Text("different last names", de="verschiedene Nachnamen"),
    "other_name": Text("different names", de="verschiedene Namen"),
    "other_company": Text("different companies", de="verschiedene Firmen"),
    "other_birthday": Text("different birthdays", de="verschiedene Geburtstage"),
    "other_generation": Text("junior and senior", de="Junior und Senior"),
    "other_salutation": Text("different salutations", de="verschiedene Anreden"),
    "other_email": Text("different e-mail addresses", de="verschiedene E-Mail-Adressen"),
    "other_phone": Text("different telephone numbers", de="verschiedene Telefonnummern"),
    "other_address": Text("different addresses", de="verschiedene Anschriften"),
}
KINDS = tuple(kind for kind in (*WEIGHTS, *DOUBTS) if kind in REASONS)


class DuplicateArgs(PageArgs):
    """Which pairs to show."""

    min_score = Integer(load_default=0, validate=ma.validate.Range(0, 100))
    exact = Boolean(load_default=None, allow_none=True)
    customer_id = ma.fields.UUID(load_default=None)
    dismissed = Boolean(
        load_default=False, metadata={"description": "those that staff know to be two persons"}
    )


class ReasonSchema(ma.Schema):
    """Something that speaks for one person, or against it."""

    kind = ma.fields.String(required=True, validate=ma.validate.OneOf(KINDS))
    speaks = ma.fields.String(required=True, validate=ma.validate.OneOf(("for", "against")))
    text = ma.fields.String(required=True)


class DuplicateSchema(ma.Schema):
    """Two customers who may be one person. `exact`: beyond doubt."""

    score = ma.fields.Integer(required=True, validate=ma.validate.Range(0, 100))
    exact = ma.fields.Boolean(required=True)
    reasons = ma.fields.List(ma.fields.Nested(ReasonSchema), required=True)
    customers = ma.fields.List(
        ma.fields.Nested(CustomerSchema), required=True, validate=ma.validate.Length(equal=2)
    )
    dismissed_at = ma.fields.AwareDateTime(allow_none=True, required=True)
    dismissed_by = ma.fields.String(allow_none=True, required=True)


class DuplicatePageSchema(ma.Schema):
    """`pending`: customers who are still to be compared with the others."""

    items = ma.fields.List(ma.fields.Nested(DuplicateSchema), required=True)
    next = ma.fields.String(allow_none=True, required=True)
    total = ma.fields.Integer(required=True)
    pending = ma.fields.Integer(required=True)


class PairSchema(Schema):
    """Two customers."""

    customers = ma.fields.List(
        ma.fields.UUID(), required=True, validate=ma.validate.Length(equal=2)
    )
