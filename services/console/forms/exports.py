"""Whom and how to export."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, RadioField, SelectField

from services.console.forms.base import Form, choices

EVERYBODY = {"any": [{"active": True}, {"active": False}]}

KINDS = {
    "csv:excel_de": _("CSV for Excel"),
    "xlsx": _("Excel (XLSX)"),
    "csv:rfc4180": _("CSV for other programs"),
    "vcf": _("address cards (vCard)"),
}


class ExportForm(Form):
    """`kind` is the file's format and, for CSV, who is to read it."""

    kind = RadioField(_("File"), choices=choices(KINDS), default="csv:excel_de")
    whom = SelectField(_("Customers"), default="all")
    subgroups = BooleanField(_("with the groups below it"), default=True)
    inactive = BooleanField(_("inactive customers too"))
    sort = SelectField(
        _("Sorted by"),
        choices=choices(
            [
                ("number", _("customer number")),
                ("name", _("name")),
                ("group", _("group")),
                ("-registered_at", _("registered, the newest first")),
            ]
        ),
    )

    def order(self) -> dict[str, Any]:
        """Return what the form asks for as the API takes it."""
        kind, _colon, dialect = self.kind.data.partition(":")
        wanted: dict[str, Any] = {"format": kind, "sort": self.sort.data}
        if dialect:
            wanted["dialect"] = dialect
        what, _colon, which = self.whom.data.partition(":")
        if what == "active":
            wanted["active"] = "true"
        elif what == "selection":
            wanted["selection_id"] = which
        elif what == "group":
            group = {"group": which, "include_subgroups": self.subgroups.data}
            who = EVERYBODY if self.inactive.data else {"active": True}
            wanted["filter"] = {"all": [group, who]}
        return wanted
