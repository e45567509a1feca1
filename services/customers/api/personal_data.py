"""What this service knows of a person."""

from __future__ import annotations

from uuid import UUID

from flask import Response
from flask.views import MethodView

from services.customers import queries
from services.customers.api.blueprint import blueprint, json_answer
from services.customers.schemas import PersonalDataSchema
from shared.web import reading


@blueprint.route("/<uuid:customer_id>/data")
class PersonalData(MethodView):
    @blueprint.response(200, PersonalDataSchema)
    @blueprint.alt_response(404, description="There is no such customer")
    def get(self, customer_id: UUID) -> Response:
        """Read everything that this service knows of a person

        With what is known of whoever was merged into it. What all services know together is in
        /access-archives/{customer_id}.
        """
        with reading() as session:
            queries.present(session, customer_id)
            return json_answer(queries.personal_data(session, customer_id))
