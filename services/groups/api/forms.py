"""/forms: web forms as staff edit them, and what was sent in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask.views import MethodView

from services.groups import actions, queries
from services.groups.schemas import (
    FormCreateSchema,
    FormPatchSchema,
    FormSchema,
    SubmissionArgs,
    SubmissionSchema,
    WordingsSchema,
)
from shared.web import (
    Blueprint,
    PageArgs,
    etag,
    idempotent,
    page_of,
    reading,
    transaction,
    versioned,
)

forms = Blueprint(
    "forms",
    __name__,
    url_prefix="/api/v1/forms",
    read="groups:read",
    write="groups:write",
    description="Web forms by which people become customers",
)


@forms.route("")
class FormList(MethodView):
    @forms.arguments(PageArgs, location="query")
    @forms.response(200, page_of(FormSchema))
    def get(self, args: dict[str, Any]) -> Any:
        """List forms, the newest first"""
        with reading() as session:
            return queries.list_forms(session, **args)

    @idempotent
    @forms.arguments(FormCreateSchema)
    @forms.response(201, FormSchema)
    @forms.alt_response(409, description="There is a form at this address already")
    def post(self, fields: dict[str, Any]) -> Any:
        """Make a form"""
        with transaction() as session:
            form_id = actions.create_form(session, **fields).id
            form = queries.form_view(session, form_id)
        return form, 201, {**etag(form.version), "Location": f"/api/v1/forms/{form_id}"}


@forms.route("/<uuid:form_id>")
class FormItem(MethodView):
    @forms.response(200, FormSchema)
    @forms.alt_response(404, description="There is no such form")
    def get(self, form_id: UUID) -> Any:
        """Show a form"""
        with reading() as session:
            form = queries.form_view(session, form_id)
        return form, etag(form.version)

    @versioned
    @forms.arguments(FormPatchSchema)
    @forms.response(200, FormSchema)
    @forms.alt_response(404, description="There is no such form")
    @forms.alt_response(409, description="There is a form at this address already")
    def patch(self, changes: dict[str, Any], form_id: UUID, version: int) -> Any:
        """Change a form; another consent_text is another version of the consent"""
        with transaction() as session:
            actions.change_form(session, form_id, version, **changes)
            form = queries.form_view(session, form_id)
        return form, etag(form.version)

    @versioned
    @forms.response(204)
    @forms.alt_response(404, description="There is no such form")
    def delete(self, form_id: UUID, version: int) -> None:
        """Delete a form; what was sent by it stays as long as it is kept"""
        with transaction() as session:
            actions.delete_form(session, form_id, version)


@forms.route("/<uuid:form_id>/submissions")
class SubmissionList(MethodView):
    @forms.arguments(SubmissionArgs, location="query")
    @forms.response(200, page_of(SubmissionSchema))
    @forms.alt_response(404, description="There is no such form")
    def get(self, args: dict[str, Any], form_id: UUID) -> Any:
        """List what was sent in, the newest first"""
        with reading() as session:
            return queries.list_submissions(session, form_id, **args)


@forms.route("/<uuid:form_id>/submissions/<uuid:submission_id>/accept")
class SubmissionAcceptance(MethodView):
    @forms.response(200, SubmissionSchema)
    @forms.alt_response(404, description="There is no such submission of this form")
    @forms.alt_response(409, description="It was not rejected")
    def post(self, form_id: UUID, submission_id: UUID) -> Any:
        """Take a rejected submission for a person's after all"""
        with transaction() as session:
            return actions.accept_submission(session, form_id, submission_id)


@forms.route("/<uuid:form_id>/wordings")
class WordingList(MethodView):
    @forms.response(200, WordingsSchema)
    def get(self, form_id: UUID) -> Any:
        """List every wording that the consent of a form has had, also of one that is deleted"""
        with reading() as session:
            return {"items": queries.wordings(session, form_id)}
