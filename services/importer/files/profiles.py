"""What was chosen for files with the same headings, remembered for the next one.

Remembered is what says how to read such a file. What could do harm unseen is asked each time: starting
sequences, replacing or removing groups, clearing by empty cells, and how consents were collected.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy.orm import Session

from services.importer.mapping import ATTRIBUTE, Mapping
from services.importer.mapping.headings import heading_key
from services.importer.models import Profile
from services.importer.options import Options
from shared.db import utcnow

REMEMBERED = ("match_on", "mode", "date_order")
REMEMBERED_OF_GROUPS = ("create_missing", "map")


def remember(session: Session, key: str, options: Options) -> None:
    """Keep what was chosen under the key of a file's headings."""
    stored = options.stored()
    chosen = {name: stored[name] for name in REMEMBERED}
    chosen["groups"] = {name: stored["groups"][name] for name in REMEMBERED_OF_GROUPS}
    session.merge(
        Profile(
            key=key,
            name=options.profile,
            mapping=options.mapping,
            options=chosen,
            updated_at=utcnow(),
        )
    )


def recall(
    session: Session, key: str, columns: Sequence[str], attribute_keys: Collection[str]
) -> dict[str, Any] | None:
    """Return the options that were chosen for these headings, `mapping` among them, if they still fit.

    A column whose attribute is gone is left out.
    """
    profile = session.get(Profile, key)
    if profile is None:
        return None
    mapping = _fitting(profile.mapping, columns)
    if mapping is None:
        return None
    kept = {
        column: None if _is_gone(target, attribute_keys) else target
        for column, target in mapping.items()
    }
    return {**(profile.options or {}), "mapping": kept, "profile": profile.name}


def _fitting(mapping: Mapping, columns: Sequence[str]) -> Mapping | None:
    """Return the mapping for columns in another order, or with headings that are spelled a bit otherwise."""
    if set(mapping) == set(columns):
        return {column: mapping[column] for column in columns}
    by_key = {heading_key(column): target for column, target in mapping.items()}
    keys = [heading_key(column) for column in columns]
    if len(by_key) < len(mapping) or sorted(keys) != sorted(by_key):
        return None
    return {column: by_key[key] for column, key in zip(columns, keys, strict=True)}


def _is_gone(target: str | None, attribute_keys: Collection[str]) -> bool:
    if target is None or not target.startswith(ATTRIBUTE):
        return False
    return target.removeprefix(ATTRIBUTE) not in attribute_keys
