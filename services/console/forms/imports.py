"""How a customer file is to be understood and what it may do."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import (
    BooleanField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import NumberRange, Optional

from services.console import words
from services.console.forms.base import Form, choices, longest, stripped

ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8 (BOM)",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16 LE",
    "utf-16-be": "UTF-16 BE",
    "cp1252": "Windows-1252",
    "iso-8859-1": "ISO 8859-1",
    "iso-8859-15": "ISO 8859-15",
    "mac_roman": "Mac Roman",
    "cp850": "DOS (cp850)",
    "cp1250": "Windows-1250",
}
DELIMITERS = {
    ";": _("Semicolon ;"),
    ",": _("Comma ,"),
    "\t": _("Tab"),
    "|": _("Bar |"),
}


EDITED = "edited"
"""Of the groups: only where an export has said which there were."""


class ReadingForm(Form):
    """How a file is taken apart; whatever is changed here makes other rows and columns."""

    encoding = SelectField(_("Characters"), validate_choice=False)
    delimiter = SelectField(_("Between columns"), validate_choice=False)
    sheet = SelectField(_("Sheet"), validate_choice=False)
    heading_line = IntegerField(
        _("Line of the heading"),
        validators=[Optional(), NumberRange(0, 1_000)],
        description=_("Empty: found by itself. 0: the file has no heading."),
    )

    def changes(self, found: Mapping[str, Any]) -> dict[str, Any]:
        """Return what is to be read in another way than before."""
        wanted = {name: self[name].data or None for name in ("encoding", "delimiter", "sheet")}
        changed = {n: value for n, value in wanted.items() if value and value != found.get(n)}
        if self.heading_line.data != found.get("heading_line"):
            changed["heading_line"] = self.heading_line.data
        return changed


class ImportForm(Form):
    """The options of an import that are the same for every file; the mapping has a field per column."""

    match_on = SelectField(
        _("Known customers are found by"),
        choices=choices(
            [
                ("id,number,email", _("id, customer number or e-mail")),
                ("id,number", _("id or customer number")),
                ("email", _("e-mail only")),
            ]
        ),
        validate_choice=False,
    )
    mode = SelectField(
        _("What may happen"),
        choices=choices(
            [
                ("upsert", _("create new customers and update known ones")),
                ("create", _("only create new customers")),
                ("update", _("only update known customers")),
            ]
        ),
    )
    on_empty = SelectField(
        _("An empty cell"),
        choices=choices(
            [
                ("keep", _("leaves the stored value alone")),
                ("clear", _("clears the stored value")),
            ]
        ),
    )
    groups_mode = SelectField(
        _("Groups of the file"),
        choices=choices(
            [
                ("add", _("are added to the customer's groups")),
                ("replace", _("replace the customer's groups")),
                ("remove", _("are taken away from the customer")),
                (EDITED, _("are taken over where they were edited")),
            ]
        ),
    )
    create_missing = BooleanField(_("Create groups that do not exist yet"))
    start_sequences = RadioField(
        _("Start the sequences of the groups?"), choices=choices(words.START_SEQUENCES)
    )
    date_order = SelectField(
        _("Dates such as 03.04.2025"),
        choices=choices(words.DATE_ORDER, none=_("decided for each column from its values")),
    )
    consent_wording = TextAreaField(
        _("Proof of the opt-ins in the file"),
        filters=[stripped],
        validators=[longest(500)],
        render_kw={"rows": 2},
        description=_(
            "Where and how did these customers agree, and to which words? It is kept with every opt-in. "
            "An import never brings back somebody who unsubscribed."
        ),
    )
    profile = StringField(
        _("Remember this mapping as"), filters=[stripped], validators=[longest(100)]
    )

    def offer(self, targets: Collection[str | None]) -> None:
        """Leave out what cannot be meant of a file whose columns go there."""
        if "known_at" not in targets:
            listed = [one for one in self.groups_mode.choices if one.value != EDITED]
            self.groups_mode.choices = listed

    def options(
        self, mapping: dict[str, str | None], groups: dict[str, str | None]
    ) -> dict[str, Any]:
        """Return the import's options as the API takes them. `groups` says where unknown ones go."""
        return {
            "mapping": mapping,
            "match_on": (self.match_on.data or "id,number,email").split(","),
            "mode": self.mode.data,
            "on_empty": self.on_empty.data,
            "groups": {
                "mode": self.groups_mode.data,
                "create_missing": self.create_missing.data,
                "map": groups,
            },
            "start_sequences": self.start_sequences.data,
            "date_order": self.date_order.data or None,
            # Sent empty, too: what was taken back must not count on as the proof of a consent.
            "opt_in_evidence": self.consent_wording.data or None,
            "profile": self.profile.data or None,
        }
