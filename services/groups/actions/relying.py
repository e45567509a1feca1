"""What relies on attributes, groups and selections as they are: selections that name them, forms."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from services.groups import queries, selection
from services.groups.errors import GroupInSelection, SelectionsWouldBreak
from services.groups.models import Attribute, Selection
from services.groups.queries import Use
from shared.db import utcnow
from shared.errors import Text

SHOWN = 5

_KINDS = {
    "selection": Text("the selection '{name}'", de="Selektion '{name}'"),
    "form": Text("the form '{name}'", de="Formular '{name}'"),
}

_OTHER = Text("'{name}'", de="'{name}'")


@dataclass(frozen=True)
class Selecting:
    """A saved selection whose filter names the attribute, and the places where it was wrong already."""

    saved: Selection
    wrong: frozenset[str]


def selections_by(session: Session, attribute: Attribute) -> list[Selecting]:
    """Return the selections that ask for the attribute, before it changes."""
    target = f"{attribute.scope}:{attribute.key}"
    return [
        Selecting(saved, _wrong(session, saved))
        for saved in queries.selections_naming(session, "attribute", [target])
    ]


def must_still_select(
    session: Session, attribute: Attribute, selecting: Collection[Selecting]
) -> None:
    """Raise SelectionsWouldBreak if one of them is wrong where it was right before."""
    broken = [one.saved for one in selecting if _wrong(session, one.saved) - one.wrong]
    if broken:
        uses = [Use("selection", str(saved.id), saved.name) for saved in broken]
        raise SelectionsWouldBreak(
            label=attribute.label["de"],
            users=in_words(uses),
            extra={"uses": [use._asdict() for use in uses]},
        )


def must_be_in_no_selection(session: Session, group_ids: Collection[UUID], path: str) -> None:
    """Raise GroupInSelection if a saved filter names one of the groups."""
    targets = [str(group_id) for group_id in group_ids]
    if found := queries.selections_naming(session, "group", targets):
        uses = [Use("selection", str(saved.id), saved.name) for saved in found]
        raise GroupInSelection(
            path=path, users=in_words(uses), extra={"uses": [use._asdict() for use in uses]}
        )


def in_words(uses: Collection[Use]) -> Text:
    """Return what relies on something as people would say it, the first of them."""
    named = [_KINDS.get(use.kind, _OTHER).fill(name=use.name) for use in list(uses)[:SHOWN]]
    more = ", …" if len(uses) > SHOWN else ""
    return Text(", ".join(named) + more, de=", ".join(one.de for one in named) + more)


def _wrong(session: Session, saved: Selection) -> frozenset[str]:
    return frozenset(selection.problems(session, saved.id, saved.filter, now=utcnow()))
