"""What staff note about a customer: chosen from maintained lists, in free text and in fields of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from services.customers import errors, queries
from services.customers.actions.attributes import read_values
from services.customers.errors import CustomerNotFound, EntryNotFound
from services.customers.models import customers, history_entries, history_settings
from shared.db import among, bulk_insert, new_id, utcnow
from shared.errors import Invalid, PreconditionFailed
from shared.events import Event
from shared.events.customers import (
    HistoryEntryAdded,
    HistoryEntryChanged,
    HistoryEntryDeleted,
)
from shared.operations import Changed
from shared.outbox import publish
from shared.values import refuse, search_key, sort_key

FIELDS = ("date", "staff", "info", "action", "text", "attributes")
_CHOSEN = ("info", "action")


def add_entry(session: Session, customer_id: UUID, values: Mapping[str, Any], *, by: str) -> UUID:
    """Note something about the customer; return the entry's id.

    Raises CustomerNotFound, and Invalid for what is not offered or no value of its attribute.
    """
    read = read_entry(session, values)
    if not _living(session, [customer_id]):
        raise CustomerNotFound(customer_id=customer_id)
    [entry_id] = _add(session, [customer_id], read, by=by)
    return entry_id


def change_entry(
    session: Session, entry_id: UUID, values: Mapping[str, Any], *, version: int
) -> None:
    """Take over the values, if the entry still has the version that the caller has read.

    Attributes that are left out stay. Changing nothing tells nobody.
    """
    entry = _held(session, entry_id, version)
    read = read_entry(session, values, stored=entry)
    if all(getattr(entry, name) == value for name, value in read.items()):
        return
    changed = session.execute(
        update(history_entries)
        .where(history_entries.c.id == entry_id)
        .values(**read, **_findable(read), version=version + 1, updated_at=utcnow())
        .returning(*history_entries.c)
    ).one()
    publish(session, _told(HistoryEntryChanged, changed._asdict()))


def delete_entry(session: Session, entry_id: UUID, *, version: int) -> None:
    """Delete the entry, if it still has the version that the caller has read."""
    entry = _held(session, entry_id, version)
    session.execute(delete(history_entries).where(history_entries.c.id == entry_id))
    publish(session, _gone(entry))


def offer(
    session: Session, infos: Sequence[str], actions: Sequence[str], *, version: int | None
) -> Any:
    """Offer these to choose from and return the settings. Entries keep what is no longer offered.

    With a `version`, only if the settings still have it.
    """
    statement = update(history_settings)
    if version is not None:
        statement = statement.where(history_settings.c.version == version)
    settings = session.execute(
        statement.values(
            infos=list(infos), actions=list(actions), version=history_settings.c.version + 1
        ).returning(*history_settings.c)
    ).first()
    if settings is None:
        raise PreconditionFailed
    return settings


def read_entry(
    session: Session, values: Mapping[str, Any], *, stored: Any = None
) -> dict[str, Any]:
    """Return the values as they are kept. Raises Invalid, which names each field and attribute."""
    read = {name: value for name, value in values.items() if name in FIELDS}
    offered = queries.settings_of_history(session)
    wrong: dict[str, Sequence[str]] = {}
    for name in _CHOSEN:
        choice = read.get(name)
        if choice is None or (stored is not None and choice == getattr(stored, name)):
            continue
        choices = getattr(offered, f"{name}s")
        if not choices:  # nobody has made a list yet
            continue
        known = {sort_key(one): one for one in choices}.get(sort_key(choice))
        if known is None:
            text = refuse(errors.NOT_OFFERED, choice, choices=", ".join(choices)).text
            wrong[name] = [text]
        else:
            read[name] = known
    try:
        if stored is None or "attributes" in read:
            read["attributes"] = read_values(
                session,
                "history",
                read.get("attributes", {}),
                stored=None if stored is None else stored.attributes,
                complete=True,
            )
    except Invalid as invalid:
        wrong |= invalid.errors or {}
    if wrong:
        raise Invalid(errors=wrong)
    return read


def add_for_all(session: Session, operation: Any, customer_ids: list[UUID]) -> Changed:
    """Note the operation's entry, which was read before, about those of the customers who are still there."""
    entry = dict(operation.request["entry"])
    entry["date"] = date.fromisoformat(entry["date"])
    living = _living(session, customer_ids)
    _add(session, living, entry, by=operation.created_by, operation_id=operation.id)
    return Changed(living, utcnow())


def take_back(session: Session, operation: Any, items: Mapping[UUID, datetime | None]) -> int:
    """Delete the operation's entries about these customers; return how many stay.

    Those stay that somebody has changed since.
    """
    own = (
        history_entries.c.operation_id == operation.id,
        among(history_entries.c.customer_id, items.keys()),
    )
    gone = session.execute(
        delete(history_entries)
        .where(*own, history_entries.c.version == 1)
        .returning(history_entries.c.id, history_entries.c.customer_id, history_entries.c.version)
    ).all()
    publish(session, *(_gone(entry) for entry in gone))
    return session.scalar(select(func.count()).select_from(history_entries).where(*own)) or 0


def _add(
    session: Session,
    customer_ids: Sequence[UUID],
    entry: Mapping[str, Any],
    *,
    by: str,
    operation_id: UUID | None = None,
) -> list[UUID]:
    now = utcnow()
    rows: list[dict[str, Any]] = [
        {
            "id": new_id(),
            "customer_id": customer_id,
            "version": 1,
            **{name: entry.get(name) for name in FIELDS},
            **_findable({"text": entry.get("text")}),
            "operation_id": operation_id,
            "created_at": now,
            "created_by": by,
            "updated_at": now,
        }
        for customer_id in customer_ids
    ]
    if rows:
        columns = tuple(rows[0])
        bulk_insert(session, history_entries, columns, [tuple(row.values()) for row in rows])
        publish(session, *(_told(HistoryEntryAdded, row) for row in rows))
    return [row["id"] for row in rows]


def _findable(values: Mapping[str, Any]) -> dict[str, str]:
    """Return what a text is searched by, if there is one among the values."""
    return {"search": search_key(values["text"] or "")} if "text" in values else {}


def _living(session: Session, customer_ids: Sequence[UUID]) -> list[UUID]:
    """Return which of the customers are there; nobody can erase them until this transaction ends."""
    return list(
        session.scalars(
            select(customers.c.id)
            .where(among(customers.c.id, customer_ids), customers.c.erased_at.is_(None))
            .order_by(customers.c.id)
            .with_for_update(read=True, key_share=True)
        )
    )


def _held(session: Session, entry_id: UUID, version: int) -> Any:
    entry = queries.entry_of(session, entry_id, hold=True)
    if entry is None:
        raise EntryNotFound(entry_id=entry_id)
    if entry.version != version:
        raise PreconditionFailed
    return entry


def _told(
    letter: type[HistoryEntryAdded] | type[HistoryEntryChanged], entry: Mapping[str, Any]
) -> Event:
    return letter(
        customer_id=entry["customer_id"],
        entry_id=entry["id"],
        version=entry["version"],
        **{name: entry[name] for name in FIELDS},
    )


def _gone(entry: Any) -> Event:
    return HistoryEntryDeleted(
        customer_id=entry.customer_id, entry_id=entry.id, version=entry.version + 1
    )
