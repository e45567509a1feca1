"""Keys of steps that are given once: no other step of the sequence ever has one again."""

import re
from collections import defaultdict
from typing import Any

import sqlalchemy as sa
from alembic import op

from shared.db.types import JsonDocument

revision = "0004"
down_revision = "0003"

_GIVEN = re.compile(r"step-(\d{1,9})")


def upgrade() -> None:
    op.add_column(
        "sequences", sa.Column("keys_given", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.add_column(
        "sequences", sa.Column("retired_keys", JsonDocument, nullable=False, server_default="[]")
    )
    _remember_keys()


def _remember_keys() -> None:
    sequences = sa.table(
        "sequences",
        sa.column("id", sa.Uuid),
        sa.column("version_id", sa.Uuid),
        sa.column("keys_given", sa.BigInteger),
        sa.column("retired_keys", JsonDocument),
    )
    versions = sa.table(
        "sequence_versions",
        sa.column("id", sa.Uuid),
        sa.column("sequence_id", sa.Uuid),
        sa.column("steps", JsonDocument),
    )
    connection = op.get_bind()
    keys: dict[Any, dict[Any, set[str]]] = defaultdict(dict)
    for id_, sequence_id, steps in connection.execute(sa.select(versions)).all():
        keys[sequence_id][id_] = {step["key"] for step in steps}
    for sequence_id, version_id in connection.execute(
        sa.select(sequences.c.id, sequences.c.version_id)
    ).all():
        ever = {key for some in keys[sequence_id].values() for key in some}
        numbers = [int(found[1]) for key in ever if (found := _GIVEN.fullmatch(key))]
        retired = ever - keys[sequence_id].get(version_id, set())
        connection.execute(
            sa.update(sequences)
            .where(sequences.c.id == sequence_id)
            .values(keys_given=max(numbers, default=0), retired_keys=sorted(retired))
        )
