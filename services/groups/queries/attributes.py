"""Questions about attributes and their values."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.groups.errors import AttributeNotFound
from services.groups.models import Attribute, AttributeValues, Scope
from services.groups.queries.people import survivor_of
from shared.web.paging import Page, paginate


def attribute(session: Session, attribute_id: UUID) -> Attribute:
    """Return one attribute. Raises AttributeNotFound."""
    found = session.get(Attribute, attribute_id)
    if found is None:
        raise AttributeNotFound(attribute_id=attribute_id)
    return found


def list_attributes(
    session: Session, *, limit: int, cursor: str | None, scope: str | None = None
) -> Page:
    """Return a page of attributes in their order."""
    statement = select(Attribute)
    if scope is not None:
        statement = statement.where(Attribute.scope == scope)
    return paginate(
        session,
        statement,
        keys=[(Attribute.position, False), (Attribute.id, False)],
        limit=limit,
        cursor=cursor,
    )


def attributes_of(session: Session, scope: str) -> list[Attribute]:
    """Return all attributes of a scope in their order."""
    return list(
        session.scalars(
            select(Attribute)
            .where(Attribute.scope == scope)
            .order_by(Attribute.position, Attribute.id)
        )
    )


def customer_attributes(session: Session) -> dict[str, Attribute]:
    """Return the attributes that customers have, by key."""
    return {a.key: a for a in attributes_of(session, Scope.customer)}


def values_of(session: Session, customer_id: UUID) -> AttributeValues | None:
    """Return the customer's values; the survivor's for one who was merged."""
    return session.get(AttributeValues, survivor_of(session, customer_id))
