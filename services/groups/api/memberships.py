"""/memberships: who is and was where, and many changes at once."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask.views import MethodView

from services.groups import actions, queries
from services.groups.api.common import batch, encoded
from services.groups.schemas import (
    CreatedGroup,
    MembershipArgs,
    MembershipBatch,
    MembershipResult,
    MembershipResults,
    MembershipResultsSchema,
    MembershipSchema,
    MembershipsUndoneSchema,
    UndoBatch,
    json_schema,
)
from shared.errors import errors_in_language
from shared.web import (
    Blueprint,
    idempotent,
    language,
    page_of,
    principal,
    reading,
    transaction,
)

memberships = Blueprint(
    "memberships",
    __name__,
    url_prefix="/api/v1/memberships",
    read="groups:read",
    write="groups:write",
    description="Who is in which group, and who was",
)


@memberships.route("")
class MembershipList(MethodView):
    @memberships.arguments(MembershipArgs, location="query")
    @memberships.response(200, page_of(MembershipSchema))
    def get(self, args: dict[str, Any]) -> Any:
        """List memberships, present and past; ?at= those of a moment"""
        with reading() as session:
            return queries.list_memberships(session, **args)


@memberships.route("/batch")
class MembershipBatchView(MethodView):
    @idempotent
    @memberships.doc(requestBody=json_schema(MembershipBatch))
    @memberships.response(200, MembershipResultsSchema)
    def post(self) -> Response:
        """Change the groups of up to 5,000 customers, and give them values on the way"""
        wanted: MembershipBatch = batch(MembershipBatch)
        told = actions.Telling(
            by=principal().name,
            source=wanted.source,
            reference=wanted.reference,
            start_sequences=wanted.start_sequences,
        )
        with transaction() as session:
            found, created = actions.change_memberships_by_path(
                session,
                [
                    actions.Wanted(row.customer_id, row.mode, row.groups, row.known_at, row.values)
                    for row in wanted.rows
                ],
                told,
                create_missing=wanted.create_missing,
            )
        reader = language()
        return encoded(
            MembershipResults(
                [
                    MembershipResult(
                        row.customer_id,
                        one.outcome.added,
                        one.outcome.removed,
                        one.unknown,
                        one.outcome.erased,
                        errors_in_language(one.errors, reader),
                    )
                    for row, one in zip(wanted.rows, found, strict=True)
                ],
                [CreatedGroup(group.id, group.path) for group in created],
            )
        )


@memberships.route("/batch/undo")
class MembershipBatchUndoView(MethodView):
    @idempotent
    @memberships.doc(requestBody=json_schema(UndoBatch))
    @memberships.response(200, MembershipsUndoneSchema)
    def post(self) -> dict[str, int]:
        """Take back what an import did to the groups of up to 5,000 customers

        Memberships that it began end, those that it ended are there again, as far as nobody has changed them
        since. No sequence starts by that; those that the import started end.
        """
        asked: UndoBatch = batch(UndoBatch)
        told = actions.Telling(by=principal().name, source="", reference=f"undo:{asked.reference}")
        with transaction() as session:
            undone = actions.undo_memberships(session, asked.reference, asked.customer_ids, told)
        return undone._asdict()
