"""The small pages behind the links in mails: no script, nothing from elsewhere, German or English."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from pathlib import Path

from flask import Response, request
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.followup.queries.topics import Preferences

_STYLE = """
body { font: 1.125rem/1.6 system-ui, sans-serif; margin: 0; background: #f6f7f9; color: #1d2733; }
main { max-width: 34rem; margin: 10vh auto; padding: 2rem; background: #fff; border: 1px solid #d5dbe3;
  border-radius: .5rem; }
h1 { font-size: 1.5rem; margin-top: 0; }
blockquote { margin: 1rem 0; padding: .5rem 1rem; border-left: .25rem solid #6b7a8d; white-space: pre-line; }
button { font: inherit; padding: .6rem 1.4rem; border: 0; border-radius: .375rem; background: #14508f;
  color: #fff; cursor: pointer; }
button:focus-visible { outline: .2rem solid #f0a500; outline-offset: .15rem; }
fieldset { border: 1px solid #d5dbe3; border-radius: .375rem; margin: 0 0 1.5rem; padding: .5rem 1rem 1rem; }
legend { font-weight: 600; padding: 0 .4rem; }
.choice { position: relative; padding: .25rem 0 .25rem 2rem; overflow-wrap: anywhere; }
.choice input { position: absolute; left: 0; top: .55rem; width: 1.25rem; height: 1.25rem; margin: 0; }
.choice input:focus-visible { outline: .2rem solid #f0a500; outline-offset: .15rem; }
.level1 { margin-left: 1.5rem; } .level2 { margin-left: 3rem; } .level3 { margin-left: 4.5rem; }
.level4 { margin-left: 6rem; }
.hint { margin: 0; font-size: 1rem; color: #4a5867; white-space: pre-line; }
.saved { padding: .5rem 1rem; border-left: .25rem solid #1b7a3d; background: #eef7f0; }
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

_PREFERENCES = {
    "de": {
        "title": "Ihre Themen",
        "saved": "Ihre Auswahl ist gespeichert.",
        "topics": "Worüber möchten Sie von {business} lesen?",
        "no_consent": "Ein Häkchen allein meldet Sie nicht zu einem Newsletter an: Dazu gehört immer Ihre "
        "Bestätigung per E-Mail.",
        "nothing_title": "Gar keine Newsletter",
        "nothing": "{business} soll mir keine Newsletter mehr schicken.",
        "nothing_hint": "Das gilt sofort und für alle Themen. Danach kommen Newsletter erst wieder, wenn Sie "
        "sich neu anmelden.",
        "save": "Auswahl speichern",
    },
    "en": {
        "title": "Your topics",
        "saved": "Your choice has been saved.",
        "topics": "What would you like to read from {business} about?",
        "no_consent": "A tick alone does not subscribe you to a newsletter: that always takes your "
        "confirmation by e-mail.",
        "nothing_title": "No newsletters at all",
        "nothing": "{business} is to send me no more newsletters.",
        "nothing_hint": "This holds at once and for all topics. After that, newsletters only come again if "
        "you sign up anew.",
        "save": "Save my choice",
    },
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
    return _rendered(
        "public.html",
        language=language,
        title=title,
        text=text.format(business=business),
        button=button,
        wording=wording,
        business=business,
    )


def preference_page(found: Preferences, state: str, business: str) -> Response:
    """The page with the topics to choose from. It has no address, no name and no number of anybody."""
    language = request.accept_languages.best_match(["de", "en"], default="de") or "de"
    often = Counter(topic.name for topic in found.topics)
    return _rendered(
        "preferences.html",
        language=language,
        words=_PREFERENCES[language],
        saved=state == "saved",
        topics=[
            {**topic._asdict(), "label": topic.name if often[topic.name] == 1 else topic.path}
            for topic in found.topics
        ],
        no_newsletters=found.no_newsletters,
        business=business,
    )


def wants_page() -> bool:
    """Whether a person asks, and not a program."""
    best = request.accept_mimetypes.best_match(["application/json", "text/html"])
    return best == "text/html" and bool(request.accept_mimetypes["text/html"])


def _rendered(template: str, **values: object) -> Response:
    html = _environment.get_template(template).render(style=_STYLE, **values)
    response = Response(html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Vary"] = "Accept, Accept-Language"
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Cache-Control"] = "no-store"
    return response
