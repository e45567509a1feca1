"""Letting go of a person in the tables that every service has: stored answers, and dead letters.

Neither table knows whom a row is about; what is stored says it by the person's id.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import delete, select, tuple_
from sqlalchemy.orm import Session

from shared.tables import dead_letters, idempotency_keys

READ_AT_ONCE = 50
DELETED_AT_ONCE = 500

_ID = re.compile(rb"(?i)[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}")


def forget(session: Session, customer_ids: Collection[UUID]) -> None:
    """Delete every stored answer and every dead letter in which one of the ids stands.

    Call it once the service itself refuses to do anything more for these people and holds their locks: what
    was at work for them before has then stored its answer. A request sent again after this is done anew, and
    finds that the person was erased.
    """
    wanted = {customer_id.bytes for customer_id in customer_ids}
    if not wanted:
        return
    keys = idempotency_keys.c
    answers = session.execute(
        select(keys.subject, keys.key, keys.headers, keys.body),
        execution_options={"yield_per": READ_AT_ONCE},
    )
    _delete(
        session,
        idempotency_keys,
        tuple_(keys.subject, keys.key),
        [
            (subject, key)
            for subject, key, headers, body in answers
            if _mentions(body, wanted) or _mentions(msgspec.json.encode((key, headers)), wanted)
        ],
    )
    letters = session.execute(
        select(dead_letters.c.id, dead_letters.c.body),
        execution_options={"yield_per": READ_AT_ONCE},
    )
    _delete(
        session,
        dead_letters,
        dead_letters.c.id,
        [letter for letter, body in letters if _mentions(body, wanted)],
    )


def _mentions(text: bytes, wanted: Collection[bytes]) -> bool:
    """Read each row once, however many people are to be forgotten."""
    return any(bytes.fromhex(found.decode().replace("-", "")) in wanted for found in _ids(text))


def _ids(text: bytes) -> Iterable[bytes]:
    return (match[0] for match in _ID.finditer(text))


def _delete(session: Session, table: Any, key: Any, found: list[Any]) -> None:
    for start in range(0, len(found), DELETED_AT_ONCE):
        session.execute(
            delete(table).where(key.in_(found[start : start + DELETED_AT_ONCE])),
            execution_options={"synchronize_session": False},
        )
