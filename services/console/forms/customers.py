"""A customer's master data and opt-in."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import (
    DateField,
    EmailField,
    HiddenField,
    SelectField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.validators import Optional

from services.console.forms.base import Form, choices, longest, required, stripped


def _text(label: Any, most: int, autocomplete: str = "off") -> StringField:
    return StringField(
        label,
        filters=[stripped],
        validators=[longest(most)],
        render_kw={"autocomplete": autocomplete},
    )


class CustomerForm(Form):
    """Fields are named as the API names them."""

    version = HiddenField()
    salutation = SelectField(
        _("Salutation"),
        choices=choices(
            [
                ("", "–"),
                ("Frau", _("Ms")),
                ("Herr", _("Mr")),
                ("Divers", _("Other")),
                ("Familie", _("Family")),
                ("Firma", _("Company")),
            ]
        ),
        validate_choice=False,
    )
    title = _text(_("Title"), 50)
    first_name = _text(_("First name"), 100)
    last_name = _text(_("Last name"), 100)
    company = _text(_("Company"), 200)
    email = EmailField(_("E-mail"), filters=[stripped], validators=[longest(254)])
    phone = TelField(_("Phone"), filters=[stripped], validators=[longest(50)])
    mobile = TelField(_("Mobile"), filters=[stripped], validators=[longest(50)])
    street = _text(_("Street and number"), 200)
    postal_code = _text(_("Postal code"), 20)
    city = _text(_("City"), 100)
    country = _text(_("Country"), 60)
    birthday = DateField(_("Birthday"), validators=[Optional()])
    language = SelectField(
        _("Language"),
        choices=choices([("", "–"), ("de", _("German")), ("en", _("English"))]),
        validate_choice=False,
    )
    note = TextAreaField(
        _("Note"), filters=[stripped], validators=[longest(10_000)], render_kw={"rows": 4}
    )

    MASTER = (
        "salutation",
        "title",
        "first_name",
        "last_name",
        "company",
        "email",
        "phone",
        "mobile",
        "street",
        "postal_code",
        "city",
        "country",
        "birthday",
        "language",
        "note",
    )

    def master_data(self) -> dict[str, Any]:
        """Return the fields as the API takes them; an emptied one is null."""
        values = {name: self[name].data or None for name in self.MASTER}
        if values["birthday"]:
            values["birthday"] = values["birthday"].isoformat()
        return values


class OptInForm(Form):
    """Staff record what a customer has said; the words go into the ledger."""

    way = SelectField(
        _("How was it given?"),
        choices=choices(
            [
                ("written", _("in writing, on a form")),
                ("personal", _("in person")),
                ("phone", _("by telephone")),
                ("email", _("by e-mail")),
            ]
        ),
    )
    evidence = TextAreaField(
        _("Proof"),
        filters=[stripped],
        validators=[required(), longest(1800)],
        render_kw={"rows": 2},
        description=_("When, where and to whom? It is kept for good."),
    )
    wording = TextAreaField(
        _("Words that the customer agreed to (if known)"),
        filters=[stripped],
        validators=[longest(2000)],
        render_kw={"rows": 2},
    )

    def act(self, action: str) -> dict[str, str | None]:
        """Return what the API takes: the proof belongs to confirming alone."""
        if action != "confirm":
            return {"action": action}
        label = str(next(c.label for c in self.way.choices if c.value == self.way.data))
        return {
            "action": action,
            "evidence": f"{label}: {self.evidence.data}",
            "wording": self.wording.data or None,
        }
