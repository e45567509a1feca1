"""Signing in, passwords, users and API clients."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, PasswordField, RadioField, SelectField, StringField
from wtforms.validators import EqualTo, Length

from services.console import words
from services.console.forms.base import (
    Form,
    MultiCheckboxField,
    choices,
    longest,
    required,
    stripped,
)
from services.console.passwords import LONGEST, SHORTEST


class SignInForm(Form):
    login = StringField(
        _("Login"),
        validators=[required(), longest(200)],
        render_kw={"autocomplete": "username", "autofocus": True, "autocapitalize": "none"},
    )
    password = PasswordField(_("Password"), validators=[required(), longest(LONGEST)])


class PasswordForm(Form):
    present = PasswordField(
        _("Present password"),
        validators=[required(), longest(LONGEST)],
        render_kw={"autocomplete": "current-password"},
    )
    new = PasswordField(
        _("New password"),
        validators=[
            required(),
            Length(SHORTEST, LONGEST, message=_("Between %(min)d and %(max)d characters.")),
        ],
        render_kw={"autocomplete": "new-password"},
    )
    again = PasswordField(
        _("New password, once more"),
        validators=[required(), EqualTo("new", message=_("The two are not the same."))],
        render_kw={"autocomplete": "new-password"},
    )


class UserForm(Form):
    name = StringField(_("Name"), filters=[stripped], validators=[required(), longest(100)])
    role = RadioField(_("Role"), choices=choices(words.ROLE), default="staff")
    active = BooleanField(_("May sign in"), default=True)


class NewUserForm(Form):
    login = StringField(
        _("Login"),
        filters=[stripped],
        validators=[required(), longest(200)],
        description=_("An e-mail address or a short name. It cannot be changed later."),
        render_kw={"autocomplete": "off", "autocapitalize": "none"},
    )
    name = StringField(_("Name"), filters=[stripped], validators=[required(), longest(100)])
    role = RadioField(_("Role"), choices=choices(words.ROLE), default="staff")
    language = SelectField(_("Language"), choices=choices([("de", "Deutsch"), ("en", "English")]))


class ClientForm(Form):
    name = StringField(
        _("Name"),
        filters=[stripped],
        validators=[required(), longest(100)],
        description=_("Which program is this for? For instance: booking page."),
    )
    scopes = MultiCheckboxField(
        _("What it may do"), choices=choices(words.SCOPE), validators=[required()]
    )
