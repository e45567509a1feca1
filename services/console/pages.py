"""What every page has: who may see it, its menu, its headers, and a page for what went wrong."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import lru_cache, wraps
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlencode

from flask import Flask, Response, flash, make_response, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from flask_login import current_user
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import HTTPException

from services.console import i18n, words
from services.console.config import Settings
from shared.errors import Forbidden, ServiceError, Text, Unavailable, in_language
from shared.web import Blueprint
from shared.web.problems import from_http_exception, from_service_error

HERE = Path(__file__).parent
STATIC, TEMPLATES = HERE / "static", str(HERE / "templates")
View = TypeVar("View", bound=Callable[..., Any])

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# A mail is shown as it was written, in a frame of its own: no scripts, nothing fetched from anywhere.
LETTER_CSP = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
)

csrf = CSRFProtect()


class Pages(Blueprint):
    """Pages for people: who is signed in is known from the session, not from a token in the header."""

    def __init__(self, name: str, import_name: str) -> None:
        super().__init__(
            name, import_name, url_prefix="/", read=None, write=None, template_folder=TEMPLATES
        )


class NoRight(Forbidden):
    template = Text(
        "Your role does not include this. An owner can change that under Users.",
        de="Das gehört nicht zu Ihrer Rolle. Wer Inhaber ist, kann das unter Benutzer ändern.",
    )


class Entry(NamedTuple):
    """One line of the menu."""

    endpoint: str
    title: Any
    icon: str
    scope: str = ""
    heading: Any = ""


MENU = (
    Entry("home.dashboard", lazy_gettext("Overview"), "home"),
    Entry("customers.listing", lazy_gettext("Customers"), "users", "customers:read"),
    Entry("groups.listing", lazy_gettext("Groups"), "users-group", "groups:read"),
    Entry("attributes.listing", lazy_gettext("Attributes"), "tag", "groups:read"),
    Entry("imports.listing", lazy_gettext("Import"), "file-import", "imports:write"),
    Entry("exports.listing", lazy_gettext("Export"), "download", "exports:read"),
    Entry(
        "sequences.listing",
        lazy_gettext("Sequences"),
        "route",
        "followup:read",
        lazy_gettext("Follow-up"),
    ),
    Entry("mails.listing", lazy_gettext("Mails"), "mail-forward", "followup:read"),
    Entry("mailbox.listing", lazy_gettext("Local mailbox"), "inbox", "followup:read"),
    Entry("users.listing", lazy_gettext("Users"), "user-circle", "admin", lazy_gettext("Settings")),
    Entry("clients.listing", lazy_gettext("API clients"), "key", "admin"),
)


def needs(scope: str = "") -> Callable[[View], View]:
    """Let only signed-in people in, and only those whose role includes the scope."""

    def decorator(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if not current_user.is_authenticated:
                return _to_sign_in()
            if scope and not current_user.may(scope):
                raise NoRight
            return view(*args, **kwargs)

        return guarded  # type: ignore[return-value]

    return decorator


def init(app: Flask, settings: Settings) -> None:
    app.config.update(WTF_CSRF_TIME_LIMIT=None, WTF_CSRF_SSL_STRICT=settings.secure)
    csrf.init_app(app)
    app.before_request(_refuse_other_sites)
    app.after_request(_headers)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        asset=asset,
        business_name=settings.business_name,
        languages=i18n.LANGUAGES,
        public_url=settings.public_url,
        may=may,
        navigation=lambda: _navigation(settings),
        with_args=with_args,
        words=words,
    )
    app.context_processor(lambda: {"language": i18n.language()})
    app.register_error_handler(ServiceError, _service_error)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(HTTPException, _http_error)


def may(scope: str) -> bool:
    return bool(current_user.is_authenticated and current_user.may(scope))


def asset(path: str) -> str:
    """Return the address of a static file, with a mark that changes when the file does."""
    return url_for("static.file", path=path, v=_mark(path))


def with_args(**changes: Any) -> str:
    """Return this page's address with some query arguments changed; None takes one away."""
    arguments = {**request.args.to_dict(flat=False), **changes}
    kept = {key: value for key, value in arguments.items() if value is not None}
    return f"{request.path}?{urlencode(kept, doseq=True)}"


def is_part() -> bool:
    """True where only a part of a page is asked for."""
    return request.headers.get("HX-Request") == "true"


def part(
    template: str, *, toast: str | None = None, kind: str = "success", **values: Any
) -> Response:
    """Answer with a part of a page; `toast` is said in a corner."""
    response = make_response(render_template(template, **values))
    if toast:
        response.headers["HX-Trigger"] = json.dumps({"toast": {"text": toast, "kind": kind}})
    return response


def say(message: str, category: str = "success") -> None:
    """Say something at the top of the next page."""
    flash(message, category)


def reason(error: ServiceError) -> str:
    """Return an error's sentence in the reader's language."""
    return error.text.in_language(i18n.language())


@lru_cache(maxsize=64)
def _mark(path: str) -> str:
    return hashlib.sha256((STATIC / path).read_bytes()).hexdigest()[:12]


def _navigation(settings: Settings) -> list[dict[str, Any]]:
    section = (request.endpoint or "").partition(".")[0]
    entries: list[dict[str, Any]] = []
    heading: Any = ""
    for entry in MENU:
        heading = entry.heading or heading
        if entry.scope and not may(entry.scope):
            continue
        if entry.endpoint.startswith("mailbox.") and not settings.embedded:
            continue
        entries.append(
            {
                **entry._asdict(),
                "heading": heading,
                "url": url_for(entry.endpoint),
                "current": section == entry.endpoint.partition(".")[0],
            }
        )
        heading = ""
    return entries


def _to_sign_in() -> Response:
    if is_part():
        return Response(status=401)
    back = request.full_path.rstrip("?") if request.method == "GET" else None
    return make_response("", 302, {"Location": url_for("account.sign_in", next=back)})


def _refuse_other_sites() -> None:
    """A browser says where a request comes from: other sites have no business with our forms."""
    if request.method in ("GET", "HEAD", "OPTIONS") or request.path.startswith("/api/"):
        return
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise CSRFError("cross-site")


def _headers(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", CSP)
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("X-DNS-Prefetch-Control", "off")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
    return response


def _for_programs() -> bool:
    return request.path.startswith("/api/") or request.path.startswith("/health")


def _service_error(error: ServiceError) -> Response:
    if _for_programs():
        return from_service_error(error)
    title = in_language(error.title, i18n.language())
    if error.status == 404:
        title = gettext("This does not exist (any more)")
    elif isinstance(error, Unavailable):
        title = gettext("One moment, please")
    return _page(error.status, title, reason(error), error.retry_after)


def _csrf_error(_error: CSRFError) -> Response:
    text = gettext("The form was open for too long, or came from elsewhere. Please send it again.")
    return _page(400, gettext("Please send it again"), text)


def _http_error(error: HTTPException) -> Response:
    if _for_programs() or error.code is None or error.code < 400:
        return from_http_exception(error)
    status = error.code
    from_http_exception(error)  # writes the unexpected ones to the log
    if status == 404:
        return _page(404, gettext("There is no such page"), gettext("Perhaps it has moved."))
    if status == 413:
        return _page(413, gettext("Too large"), gettext("This is more than can be taken at once."))
    if status < 500:
        return _page(
            status, gettext("That did not work"), gettext("The request was not understood.")
        )
    text = gettext("Something unexpected happened. It was written to the log.")
    return _page(500, gettext("That did not work"), text)


def _page(status: int, title: str, text: str, retry_after: int | None = None) -> Response:
    if is_part():
        response = part(
            "problem_part.html", status=status, text=text, part_id=request.headers.get("HX-Target")
        )
        # A refused action says so in the corner; what is shown stays as it was.
        if request.method != "GET":
            response = Response(status=204)
            response.headers["HX-Trigger"] = json.dumps({"toast": {"text": text, "kind": "error"}})
            return response
    else:
        response = make_response(
            render_template("problem.html", status=status, title=title, text=text)
        )
    response.status_code = status
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response
