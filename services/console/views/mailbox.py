"""The local mailbox of the embedded default: mails go into it instead of out."""

from __future__ import annotations

from flask import Response, abort, current_app, make_response, render_template, request

from services.console.identity import no_cookies
from services.console.mailbox import Mailbox, OpenLetter
from services.console.pages import LETTER_CSP, Pages, needs

blueprint = Pages("mailbox", __name__)

PAGE = 50


@blueprint.get("/mailbox")
@needs("followup:read")
def listing() -> str:
    box, search = _mailbox(), request.args.get("q", "")
    skip = max(0, request.args.get("skip", 0, type=int))
    letters, more = box.page(search=search, skip=skip, limit=PAGE)
    return render_template(
        "mailbox/list.html",
        letters=letters,
        total=box.count(),
        search=search,
        page={"next": skip + PAGE if more else None},
    )


@blueprint.get("/mailbox/<key>")
@needs("followup:read")
def show(key: str) -> str:
    return render_template("mailbox/show.html", letter=_letter(key))


@blueprint.get("/mailbox/<key>/html")
@needs("followup:read")
def html(key: str) -> Response:
    """The mail as its reader sees it, for a frame without scripts that fetches nothing."""
    return letter_page(_letter(key).html)


def letter_page(content: str) -> Response:
    """Answer with somebody's HTML such that it can do nothing: links open outside of the frame."""
    response = make_response(f'<base target="_blank">{content}')
    response.headers["Content-Security-Policy"] = LETTER_CSP
    response.headers["Referrer-Policy"] = "no-referrer"
    return no_cookies(response)


def _mailbox() -> Mailbox:
    settings = current_app.extensions["settings"]
    if not settings.embedded:
        abort(404)
    return Mailbox(settings.data_dir / "mail")


def _letter(key: str) -> OpenLetter:
    letter = _mailbox().open(key)
    if letter is None:
        abort(404)
    return letter
