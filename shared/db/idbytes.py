"""A long list of ids as bytes: a million take 16 MB, and none of them becomes an object."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, Text, func, type_coerce
from sqlalchemy.orm import Session

IDS_AT_ONCE = 20_000


def packed_ids(session: Session, whom: Select[Any], id_: Any) -> bytes:
    """Return the column `id_` of what `whom` selects, in its order: 16 bytes each, one behind the other."""
    postgresql = session.get_bind().dialect.name == "postgresql"
    packed: Any = func.uuid_send(id_) if postgresql else type_coerce(id_, Text)
    rows = session.execute(
        whom.with_only_columns(packed, maintain_column_froms=True),
        execution_options={"yield_per": IDS_AT_ONCE},
    )
    found = bytearray()
    for part in rows.scalars().partitions():
        found += b"".join(part) if postgresql else bytes.fromhex("".join(part))
    return bytes(found)
