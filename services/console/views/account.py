"""Signing in and out, the language, one's own password and sessions."""

from __future__ import annotations

from urllib.parse import urlsplit
from uuid import UUID

from flask import redirect, render_template, request, session, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response

from services.console import actions, i18n, identity, passwords, queries
from services.console.errors import SignInRefused
from services.console.forms import PasswordForm, SignInForm
from services.console.pages import Pages, needs, reason, say
from shared.db import utcnow
from shared.errors import ServiceError
from shared.web import reading, transaction

blueprint = Pages("account", __name__)

MOST_FAILURES = 8
MOST_FROM_ADDRESS = 60


@blueprint.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> Response | str | tuple[str, int]:
    if current_user.is_authenticated:
        return redirect(_back(request.args.get("next")))
    form = SignInForm()
    if not form.validate_on_submit():
        return render_template("account/sign_in.html", form=form)
    try:
        _sign_in(form.login.data, form.password.data)
    except ServiceError as error:
        form.problem = reason(error)
        return render_template("account/sign_in.html", form=form), error.status
    return redirect(_back(request.args.get("next")))


def _sign_in(login: str, password: str) -> None:
    """Check who it is. Counting and checking are two transactions: a failure must stay counted."""
    name = queries.normalised(login)
    here = f"{name}@{request.remote_addr}"
    with transaction() as session_:
        actions.count_attempt(
            session_,
            {
                f"here:{here}": MOST_FAILURES,
                f"login:{name}": MOST_FROM_ADDRESS,
                f"address:{request.remote_addr}": MOST_FROM_ADDRESS,
            },
        )
    with reading() as session_:
        user = queries.user_by_login(session_, login)
    stored = user.password_hash if user is not None and user.active else None
    if not passwords.matches(stored, password) or user is None:
        raise SignInRefused
    with transaction() as session_:
        actions.forget_attempts(session_, [f"here:{here}", f"login:{name}"])
        token = actions.sign_in(session_, user.id, _browser())
    with reading() as session_:
        found = queries.signed_in(session_, token, utcnow())
    if found is not None:
        identity.begin(found, token)


@blueprint.post("/sign-out")
def sign_out() -> Response:
    if current_user.is_authenticated:
        with transaction() as session_:
            actions.sign_out(session_, current_user.token)
        identity.end()
    return redirect(url_for("account.sign_in"))


@blueprint.post("/language")
def language() -> Response:
    chosen = request.form.get("language")
    if chosen in i18n.LANGUAGES:
        session["language"] = chosen
        if current_user.is_authenticated:
            with transaction() as session_:
                actions.change_language(session_, current_user.id, chosen)
    return redirect(_back(request.form.get("back")))


@blueprint.route("/account", methods=["GET", "POST"])
@needs()
def own() -> Response | str:
    form = PasswordForm()
    if form.validate_on_submit():
        try:
            with transaction() as session_:
                actions.change_password(
                    session_,
                    current_user.id,
                    present=form.present.data,
                    new=form.new.data,
                    token=current_user.token,
                )
            say(gettext("The password is changed. All other browsers are signed out."))
            return redirect(url_for("account.own"))
        except ServiceError as error:
            form.present.errors = [reason(error)]
    with reading() as session_:
        sign_ins = queries.sign_ins(session_, current_user.id)
    return render_template(
        "account/own.html", form=form, sign_ins=sign_ins, shortest=passwords.SHORTEST
    )


@blueprint.post("/account/sessions/<uuid:sign_in_id>/end")
@needs()
def end_session(sign_in_id: UUID) -> Response:
    with transaction() as session_:
        actions.sign_out_everywhere(session_, current_user.id, only=sign_in_id)
    return redirect(url_for("account.own"))


def _back(target: str | None) -> str:
    """Return where to go on: a page of this console, never an address that somebody slipped in."""
    target = target or ""
    parts = urlsplit(target)
    inside = target.startswith("/") and not target.startswith(("//", "/\\"))
    if inside and not parts.netloc and not any(ord(c) < 32 for c in target):
        return target
    return url_for("home.dashboard")


def _browser() -> str:
    """Return a name a person recognises: browser and system, nothing that identifies more."""
    agent = request.headers.get("User-Agent", "")
    browsers = {"Edg/": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome"}
    browsers["Safari/"] = "Safari"
    systems = {"Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows"}
    systems |= {"Mac OS": "macOS", "Linux": "Linux"}
    browser = next((name for mark, name in browsers.items() if mark in agent), "")
    system = next((name for mark, name in systems.items() if mark in agent), "")
    return ", ".join(part for part in (browser, system) if part)
