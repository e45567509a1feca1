"""/groups/data: everything about one person, for whoever asks what is known of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from services.groups import queries
from services.groups.schemas import PersonDataSchema
from shared.web import Blueprint, reading

data = Blueprint(
    "groups_data",
    __name__,
    url_prefix="/api/v1/groups/data",
    read="admin",
    write="admin",
    description="What this service knows of a person",
)


@data.route("/<uuid:customer_id>")
@data.response(200, PersonDataSchema)
def person_data(customer_id: UUID) -> Any:
    """Return all that is stored under a customer's id"""
    with reading() as session:
        return queries.person_data(session, customer_id)
