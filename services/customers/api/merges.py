"""Making several customers one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response
from flask.views import MethodView

from services.customers import actions, queries
from services.customers.actions import Merge
from services.customers.api.blueprint import blueprint, duplicates, json_answer
from services.customers.api.duplicates import compare_due
from services.customers.schemas import DryRunSchema, MergeSchema, MergesSchema
from services.customers.schemas.answers import customer_answer
from shared.web import idempotent, principal, reading, transaction

CLUSTERS_AT_ONCE = 200


@blueprint.route("/<uuid:customer_id>/merge")
class CustomerMerge(MethodView):
    @idempotent
    @blueprint.arguments(MergeSchema)
    @blueprint.response(200, MergesSchema)
    @blueprint.alt_response(404, description="One of them does not exist")
    @blueprint.alt_response(409, description="One of them is part of another customer already")
    def post(self, args: dict[str, Any], customer_id: UUID) -> Response:
        """Make other customers part of this one

        Their groups, attributes, history, activities and sequences become this customer's; their numbers and
        ids lead to it. The strictest consent wins. It can be taken back, see /operations.
        """
        dry_run = args["dry_run"]
        with reading() if dry_run else transaction() as session:
            merge = actions.merge_customers(
                session,
                customer_id,
                args["duplicates"],
                args["choose"],
                by=principal().name,
                dry_run=dry_run,
            )
            return _shown(session, [merge], remaining=False)


@duplicates.route("/merge")
class ExactMerge(MethodView):
    @idempotent
    @duplicates.arguments(DryRunSchema)
    @duplicates.response(200, MergesSchema)
    def post(self, args: dict[str, Any]) -> Response:
        """Merge all exact duplicates

        Exact are customers who are the same in everything that tells persons apart. Who came first stays. All
        merges of one call are one operation that can be taken back; `remaining` says that there are more.
        """
        dry_run = args["dry_run"]
        compare_due()
        with reading() if dry_run else transaction() as session:
            clusters = queries.exact_clusters(session, CLUSTERS_AT_ONCE + 1)
            merges = actions.merge_clusters(
                session,
                clusters[:CLUSTERS_AT_ONCE],
                by=principal().name,
                dry_run=dry_run,
            )
            return _shown(session, merges, remaining=len(clusters) > CLUSTERS_AT_ONCE)


def _shown(session: Any, merges: list[Merge], *, remaining: bool) -> Response:
    groups = queries.groups_of(session, [merge.survivor.id for merge in merges])
    shown = [
        {
            "operation_id": merge.operation_id,
            "customer_id": merge.survivor.id,
            "number": merge.survivor.number,
            "merged": [{"id": loser.id, "number": loser.number} for loser in merge.losers],
            "customer": customer_answer(merge.survivor, groups[merge.survivor.id]),
        }
        for merge in merges
    ]
    return json_answer({"merges": shown, "remaining": remaining})
