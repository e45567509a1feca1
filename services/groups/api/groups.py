"""/groups: the tree."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask.views import MethodView

from services.groups import actions, queries
from services.groups.api.common import actor
from services.groups.schemas import (
    DeleteArgs,
    GroupArgs,
    GroupCreateSchema,
    GroupPatchSchema,
    GroupSchema,
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

groups = Blueprint(
    "groups",
    __name__,
    url_prefix="/api/v1/groups",
    read="groups:read",
    write="groups:write",
    description="Groups of customers, in a tree of any depth",
)


@groups.route("")
class GroupList(MethodView):
    @groups.arguments(GroupArgs, location="query")
    @groups.response(200, page_of(GroupSchema))
    def get(self, args: dict[str, Any]) -> Any:
        """List groups: each before those below it"""
        with reading() as session:
            return queries.list_groups(session, **args)

    @idempotent
    @groups.arguments(GroupCreateSchema)
    @groups.response(201, GroupSchema)
    @groups.alt_response(409, description="There is a group with this path already")
    def post(self, fields: dict[str, Any]) -> Any:
        """Create a group"""
        with transaction() as session:
            group_id = actions.create_group(session, actor(), **fields).id
            group = queries.group(session, group_id)
        return group, 201, {**etag(group.version), "Location": f"/api/v1/groups/{group_id}"}


@groups.route("/<uuid:group_id>")
class GroupItem(MethodView):
    @groups.response(200, GroupSchema)
    @groups.alt_response(404, description="There is no such group")
    def get(self, group_id: UUID) -> Any:
        """Show a group with its counts as of now"""
        with reading() as session:
            group = queries.group(session, group_id)
        return group, etag(group.version)

    @versioned
    @groups.arguments(GroupPatchSchema)
    @groups.response(200, GroupSchema)
    @groups.alt_response(404, description="There is no such group")
    @groups.alt_response(409, description="The path is taken, or the group would be below itself")
    def patch(self, changes: dict[str, Any], group_id: UUID, version: int) -> Any:
        """Rename, move or describe a group"""
        with transaction() as session:
            actions.change_group(session, actor(), group_id, version, **changes)
            group = queries.group(session, group_id)
        return group, etag(group.version)

    @versioned
    @groups.arguments(DeleteArgs, location="query")
    @groups.response(204)
    @groups.alt_response(404, description="There is no such group")
    @groups.alt_response(409, description="It has members or subgroups")
    def delete(self, args: dict[str, Any], group_id: UUID, version: int) -> None:
        """Delete a group; ?cascade=true with all that is in it"""
        with transaction() as session:
            actions.delete_group(session, actor(), group_id, version, **args)
