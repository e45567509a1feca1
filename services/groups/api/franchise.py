"""/groups/franchise: where the head office puts its groups and attributes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask.views import MethodView

from services.groups.actions.franchise import Done, WantedAttribute, WantedGroup, Way, push
from services.groups.api.common import actor
from services.groups.schemas import FranchiseDoneSchema, FranchiseSchema
from shared.web import Blueprint, language, scope, transaction

franchise = Blueprint(
    "franchise",
    __name__,
    url_prefix="/api/v1/groups/franchise",
    read="head_office",
    write="head_office",
    description="Groups and attributes that the head office gives out to its branches",
)


@franchise.route("")
class Franchise(MethodView):
    @scope("head_office")
    @franchise.arguments(FranchiseSchema)
    @franchise.response(200, FranchiseDoneSchema)
    def put(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Have groups and attributes as the head office has them

        Only for the head office. It answers what became of each; sent again, it changes nothing. What cannot
        be done is a `conflict` or `kept` with the reason, and all others are done.
        """
        groups, attributes = _groups(wanted), _attributes(wanted)
        with transaction() as session:
            done = push(session, actor(), groups, attributes, Way(**wanted))
        return {
            "dry_run": wanted["dry_run"],
            "groups": _said(done[0]),
            "attributes": _said(done[1]),
        }


def _groups(wanted: dict[str, Any]) -> list[WantedGroup] | None:
    if "groups" not in wanted:
        return None
    return [
        WantedGroup(tuple(one.pop("path").split("/")), one.pop("key", None), one)
        for one in wanted.pop("groups")
    ]


def _attributes(wanted: dict[str, Any]) -> list[WantedAttribute] | None:
    if "attributes" not in wanted:
        return None
    return [
        WantedAttribute(one.pop("scope"), one.pop("key"), one) for one in wanted.pop("attributes")
    ]


def _said(items: Iterable[Done]) -> list[dict[str, Any]]:
    spoken = language()
    return [
        {**one._asdict(), "problem": one.problem and one.problem.in_language(spoken)}
        for one in items
    ]
