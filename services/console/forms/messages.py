"""What a mail says: the same fields for a step of a sequence and for a newsletter."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import Form as PlainForm
from wtforms import StringField, TextAreaField

from services.console.forms.base import longest, required, stripped


class MessageForm(PlainForm):
    subject = StringField(
        _("Subject"), filters=[stripped], validators=[required(), longest(500)],
        render_kw={"data-template": "1"},
    )  # fmt: skip
    html = TextAreaField(
        _("Text of the mail (HTML)"),
        validators=[required(), longest(200_000)],
        render_kw={"rows": 9, "class": "code", "spellcheck": "true"},
    )
    text = TextAreaField(
        _("Plain text"),
        validators=[longest(200_000)],
        render_kw={"rows": 4, "class": "code"},
        description=_("Empty: made from the HTML."),
    )

    def message(self) -> dict[str, Any]:
        return {
            "subject": self.subject.data,
            "html": self.html.data,
            "text": self.text.data or None,
        }
