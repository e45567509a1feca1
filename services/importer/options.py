"""What can be chosen for an import. What is not has a safe default, or was understood from the file."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from services.importer.mapping import Mapping
from shared.values import sort_key

MatchOn = Literal["id", "number", "email"]
MATCH_ON: tuple[MatchOn, ...] = ("id", "number", "email")


class GroupOptions(msgspec.Struct, kw_only=True, frozen=True):
    """What happens with the groups column. `map` sends a path to another one, or to None: nowhere.

    `edited` is for our own exports: what was put into a cell there is added, what was taken out is removed,
    and all else stays as it is here. Rows that did not come from an export are added to.
    """

    mode: Literal["add", "replace", "remove", "edited"] = "add"
    create_missing: bool = True
    map: dict[str, str | None] = {}


class Options(msgspec.Struct, kw_only=True, frozen=True):
    """How a file is imported; stored with the import as JSON."""

    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    heading_line: int | None = None
    """Where the heading stands, if it was chosen by hand; 0: the file has none."""
    mapping: Mapping = {}
    match_on: tuple[MatchOn, ...] = MATCH_ON
    mode: Literal["upsert", "create", "update"] = "upsert"
    groups: GroupOptions = GroupOptions()
    start_sequences: Literal["yes", "no", "spread"] = "yes"
    on_empty: Literal["keep", "clear"] = "keep"
    date_order: Literal["day_first", "month_first", "day_number"] | None = None
    """None: decided for each column from its values."""
    opt_in_evidence: str | None = None
    """How the consents in the file were collected. Counts for rows that bring no evidence of their own."""
    profile: str | None = None

    def changed(self, changes: dict[str, Any]) -> Options:
        """Return these options with `changes` put over them; mapping and groups are merged key by key."""
        merged = msgspec.to_builtins(self)
        for name, value in changes.items():
            if name in ("mapping", "groups") and value is not None:
                merged[name] = {**merged[name], **value}
            else:
                merged[name] = value
        return msgspec.convert(merged, Options)

    def stored(self) -> dict[str, Any]:
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain

    def group_map(self) -> dict[str, str | None]:
        return {sort_key(path): target for path, target in self.groups.map.items()}


def read_options(stored: dict[str, Any]) -> Options:
    return msgspec.convert(stored, Options)
