"""/selections: questions about customers, asked at once or saved by a name."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask.views import MethodView

from services.groups import actions, queries, selection
from services.groups.api.common import actor, business_now
from services.groups.schemas import (
    ConfirmArgs,
    QuerySchema,
    ReportedUseSchema,
    SavedSelectionSchema,
    SelectedArgs,
    SelectionCreateSchema,
    SelectionDetailSchema,
    SelectionPatchSchema,
    SummarySchema,
)
from shared.errors import errors_in_language
from shared.web import (
    Blueprint,
    PageArgs,
    etag,
    idempotent,
    language,
    page_of,
    reading,
    scope,
    transaction,
    versioned,
)

selections = Blueprint(
    "selections",
    __name__,
    url_prefix="/api/v1/selections",
    read="groups:read",
    write="groups:write",
    description="Questions about customers, over everything that is known of them",
)


FoundPage = page_of(SummarySchema)


@selections.route("/query")
class Query(MethodView):
    @scope("groups:read")
    @selections.arguments(QuerySchema)
    @selections.response(200, FoundPage)
    def post(self, asked: dict[str, Any]) -> Any:
        """Find the customers whom a filter means

        `total` is counted for the first page and stays the same on those after it.
        """
        with reading() as session:
            whom = selection.whom(session, asked.pop("filter"), now=business_now())
            return queries.selected(session, whom, **asked)


@selections.route("")
class SelectionList(MethodView):
    @selections.arguments(PageArgs, location="query")
    @selections.response(200, page_of(SavedSelectionSchema))
    def get(self, args: dict[str, Any]) -> Any:
        """List saved selections by name"""
        with reading() as session:
            return queries.list_selections(session, **args)

    @idempotent
    @selections.arguments(SelectionCreateSchema)
    @selections.response(201, SelectionDetailSchema)
    @selections.alt_response(409, description="There is a selection of this name already")
    def post(self, fields: dict[str, Any]) -> Any:
        """Save a selection

        Groups are kept by id, so that it outlives their new names. What is wrong in the filter is named by
        its place, such as `filter.all.0.value`.
        """
        with transaction() as session:
            saved = actions.save_selection(
                session, asked=fields.pop("filter"), **fields, now=business_now(), by=actor().name
            )
            shown = _shown(session, saved)
        location = f"/api/v1/selections/{saved.id}"
        return shown, 201, {**etag(saved.version), "Location": location}


@selections.route("/<uuid:selection_id>")
class SelectionItem(MethodView):
    @selections.response(200, SelectionDetailSchema)
    @selections.alt_response(404, description="There is no such selection")
    def get(self, selection_id: UUID) -> Any:
        """Show a selection, what relies on it, and what has gone since it was saved"""
        with reading() as session:
            saved = queries.selection(session, selection_id)
            return _shown(session, saved), etag(saved.version)

    @versioned
    @selections.arguments(SelectionPatchSchema)
    @selections.response(200, SelectionDetailSchema)
    @selections.alt_response(404, description="There is no such selection")
    @selections.alt_response(409, description="There is a selection of this name already")
    def patch(self, changes: dict[str, Any], selection_id: UUID, version: int) -> Any:
        """Rename a selection or change its filter"""
        with transaction() as session:
            saved = actions.change_selection(
                session, selection_id, version, now=business_now(), **changes
            )
            return _shown(session, saved), etag(saved.version)

    @versioned
    @selections.arguments(ConfirmArgs, location="query")
    @selections.response(204)
    @selections.alt_response(404, description="There is no such selection")
    @selections.alt_response(409, description="Something relies on it: what, in 'uses'")
    def delete(self, args: dict[str, Any], selection_id: UUID, version: int) -> None:
        """Delete a selection; ?confirm=true although something else than a selection relies on it"""
        with transaction() as session:
            actions.delete_selection(session, selection_id, version, **args)


@selections.route("/<uuid:selection_id>/customers")
class SelectedCustomers(MethodView):
    @selections.arguments(SelectedArgs, location="query")
    @selections.response(200, FoundPage)
    @selections.alt_response(404, description="There is no such selection")
    def get(self, args: dict[str, Any], selection_id: UUID) -> Any:
        """List the customers whom a selection means now"""
        with reading() as session:
            whom = selection.of_saved(session, selection_id, now=business_now())
            return queries.selected(session, whom, **args)


@selections.route("/<uuid:selection_id>/uses/<string:kind>/<string:user_id>")
class SelectionUseItem(MethodView):
    @selections.arguments(ReportedUseSchema)
    @selections.response(204)
    @selections.alt_response(404, description="There is no such selection")
    def put(self, use: dict[str, Any], selection_id: UUID, kind: str, user_id: str) -> None:
        """Report that something relies on a selection, such as a mailing

        It is named then when somebody is about to delete the selection.
        """
        with transaction() as session:
            actions.report_use(session, selection_id, kind=kind, user_id=user_id, **use)

    @selections.response(204)
    def delete(self, selection_id: UUID, kind: str, user_id: str) -> None:
        """Report that it relies on the selection no more"""
        with transaction() as session:
            actions.end_use(session, selection_id, kind=kind, user_id=user_id)


def _shown(session: Any, saved: Any) -> dict[str, Any]:
    problems = selection.problems(session, saved.id, saved.filter, now=business_now())
    fields = {name: getattr(saved, name) for name in SavedSelectionSchema().fields}
    return {
        **fields,
        "uses": queries.uses_of_selection(session, saved.id),
        "problems": errors_in_language(problems, language()),
    }
