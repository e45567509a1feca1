"""One customer, and the list of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, redirect
from flask.views import MethodView

from services.customers import actions, queries
from services.customers.api.asking import asked_for
from services.customers.api.blueprint import blueprint, json_answer
from services.customers.errors import CustomerMerged
from services.customers.models import Customer
from services.customers.schemas import (
    CustomerPageSchema,
    CustomerPatchSchema,
    CustomerSchema,
    ListArgs,
    NewCustomerSchema,
)
from services.customers.schemas.answers import customer_answer
from shared.web import (
    carried_total,
    carrying_total,
    glancing,
    idempotent,
    paginate,
    principal,
    transaction,
    versioned,
)


@blueprint.route("")
class CustomerList(MethodView):
    @blueprint.arguments(ListArgs, location="query")
    @blueprint.response(200, CustomerPageSchema)
    def get(self, args: dict[str, Any]) -> Response:
        """List customers

        The active ones, unless asked otherwise. `total` is counted for the first page and stays the same on
        the pages after it; unless everybody is asked for, counting stops at 10,001.
        """
        total, cursor = carried_total(args.pop("cursor"))
        limit, sort = args.pop("limit"), args.pop("sort")
        with glancing() as session:
            found = queries.customer_list(session, asked_for(session, args), sort, total)
            page = carrying_total(
                paginate(
                    session,
                    found.statement,
                    keys=found.keys,
                    limit=limit,
                    cursor=cursor,
                    total=found.total,
                )
            )
            people = [queries.customer_of(row) for row in page["items"]]
            groups = queries.groups_of(session, [person.id for person in people])
        return json_answer(
            {
                "items": [customer_answer(person, groups[person.id]) for person in people],
                "next": page["next"],
                "total": page["total"],
            }
        )

    @idempotent
    @blueprint.arguments(NewCustomerSchema)
    @blueprint.response(201, CustomerSchema)
    def post(self, values: dict[str, Any]) -> Response:
        """Create a customer"""
        source = values.pop("source")
        with transaction() as session:
            customer = actions.register_customer(session, values, source=source)
            response = shown(session, customer, 201)
        response.headers["Location"] = f"/api/v1/customers/{customer.id}"
        return response


@blueprint.route("/<uuid:customer_id>")
class CustomerItem(MethodView):
    @blueprint.response(200, CustomerSchema)
    @blueprint.alt_response(307, description="It was merged into the customer at Location")
    @blueprint.alt_response(404, description="There is no such customer")
    def get(self, customer_id: UUID) -> Any:
        """Read a customer

        Whoever was merged into another customer leads there.
        """
        with glancing() as session:
            try:
                return shown(session, queries.present(session, customer_id))
            except CustomerMerged as merged:
                # Temporary: a merge can be taken back.
                return redirect(f"/api/v1/customers/{merged.survivor}", 307)

    @versioned
    @blueprint.arguments(CustomerPatchSchema)
    @blueprint.response(200, CustomerSchema)
    def patch(self, values: dict[str, Any], customer_id: UUID, version: int) -> Response:
        """Change a customer

        Fields left out stay, null clears. Wants If-Match.
        """
        with transaction() as session:
            customer = actions.change_customer(
                session, customer_id, values, version=version, source="manual"
            )
            return shown(session, customer)

    @versioned
    @blueprint.response(204)
    def delete(self, customer_id: UUID, version: int) -> None:
        """Erase a person everywhere

        With everybody merged into it. The numbers stay taken; /erasures/{customer_id} tells when the other
        services have let go of the person too. Wants If-Match.
        """
        with transaction() as session:
            actions.erase_customer(session, customer_id, version=version, by=principal().name)


@blueprint.route("/<uuid:customer_id>/deactivate")
class Deactivation(MethodView):
    @blueprint.response(200, CustomerSchema)
    def post(self, customer_id: UUID) -> Response:
        """Deactivate a customer

        Inactive customers leave the list and get no newsletters. Doing it twice changes nothing.
        """
        with transaction() as session:
            return shown(session, actions.deactivate_customer(session, customer_id))


@blueprint.route("/<uuid:customer_id>/reactivate")
class Reactivation(MethodView):
    @blueprint.response(200, CustomerSchema)
    def post(self, customer_id: UUID) -> Response:
        """Reactivate a customer"""
        with transaction() as session:
            return shown(session, actions.reactivate_customer(session, customer_id))


def shown(session: Any, customer: Customer, status: int = 200) -> Response:
    """Return the customer with the groups it is in."""
    groups = queries.groups_of(session, [customer.id])[customer.id]
    answer = customer_answer(customer, groups)
    return json_answer(answer, status, version=customer.version)
