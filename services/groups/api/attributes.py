"""/attributes: the definitions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask.views import MethodView

from services.groups import actions, queries
from services.groups.api.common import actor
from services.groups.schemas import (
    AttributeArgs,
    AttributeCreateSchema,
    AttributePatchSchema,
    AttributeSchema,
    AttributeWithUsesSchema,
    RemoveArgs,
)
from shared.web import (
    Blueprint,
    etag,
    idempotent,
    page_of,
    reading,
    transaction,
    versioned,
)

attributes = Blueprint(
    "attributes",
    __name__,
    url_prefix="/api/v1/attributes",
    read="groups:read",
    write="groups:write",
    description="Attributes that a business defines for customers, bookings and history entries",
)


@attributes.route("")
class AttributeList(MethodView):
    @attributes.arguments(AttributeArgs, location="query")
    @attributes.response(200, page_of(AttributeSchema))
    def get(self, args: dict[str, Any]) -> Any:
        """List attributes in their order"""
        with reading() as session:
            return queries.list_attributes(session, **args)

    @idempotent
    @attributes.arguments(AttributeCreateSchema)
    @attributes.response(201, AttributeSchema)
    @attributes.alt_response(409, description="The key or the label is taken")
    def post(self, fields: dict[str, Any]) -> Any:
        """Define an attribute"""
        with transaction() as session:
            attribute = actions.define_attribute(session, actor(), **fields)
        location = f"/api/v1/attributes/{attribute.id}"
        return attribute, 201, {**etag(attribute.version), "Location": location}


@attributes.route("/<uuid:attribute_id>")
class AttributeItem(MethodView):
    @attributes.response(200, AttributeWithUsesSchema)
    @attributes.alt_response(404, description="There is no such attribute")
    def get(self, attribute_id: UUID) -> Any:
        """Show an attribute, and what hangs on it"""
        with reading() as session:
            attribute = queries.attribute(session, attribute_id)
            uses = queries.uses_of(session, attribute)
        shown = {name: getattr(attribute, name) for name in AttributeSchema().fields}
        return {**shown, "uses": uses}, etag(attribute.version)

    @versioned
    @attributes.arguments(AttributePatchSchema)
    @attributes.response(200, AttributeSchema)
    @attributes.alt_response(404, description="There is no such attribute")
    @attributes.alt_response(
        409,
        description="The label is taken, or stored values (how many, in 'count') or selections would break",
    )
    def patch(self, changes: dict[str, Any], attribute_id: UUID, version: int) -> Any:
        """Change a definition; its values stay

        A value that does not fit the new type, pattern or choices keeps it from changing. Values of customers
        are converted ("12" becomes 12); those of bookings and history entries stay as they are.
        A position that is taken moves the others by one.
        """
        with transaction() as session:
            attribute = actions.change_attribute(session, actor(), attribute_id, version, **changes)
        return attribute, etag(attribute.version)

    @versioned
    @attributes.arguments(RemoveArgs, location="query")
    @attributes.response(204)
    @attributes.alt_response(404, description="There is no such attribute")
    @attributes.alt_response(
        409,
        description="There are values of it (how many, in 'count'), or selections or forms name it ('uses'), "
        "which ?confirm=true does not change",
    )
    def delete(self, args: dict[str, Any], attribute_id: UUID, version: int) -> None:
        """Remove a definition; ?confirm=true with all of customers' values"""
        with transaction() as session:
            actions.remove_attribute(session, actor(), attribute_id, version, **args)
