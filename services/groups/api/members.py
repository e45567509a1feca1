"""/groups/{id}/members: who is in a group, and many who join or leave it at once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask.views import MethodView

from services.groups import actions, queries, selection
from services.groups.api.common import business_now, telling
from services.groups.schemas import (
    AddedSchema,
    ManyMembersSchema,
    MemberArgs,
    MemberSchema,
    RemovedSchema,
    TellingArgs,
)
from shared.web import Blueprint, idempotent, page_of, reading, transaction

members = Blueprint(
    "members",
    __name__,
    url_prefix="/api/v1/groups",
    read="groups:read",
    write="groups:write",
    description="Who is in a group",
)


@members.route("/<uuid:group_id>/members")
class MemberList(MethodView):
    @members.arguments(MemberArgs, location="query")
    @members.response(200, page_of(MemberSchema))
    @members.alt_response(404, description="There is no such group")
    def get(self, args: dict[str, Any], group_id: UUID) -> Any:
        """List a group's members"""
        with reading() as session:
            return queries.list_members(session, group_id, **args)

    @idempotent
    @members.arguments(ManyMembersSchema)
    @members.response(200, AddedSchema)
    @members.alt_response(202, schema=AddedSchema, description="The operation is at work")
    @members.alt_response(404, description="There is no such group or selection")
    def post(self, fields: dict[str, Any], group_id: UUID) -> Any:
        """Add many customers to a group

        Those that are named are added at once. Those of a selection are added by an operation, which can be
        taken back; a dry run only counts. `reference` is the operation's id unless given.
        """
        if fields["dry_run"]:
            with reading() as session:
                count, already = queries.count_members(session, group_id, _whom(session, fields))
            return {
                "count": count,
                "would_add": count - already,
                "already": already,
                "operation_id": None,
            }
        with transaction() as session:
            if "selection" in fields:
                operation = actions.add_selected(
                    session,
                    group_id,
                    _whom(session, fields),
                    telling(fields),
                    request=_kept(fields),
                )
                return _begun(operation)
            customer_ids = dict.fromkeys(fields["customer_ids"])
            outcomes = actions.add_customers_to_group(
                session, group_id, customer_ids, telling(fields)
            )
        added = sum(bool(outcome.added) for outcome in outcomes)
        erased = sum(outcome.erased for outcome in outcomes)
        return {"added": added, "already": len(outcomes) - added - erased, "erased": erased}


@members.route("/<uuid:group_id>/members/remove")
class MemberRemoval(MethodView):
    @idempotent
    @members.arguments(ManyMembersSchema)
    @members.response(202, RemovedSchema)
    @members.alt_response(200, schema=RemovedSchema, description="It is done, or only counted")
    @members.alt_response(404, description="There is no such group or selection")
    def post(self, fields: dict[str, Any], group_id: UUID) -> Any:
        """Take many customers out of a group

        As an operation, which can be taken back: who has not been in the group again since comes back, and
        that starts no sequence.
        """
        if fields["dry_run"]:
            with reading() as session:
                _, inside = queries.count_members(session, group_id, _whom(session, fields))
            return {"count": inside, "operation_id": None}, 200
        with transaction() as session:
            operation = actions.remove_selected(
                session, group_id, _whom(session, fields), telling(fields), request=_kept(fields)
            )
        return _begun(operation)


@members.route("/<uuid:group_id>/members/<uuid:customer_id>")
class MemberItem(MethodView):
    @members.arguments(TellingArgs, location="query")
    @members.response(204)
    @members.alt_response(404, description="There is no such group, or the customer was erased")
    def put(self, args: dict[str, Any], group_id: UUID, customer_id: UUID) -> None:
        """Add a customer to a group"""
        with transaction() as session:
            actions.add_customer_to_group(session, group_id, customer_id, telling(args))

    @members.arguments(TellingArgs, location="query")
    @members.response(204)
    @members.alt_response(404, description="There is no such group")
    def delete(self, args: dict[str, Any], group_id: UUID, customer_id: UUID) -> None:
        """Take a customer out of a group"""
        with transaction() as session:
            actions.remove_customer_from_group(session, group_id, customer_id, telling(args))


def _whom(session: Any, fields: dict[str, Any]) -> Any:
    """Return what selects the customers that are named, or that the selection means."""
    if "customer_ids" in fields:
        return queries.these(session, fields["customer_ids"])
    chosen = fields["selection"]
    if "selection_id" in chosen:
        return selection.of_saved(session, chosen["selection_id"], now=business_now())
    return selection.whom(session, chosen["filter"], now=business_now())


def _kept(fields: dict[str, Any]) -> dict[str, Any]:
    """Return what an operation keeps of who asked for what."""
    if "customer_ids" in fields:
        return {}
    chosen = fields["selection"]
    if "selection_id" in chosen:
        return {"selection": {"selection_id": str(chosen["selection_id"])}}
    return {"selection": {"filter": chosen["filter"]}}


def _begun(operation: Any) -> tuple[dict[str, Any], int]:
    status = 200 if operation.state == "finished" else 202
    return {"operation_id": operation.id, "count": operation.count}, status
