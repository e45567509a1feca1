"""/public/forms: a form for programs that show it themselves. Open to everybody."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from flask.views import MethodView

from services.groups import queries
from services.groups.api import submitting
from services.groups.schemas import (
    HONEYPOT,
    LanguageArgs,
    PublicFormSchema,
    ReceivedSchema,
    SubmitSchema,
)
from services.groups.webforms.definition import Definition
from services.groups.webforms.pages import LANGUAGES, shown
from services.groups.webforms.words import said
from shared.web import Blueprint, json_body, reading
from shared.web.requests import FORM_ENCODED, loaded

public_forms = Blueprint(
    "public_forms",
    __name__,
    url_prefix="/api/v1/public/forms",
    read=None,
    write=None,
    description="Web forms, for whoever fills them in",
)


@public_forms.before_request
def limit_body() -> None:
    request.max_content_length = submitting.BODY_LIMIT


@public_forms.after_request
def allow_origin(response: Response) -> Response:
    """Let scripts of those pages read the answer that the form allows."""
    response.vary.add("Origin")
    origin, slug = request.headers.get("Origin"), (request.view_args or {}).get("slug")
    if origin and slug:
        with reading() as session:
            allowed = origin in queries.origins_of(session, slug)
        if allowed:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Allow-Methods"] = "GET, POST"
            response.headers["Access-Control-Allow-Headers"] = "Content-Type, Accept-Language"
    return response


@public_forms.route("/<string:slug>")
class PublicForm(MethodView):
    @public_forms.arguments(LanguageArgs, location="query")
    @public_forms.response(200, PublicFormSchema)
    @public_forms.alt_response(404, description="There is no such form, or it is closed")
    def get(self, args: dict[str, Any], slug: str) -> Any:
        """Show what a form asks"""
        form = submitting.open_form(slug)
        language = language_of(form, args["lang"])
        return {
            "slug": form.slug,
            "title": form.title,
            "intro": form.intro,
            "language": language,
            "fields": [shown(question, language) for question in form.questions],
            "groups_label": form.groups_label or said("groups", language),
            "groups": [
                {**line.box._asdict(), "parent_id": line.parent_id, "depth": line.depth}
                for line in form.tree
            ],
            "consent": {"text": form.consent_text, "version": form.consent_version}
            if form.consent_text
            else None,
            "submit_label": form.submit_label or said("send", language),
            "token": submitting.fresh_token(form),
        }


@public_forms.route("/<string:slug>/submissions")
class Submissions(MethodView):
    @public_forms.doc(
        requestBody={
            "required": True,
            "content": {"application/json": {"schema": SubmitSchema}},
        }
    )
    @public_forms.response(202, ReceivedSchema)
    @public_forms.alt_response(404, description="There is no such form, or it is closed")
    @public_forms.alt_response(422, description="By the names of the answers: what is wrong")
    @public_forms.alt_response(429, description="Sent too often; Retry-After says when again")
    def post(self, slug: str) -> Any:
        """Send in a form

        The answer is the same for people who are known and for others.
        """
        form = submitting.open_form(slug)
        by_page = request.mimetype in FORM_ENCODED
        sent = sent_by_page(form) if by_page else loaded(_SENT, json_body())
        submitting.submit(form, sent)
        return {"message": form.success_text or said("received", language_of(form, None))}, 202


def sent_by_page(form: Definition) -> dict[str, Any]:
    """Read what a browser sends: each answer by its name, an empty one for what was left empty."""
    given = request.form
    fields = {name: given[name] for name in given if name not in _OWN}
    return loaded(
        _SENT,
        {
            "token": given.get("token", ""),
            "fields": fields,
            "groups": given.getlist("groups"),
            "consent": bool(given.get("consent")) and bool(form.consent_text),
            HONEYPOT: given.get(HONEYPOT, ""),
        },
    )


_OWN = frozenset(SubmitSchema._declared_fields) - {"fields"}
_SENT = SubmitSchema()


def language_of(form: Definition, asked: str | None) -> str:
    """Return the language that was asked for, else that of the browser, else the form's own."""
    if asked in LANGUAGES:
        return asked
    return request.accept_languages.best_match(LANGUAGES, default=form.language) or form.language
