"""/followup/data: everything about one person that is kept here."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask.views import MethodView

from services.followup.queries import personal_data as queries
from services.followup.schemas import PersonalDataSchema
from shared.web import Blueprint, reading

personal_data = Blueprint(
    "personal-data",
    __name__,
    url_prefix="/api/v1/followup/data",
    read="admin",
    write="admin",
    description="What is stored about one person",
)


@personal_data.route("/<uuid:customer_id>")
class PersonalData(MethodView):
    @personal_data.response(200, PersonalDataSchema)
    def get(self, customer_id: UUID) -> Any:
        """Show all that is known here of a person under this id; nothing if there is nobody"""
        with reading() as session:
            return queries.personal_data(session, customer_id)
