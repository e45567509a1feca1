"""/f/<slug>: a form as a page for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from flask import Response, request
from flask.views import MethodView
from werkzeug.exceptions import RequestEntityTooLarge

from services.groups.api import submitting
from services.groups.api.public_forms import language_of, sent_by_page
from services.groups.webforms import pages
from services.groups.webforms.definition import Definition
from services.groups.webforms.words import said
from shared.errors import Invalid, ServiceError
from shared.web import Blueprint
from shared.web.problems import BodyTooLarge

form_pages = Blueprint("form_pages", __name__, url_prefix="/f", read=None, write=None)


@form_pages.before_request
def limit_body() -> None:
    request.max_content_length = submitting.BODY_LIMIT


@form_pages.route("/<string:slug>")
class FormPage(MethodView):
    def get(self, slug: str) -> Response:
        """Show the form; a look changes nothing"""
        form = submitting.open_form(slug)
        return _form(form, submitting.fresh_token(form))

    def post(self, slug: str) -> Response:
        """Take the form in, or show again what was typed"""
        form = submitting.open_form(slug)
        language = _language(form)
        sent: dict[str, Any] = {"fields": {}, "groups": [], "consent": False, "token": ""}
        try:
            sent = sent_by_page(form)
            submitting.submit(form, sent)
        except submitting.Expired:
            return _again(form, sent, notice=said("again", language))
        except Invalid as invalid:
            return _again(form, sent, errors=invalid.errors)
        confirming = sent["consent"] and form.double_opt_in
        return _page(
            pages.message_page(
                said("thanks", language),
                form.success_text or said("received", language),
                language,
                business=submitting.settings().business_name,
                more=said("confirm", language) if confirming else "",
                text_language=form.language if form.success_text else language,
            ),
            form,
        )


@form_pages.errorhandler(ServiceError)
def refused(error: ServiceError) -> Response:
    """Say in words what is not possible: no such form, closed, too often."""
    language = _language(None)
    text = error.text.in_language(language)
    response = _page(
        pages.message_page(
            said("not_here", language),
            text,
            language,
            business=submitting.settings().business_name,
        ),
        None,
        error.status,
    )
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


@form_pages.errorhandler(RequestEntityTooLarge)
def too_large(_error: RequestEntityTooLarge) -> Response:
    return refused(BodyTooLarge(limit=submitting.BODY_LIMIT))


def _again(form: Definition, sent: Mapping[str, Any], **more: Any) -> Response:
    """Show the form as it was filled in. Another wording has to be agreed to anew."""
    before = submitting.token_of(form, sent)
    if before is not None and before.consent_version != form.consent_version:
        sent = {**sent, "consent": False}
    return _form(form, submitting.fresh_token(form, before), sent, **more)


def _form(
    form: Definition,
    token: str,
    sent: Mapping[str, Any] | None = None,
    *,
    errors: Mapping[str, Sequence[Any]] | None = None,
    notice: str | None = None,
) -> Response:
    sent = sent or {}
    language = _language(form)
    return _page(
        pages.form_page(
            form,
            language,
            token,
            business=submitting.settings().business_name,
            given=sent.get("fields"),
            groups=sent.get("groups"),
            consent=sent.get("consent", False),
            errors=errors,
            notice=notice,
        ),
        form,
        HTTPStatus.UNPROCESSABLE_ENTITY if errors or notice else HTTPStatus.OK,
    )


def _page(html: str, form: Definition | None, status: int = HTTPStatus.OK) -> Response:
    response = Response(html, status, mimetype="text/html")
    response.headers["Content-Security-Policy"] = pages.policy(form.allowed_origins if form else ())
    response.headers["Vary"] = "Accept-Language"
    return response


def _language(form: Definition | None) -> str:
    asked = request.args.get("lang")
    if form is not None:
        return language_of(form, asked)
    if asked in pages.LANGUAGES:
        return asked
    return request.accept_languages.best_match(pages.LANGUAGES, default="de") or "de"
