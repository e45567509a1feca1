"""Whom an export or a newsletter can be about: everybody, a saved selection, or a group."""

from __future__ import annotations

from flask_babel import gettext

from services.console.backend import Refused, groups
from shared.errors import Unavailable

Choices = dict[str, list[tuple[str, str]]]
"""Values and labels, under headings."""


def selections_and_groups() -> Choices:
    """Return `selection:<id>` and `group:<id>` with their names; nothing while their service is away."""
    try:
        selections = [(f"selection:{s['id']}", s["name"]) for s in groups.pages("/selections")]
        own = [(f"group:{g['id']}", g["path"]) for g in groups.pages("/groups")]
    except (Refused, Unavailable):
        return {}
    found = {
        gettext("Selections"): selections,
        gettext("Groups"): sorted(own, key=lambda group: group[1].casefold()),
    }
    return {heading: some for heading, some in found.items() if some}
