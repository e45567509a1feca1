"""Questions about what hangs on an attribute: values, selections, forms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Select, func, literal, select
from sqlalchemy.orm import Session

from services.groups.models import (
    ActivityFact,
    Attribute,
    AttributeValues,
    Contact,
    HistoryFact,
    Scope,
)
from services.groups.queries.forms import forms_asking
from services.groups.queries.selections import Use, selections_naming
from shared.errors import Text


class Kept(NamedTuple):
    """Where values of a scope are: in one document for each `id`. `whose` says to people what has them."""

    id: Any
    document: Any
    whose: Text


KEPT = {
    Scope.customer: Kept(
        AttributeValues.customer_id, AttributeValues.document, Text("customers", de="Kunden")
    ),
    Scope.booking: Kept(
        ActivityFact.activity_id, ActivityFact.attributes, Text("bookings", de="Buchungen")
    ),
    Scope.history: Kept(
        HistoryFact.entry_id,
        HistoryFact.attributes,
        Text("history entries", de="Einträge der Kundenhistory"),
    ),
}


@dataclass(frozen=True)
class Uses:
    """What hangs on an attribute: how many values there are of it, and what names it."""

    count: int
    by: list[Use]


def kept(attribute: Attribute) -> Kept:
    return KEPT[Scope(attribute.scope)]


def having(session: Session, attribute: Attribute, *columns: Any) -> Select[Any]:
    """Select `columns` of the customers, bookings or history entries that have a value of the attribute."""
    place = kept(attribute)
    if session.get_bind().dialect.name == "postgresql":
        present = place.document.op("?")(attribute.key)
    else:
        present = func.json_type(place.document, f"$.{attribute.key}").is_not(None)
    return select(*columns).select_from(place.id.class_).where(present)


def uses_of(session: Session, attribute: Attribute) -> Uses:
    """Return what hangs on the attribute. Customers who were merged are left out."""
    counted = having(session, attribute, func.count())
    if attribute.scope == Scope.customer:
        merged = select(Contact.customer_id).where(Contact.merged_into.is_not(None))
        counted = counted.where(AttributeValues.customer_id.not_in(merged))
    return Uses(session.scalar(counted) or 0, named_by(session, attribute))


def has_values(session: Session, attribute: Attribute) -> bool:
    """True if there is a value under the attribute's scope and key."""
    return session.execute(having(session, attribute, literal(1)).limit(1)).first() is not None


def named_by(session: Session, attribute: Attribute) -> list[Use]:
    """Return what would miss the attribute: selections whose filters name it, forms that ask for it."""
    scope, key = attribute.scope, attribute.key
    selections = selections_naming(session, "attribute", [f"{scope}:{key}"])
    return [
        *(Use("selection", str(one.id), one.name) for one in selections),
        *(Use("form", str(id_), title) for id_, title in forms_asking(session, scope, key)),
    ]
