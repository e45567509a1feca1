"""/importer/data: which files a person came from, for whoever asks what is known of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from services.importer.forgetting import persons
from services.importer.schemas import PersonDataSchema
from shared.web import Blueprint, language, reading

data = Blueprint(
    "importer_data",
    __name__,
    url_prefix="/api/v1/importer/data",
    read="admin",
    write="admin",
    description="What this service knows of a person",
)


@data.route("/<uuid:customer_id>")
@data.response(200, PersonDataSchema)
def person_data(customer_id: UUID) -> dict[str, Any]:
    """Return the imports that a customer came from, with the rows as far as they are kept"""
    with reading() as session:
        imports = persons.imports_of(session, customer_id, language())
    return {"customer_id": customer_id, "imports": imports}
