"""The small pages behind the links in mails: no script, nothing from elsewhere, German or English."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from flask import Response, request
from jinja2 import Environment, FileSystemLoader, StrictUndefined

_STYLE = """
body { font: 1.125rem/1.6 system-ui, sans-serif; margin: 0; background: #f6f7f9; color: #1d2733; }
main { max-width: 34rem; margin: 10vh auto; padding: 2rem; background: #fff; border: 1px solid #d5dbe3;
  border-radius: .5rem; }
h1 { font-size: 1.5rem; margin-top: 0; }
blockquote { margin: 1rem 0; padding: .5rem 1rem; border-left: .25rem solid #6b7a8d; white-space: pre-line; }
button { font: inherit; padding: .6rem 1.4rem; border: 0; border-radius: .375rem; background: #14508f;
  color: #fff; cursor: pointer; }
button:focus-visible { outline: .2rem solid #f0a500; outline-offset: .15rem; }
@media (max-width: 36rem) { main { margin: 0; border: 0; min-height: 100vh; box-sizing: border-box; } }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)

_WORDS = {
    ("unsubscribe", "asking", "de"): (
        "Newsletter abbestellen",
        "Möchten Sie keine Newsletter von {business} mehr bekommen?",
        "Ja, abbestellen",
    ),
    ("unsubscribe", "asking", "en"): (
        "Unsubscribe",
        "Do you want no more newsletters from {business}?",
        "Yes, unsubscribe",
    ),
    ("unsubscribe", "unsubscribed", "de"): (
        "Sie sind abgemeldet",
        "{business} schickt Ihnen keine Newsletter mehr.",
        "",
    ),
    ("unsubscribe", "unsubscribed", "en"): (
        "You are unsubscribed",
        "{business} will send you no more newsletters.",
        "",
    ),
    ("opt_in", "asking", "de"): (
        "Newsletter bestätigen",
        "Möchten Sie Newsletter von {business} bekommen?",
        "Ja, ich möchte",
    ),
    ("opt_in", "asking", "en"): (
        "Confirm your subscription",
        "Do you want to get newsletters from {business}?",
        "Yes, I do",
    ),
    ("opt_in", "accepted", "de"): (
        "Vielen Dank",
        "Ihre Bestätigung für {business} ist angekommen. Ein Link gilt sieben Tage.",
        "",
    ),
    ("opt_in", "accepted", "en"): (
        "Thank you",
        "Your confirmation for {business} has arrived. A link is valid for seven days.",
        "",
    ),
}

_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
)


def page(subject: str, state: str, business: str, wording: str | None) -> Response:
    """The page in the reader's language, German if they do not say."""
    language = request.accept_languages.best_match(["de", "en"], default="de") or "de"
    title, text, button = _WORDS[subject, state, language]
    html = _environment.get_template("public.html").render(
        language=language,
        title=title,
        text=text.format(business=business),
        button=button,
        wording=wording,
        business=business,
        style=_STYLE,
    )
    response = Response(html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Vary"] = "Accept, Accept-Language"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
