"""Customers who may be one person."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from flask import Response
from flask.views import MethodView

from services.customers import actions, queries
from services.customers.api.blueprint import duplicates, json_answer
from services.customers.likeness import WEIGHTS
from services.customers.schemas import (
    DuplicateArgs,
    DuplicatePageSchema,
    DuplicateSchema,
    PairSchema,
)
from services.customers.schemas.answers import customer_answer
from services.customers.schemas.duplicates import REASONS
from shared.web import language, paginate, principal, reading, transaction

COMPARED_AT_ONCE = 200
LONGEST_S = 1.0
"""So long customers are compared before the list is answered; after a large import the rest is `pending`."""


@duplicates.route("")
class DuplicateList(MethodView):
    @duplicates.arguments(DuplicateArgs, location="query")
    @duplicates.response(200, DuplicatePageSchema)
    def get(self, args: dict[str, Any]) -> Response:
        """List pairs of customers who may be one person

        The likeliest first. Who is new or changed is compared first, for a second at most; how many are left
        says `pending`. Pairs are counted up to 10,001.
        """
        limit, cursor = args.pop("limit"), args.pop("cursor")
        if cursor is None:
            compare_due()
        with reading() as session:
            pairs = queries.pair_list(session, **args)
            page = paginate(
                session,
                pairs,
                keys=queries.PAIR_KEYS,
                limit=limit,
                cursor=cursor,
                total=queries.count_pairs(session, pairs),
            )
            items = _shown(session, page["items"])
            pending = queries.comparisons_pending(session)
        return json_answer({**page, "items": items, "pending": pending})


@duplicates.route("/dismiss")
class Dismissal(MethodView):
    @duplicates.arguments(PairSchema)
    @duplicates.response(200, DuplicateSchema)
    @duplicates.alt_response(404, description="There is no such pair")
    def post(self, args: dict[str, Any]) -> Response:
        """Say that two customers are two persons

        The pair is listed no more, until one of them changes in a way that gives a new reason.
        """
        with transaction() as session:
            pair = actions.dismiss_pair(session, *args["customers"], by=principal().name)
            return json_answer(_shown(session, [pair])[0])


@duplicates.route("/restore")
class Restoration(MethodView):
    @duplicates.arguments(PairSchema)
    @duplicates.response(200, DuplicateSchema)
    @duplicates.alt_response(404, description="There is no such pair")
    def post(self, args: dict[str, Any]) -> Response:
        """Take a dismissal back"""
        with transaction() as session:
            return json_answer(
                _shown(session, [actions.restore_pair(session, *args["customers"])])[0]
            )


def compare_due() -> None:
    """Compare who is new or changed, so that a pair that came about just now is known."""
    end = time.monotonic() + LONGEST_S
    with reading() as session:
        due = queries.anybody_due(session)
    while due and time.monotonic() < end:
        with transaction() as session:
            due = actions.compare_due(session, COMPARED_AT_ONCE) == COMPARED_AT_ONCE


def _shown(session: Any, pairs: Sequence[Any]) -> list[dict[str, Any]]:
    ids = list({i for pair in pairs for i in (pair.first_id, pair.second_id)})
    people = queries.people_by_id(session, ids)
    groups = queries.groups_of(session, ids)
    reader = language()
    return [
        {
            "score": pair.score,
            "exact": pair.exact,
            "reasons": [
                {
                    "kind": kind,
                    "speaks": "for" if kind in WEIGHTS else "against",
                    "text": REASONS[kind].in_language(reader),
                }
                for kind in pair.reasons
            ],
            "customers": [
                customer_answer(people[i], groups[i]) for i in (pair.first_id, pair.second_id)
            ],
            "dismissed_at": pair.dismissed_at,
            "dismissed_by": pair.dismissed_by,
        }
        for pair in pairs
    ]
