"""The last column of our exports: a moment as a mark that no spreadsheet takes for a number or a date.

"T" and, in hexadecimal, the microseconds since 1970 (UTC). "T0": there has never been anything.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MARK = re.compile(r"T([0-9A-F]{1,14})")


def stand_text(microseconds: int) -> str:
    """Return the mark for a moment, given in microseconds since 1970."""
    return f"T{microseconds:X}"


def read_stand(cell: str) -> str | None:
    """Return the moment (RFC 3339); None if the cell has no such mark: then the row knows of none."""
    found = _MARK.fullmatch(cell.strip())
    if found is None:
        return None
    try:
        return (_EPOCH + timedelta(microseconds=int(found[1], 16))).isoformat()
    except OverflowError:
        return None
