"""Groups and attributes."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import NumberRange, Optional

from services.console import words
from services.console.forms.base import (
    Form,
    MultiCheckboxField,
    choices,
    longest,
    required,
    stripped,
)

COLOURS = {
    "": _("none"),
    "#0b6e69": _("petrol"),
    "#2f6fde": _("blue"),
    "#7a4fd0": _("violet"),
    "#c2418f": _("pink"),
    "#c0392b": _("red"),
    "#c76a12": _("orange"),
    "#b58a00": _("yellow"),
    "#3b8f3e": _("green"),
    "#64748b": _("grey"),
}
DEFAULT_SOURCES = ("booking", "online_order", "pos", "voucher", "web_form")


class GroupForm(Form):
    version = HiddenField()
    name = StringField(_("Name"), filters=[stripped], validators=[required(), longest(100)])
    parent_id = SelectField(_("Under the group"), validate_choice=False)
    description = TextAreaField(
        _("Description"), filters=[stripped], validators=[longest(2000)], render_kw={"rows": 2}
    )
    colour = SelectField(_("Colour"), choices=choices(COLOURS), validate_choice=False)
    topic = BooleanField(_("Newsletter topic: customers can choose it themselves"))
    default_for = MultiCheckboxField(
        _("Customers who come from here join by themselves"),
        choices=choices([(key, words.SOURCE[key]) for key in DEFAULT_SOURCES]),
    )

    def values(self) -> dict[str, Any]:
        return {
            "name": self.name.data,
            "parent_id": self.parent_id.data or None,
            "description": self.description.data or "",
            "colour": self.colour.data or None,
            "topic": self.topic.data,
            "default_for": self.default_for.data or [],
        }


class AttributeForm(Form):
    version = HiddenField()
    label_de = StringField(
        _("Label, German"), filters=[stripped], validators=[required(), longest(100)]
    )
    label_en = StringField(_("Label, English"), filters=[stripped], validators=[longest(100)])
    key = StringField(
        _("Key"),
        filters=[stripped],
        validators=[longest(60)],
        description=_(
            "For imports and mails, for instance lieblingsziel. Empty: made from the label."
        ),
    )
    scope = SelectField(_("Belongs to"), choices=choices(words.ATTRIBUTE_SCOPE))
    type = SelectField(_("Type"), choices=choices(words.ATTRIBUTE_TYPE))
    choices_text = TextAreaField(
        _("Values to choose from"),
        render_kw={"rows": 4},
        description=_("One per line. Only for the type Choice."),
    )
    required_staff = BooleanField(_("Required when staff fill it in"))
    required_form = BooleanField(_("Required in web forms"))
    pattern = StringField(
        _("Pattern"),
        validators=[longest(200)],
        description=_("A regular expression that a text must match, for instance [0-9]{5}."),
        render_kw={"class": "code", "autocomplete": "off"},
    )
    pattern_hint = StringField(_("Message when it does not match"), validators=[longest(200)])
    help = StringField(_("Help text"), filters=[stripped], validators=[longest(500)])
    position = IntegerField(_("Order"), validators=[Optional(), NumberRange(0, 100_000)])

    NAMES = {"choices": "choices_text", "label": "label_de", "label.de": "label_de"}

    def values(self) -> dict[str, Any]:
        listed = [line.strip() for line in (self.choices_text.data or "").splitlines()]
        german = self.label_de.data
        values: dict[str, Any] = {
            "label": {"de": german, "en": self.label_en.data or german},
            "type": self.type.data,
            "required": {"staff": self.required_staff.data, "form": self.required_form.data},
            "pattern": self.pattern.data or None,
            "pattern_hint": self.pattern_hint.data or None,
            "choices": [line for line in listed if line] if self.type.data == "choice" else [],
            "help": self.help.data or "",
        }
        if self.position.data is not None:
            values["position"] = self.position.data
        if "scope" in self:
            values["scope"] = self.scope.data
        if "key" in self and self.key.data:
            values["key"] = self.key.data
        return values

    def fill(self, attribute: dict[str, Any]) -> None:
        """Show what is stored."""
        label, needed = attribute["label"], attribute.get("required") or {}
        self.label_de.data, self.label_en.data = label.get("de"), label.get("en")
        self.choices_text.data = "\n".join(attribute.get("choices") or [])
        self.required_staff.data = needed.get("staff", False)
        self.required_form.data = needed.get("form", False)
        for name in ("type", "pattern", "pattern_hint", "help", "position", "version"):
            self[name].data = attribute.get(name)
