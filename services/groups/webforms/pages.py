"""A form's page: no script, nothing from elsewhere, in a frame only where the form allows it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.groups.webforms.definition import Definition, Question
from services.groups.webforms.reading import FORM
from services.groups.webforms.words import said
from shared.errors import Text, in_language

LANGUAGES = ("de", "en")

STYLE = """
body { font: 1.0625rem/1.5 system-ui, sans-serif; margin: 0; background: #f6f7f9; color: #1d2733; }
main { max-width: 38rem; margin: 2rem auto; padding: 2rem; background: #fff; border: 1px solid #d5dbe3;
  border-radius: .5rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; margin-top: 0; }
.text { white-space: pre-line; }
.field { margin: 0 0 1.1rem; }
label, legend { font-weight: 600; }
.box label { font-weight: 400; }
.help { color: #4d5b6b; font-size: .9375rem; margin: .1rem 0; white-space: pre-line; }
.mark { color: #4d5b6b; font-weight: 400; font-size: .875rem; }
.error { color: #a3160f; font-weight: 600; margin: .2rem 0; }
.notice { border-left: .3rem solid #a3160f; padding: .5rem 1rem; background: #fdf1f0; }
input:not([type=checkbox]), select, textarea { font: inherit; width: 100%; box-sizing: border-box;
  padding: .5rem; border: 1px solid #6b7a8d; border-radius: .375rem; background: #fff; color: inherit; }
[aria-invalid=true] { border: 2px solid #a3160f; }
fieldset { border: 1px solid #d5dbe3; border-radius: .375rem; margin: 0 0 1.1rem; padding: .75rem 1rem;
  min-width: 0; }
ul { list-style: none; margin: 0; padding: 0; }
ul ul { padding-left: 1.5rem; }
.box { display: flex; gap: .6rem; align-items: flex-start; padding: .2rem 0; }
.box input { flex: none; width: 1.25rem; height: 1.25rem; margin: .15rem 0 0; }
.apart { position: absolute; left: -100rem; width: 1px; height: 1px; overflow: hidden; }
button { font: inherit; padding: .6rem 1.4rem; border: 0; border-radius: .375rem; background: #14508f;
  color: #fff; cursor: pointer; }
:focus-visible { outline: .2rem solid #b35c00; outline-offset: .1rem; }
@media (max-width: 40rem) { main { margin: 0; border: 0; border-radius: 0; padding: 1rem; min-height: 100vh;
  box-sizing: border-box; } }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors "
)
_INPUTS = {"email": "email", "phone": "tel", "date": "date"}
_KEYBOARDS = {"integer": "numeric", "decimal": "decimal"}

_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent.parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def policy(allowed_origins: Collection[str]) -> str:
    """Return the page's Content-Security-Policy: only these pages may show it in a frame."""
    return _POLICY + " ".join(["'self'", *allowed_origins])


def shown(question: Question, language: str) -> dict[str, Any]:
    """Return the question as somebody sees it who reads this language."""
    return {
        "name": question.name,
        "label": question.label[language],
        "type": question.type,
        "required": question.required,
        "help": "\n".join(filter(None, (question.help, question.hint))),
        "choices": [
            {"value": value, "label": label[language]} for value, label in question.choices
        ],
    }


def form_page(
    form: Definition,
    language: str,
    token: str,
    *,
    business: str,
    given: Mapping[str, Any] | None = None,
    groups: Collection[str] | None = None,
    consent: bool = False,
    errors: Mapping[str, Sequence[Text | str]] | None = None,
    notice: str | None = None,
) -> str:
    """Return the page with what was typed, and what is wrong with it at its place.

    `groups`: those that are ticked; None: as the form has them at first.
    """
    given, errors = given or {}, errors or {}
    ticked = {
        str(box.group_id)
        for box in form.boxes
        if (box.preselected if groups is None else str(box.group_id) in groups)
    }
    questions = [
        {
            **shown(question, language),
            "id": f"q{number}",
            "value": _typed(given.get(question.name)),
            "input": _INPUTS.get(question.type, "text"),
            "keyboard": _KEYBOARDS.get(question.type),
            "autocomplete": question.autocomplete,
            "error": _first(errors.get(question.name), language),
        }
        for number, question in enumerate(form.questions)
    ]
    if errors and notice is None:
        # What is wrong with the whole, or with something the page does not show.
        notice = _first(errors.get(FORM), language) or said("sorry", language)
    return _environment.get_template("form.html").render(
        form=form,
        language=language,
        questions=questions,
        tree=form.tree,
        ticked=ticked,
        consent=consent,
        consent_error=_first(errors.get("consent"), language),
        groups_error=_first(errors.get("groups"), language),
        token=token,
        notice=notice,
        business=business,
        style=STYLE,
        say=lambda what: said(what, language),
    )


def message_page(
    title: str, text: str, language: str, *, business: str, more: str = "", text_language: str = ""
) -> str:
    """Return a page that only says something."""
    return _environment.get_template("message.html").render(
        title=title,
        text=text,
        text_language=text_language or language,
        more=more,
        language=language,
        business=business,
        style=STYLE,
    )


def _typed(value: Any) -> str:
    # A browser drops the rest of the line at a NUL; nobody typed one.
    return value.replace("\0", "") if isinstance(value, str) else ""


def _first(messages: Sequence[Text | str] | None, language: str) -> str | None:
    return in_language(messages[0], language) if messages else None
