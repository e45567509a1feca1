"""Giving customers values of attributes: typed, merged by the database, told whole, many at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from services.groups import queries
from services.groups.actions import locks
from services.groups.actions.stale import Former
from services.groups.errors import CustomerErased
from services.groups.models import Attribute, AttributeValues, ValueChange
from shared.db import bulk_insert, bulk_upsert, utcnow
from shared.errors import Invalid, PreconditionFailed, Text
from shared.events.groups import CustomerAttributesChanged
from shared.importids import is_from
from shared.outbox import publish
from shared.values import Stored, ValueRefused, sort_key

Document = dict[str, Stored | None]

COLUMNS = ("customer_id", "document", "folded", "version", "updated_at")
CHANGE_COLUMNS = tuple(ValueChange.__table__.columns.keys())
MERGED = {
    "postgresql": "jsonb_strip_nulls(old.{0} || new.{0})",
    "sqlite": "json_patch(old.{0}, new.{0})",
}
STORED = {"postgresql": "old.document", "sqlite": "json(old.document)"}

_UNKNOWN = Text(
    "There is no such attribute for customers. GET /attributes?scope=customer lists them.",
    de="Für Kunden gibt es kein solches Attribut. GET /attributes?scope=customer zeigt alle.",
)
_REQUIRED = Text("This is required.", de="Das muss angegeben werden.")
_ERASED = Text(
    "This customer was erased and cannot be used any more.",
    de="Dieser Kunde wurde gelöscht und kann nicht mehr verwendet werden.",
)


class Given(NamedTuple):
    """Values for a customer by attribute key, as typed or canonical; None or blank takes one away.

    `known_at`: they come from a file that was written when the customer's values were those of that moment.
    """

    customer_id: UUID
    values: Mapping[str, object]
    known_at: datetime | None = None


@dataclass
class ValuesOutcome:
    """What became of one customer's values; `errors` says by attribute key what was left out, and why."""

    customer_id: UUID
    status: Literal["updated", "unchanged", "invalid"] = "unchanged"
    errors: dict[str, list[Text]] = field(default_factory=dict)


def change_values(
    session: Session,
    rows: Sequence[Given],
    *,
    now: datetime | None = None,
    reference: str | None = None,
    meant: locks.Meant | None = None,
) -> list[ValuesOutcome]:
    """Give customers values.

    A value that cannot be taken is left out and stops no other. What is meant for one who was merged goes to
    the survivor. Results come in the order of the rows. `reference` names the import they came with. `meant`:
    the caller has locked the customers.
    """
    locks.share_customers(session)
    readers = _readers(queries.customer_attributes(session))
    outcomes = [ValuesOutcome(row.customer_id) for row in rows]
    meant = meant or locks.lock_meant(session, {row.customer_id for row in rows})
    former = Former(session, {meant.by(row.customer_id) for row in rows if row.known_at})
    wanted: dict[UUID, Document] = {}
    for row, outcome in zip(rows, outcomes, strict=True):
        customer_id = meant.by(row.customer_id)
        if customer_id in meant.erased:
            outcome.status, outcome.errors = "invalid", {"customer_id": [_ERASED]}
            continue
        document = _read(row.values, readers, outcome.errors)
        if row.known_at is not None:
            document = former.edited(customer_id, row.known_at, document, outcome.errors)
        if document:
            wanted.setdefault(customer_id, {}).update(document)
    changed = merge_values(session, wanted, now=now, reference=reference)
    for outcome in outcomes:
        if outcome.status != "invalid" and meant.by(outcome.customer_id) in changed:
            outcome.status = "updated"
    return outcomes


def change_values_of(
    session: Session,
    customer_id: UUID,
    given: Mapping[str, object],
    *,
    expected_version: int | None = None,
) -> AttributeValues | None:
    """Give one customer values, all or none. Raises Invalid with the attributes that have an error.

    This is how a person is saved, so nothing that staff have to fill in may be missing afterwards; a batch
    leaves alone what it does not name.
    """
    # The lock first: what is compared must still be so when the values are written.
    meant = locks.lock_meant(session, [customer_id])
    if meant.by(customer_id) in meant.erased:
        raise CustomerErased(customer_id=customer_id)
    stored = queries.values_of(session, customer_id)
    if expected_version is not None and expected_version != (stored.version if stored else 0):
        raise PreconditionFailed
    has = set(stored.document) if stored else set()
    session.expire_all()
    [outcome] = change_values(session, [Given(customer_id, given)])
    for key, attribute in queries.customer_attributes(session).items():
        if attribute.required_staff and key not in has | set(given):
            outcome.errors[key] = [_REQUIRED]
    if outcome.errors:
        raise Invalid(errors=outcome.errors)
    return queries.values_of(session, customer_id)


def merge_values(
    session: Session,
    wanted: Mapping[UUID, Document],
    *,
    now: datetime | None = None,
    reference: str | None = None,
) -> set[UUID]:
    """Merge canonical values into what is stored, None taking one away. Returns whom that changed.

    The customers are locked. Who had these values already is neither written nor told.
    """
    if not wanted:
        return set()
    now = now or utcnow()
    before = queries.documents_of(session, wanted.keys())
    wanted = {
        customer_id: document
        for customer_id, document in wanted.items()
        if _differences(before.get(customer_id), document)
    }
    dialect = session.get_bind().dialect.name
    ids = sorted(wanted)
    # The first document of a customer is inserted as it is: one that takes values away needs a row to merge
    # with, or it would store nulls.
    bulk_upsert(
        session,
        AttributeValues.__table__,
        COLUMNS,
        [(c, {}, {}, 0, now) for c in ids if None in wanted[c].values()],
        key=("customer_id",),
        update=(),
    )
    merged = MERGED[dialect].format("document")
    changed = bulk_upsert(
        session,
        AttributeValues.__table__,
        COLUMNS,
        [(c, wanted[c], _folded(wanted[c]), 1, now) for c in ids],
        key=("customer_id",),
        update=("updated_at",),
        set_={
            "document": merged,
            "folded": MERGED[dialect].format("folded"),
            "version": "old.version + 1",
        },
        where=f"{STORED[dialect]} <> {merged}",
        returning=("customer_id", "version", "document"),
    )
    _note_changes(session, wanted, before, changed, reference, now)
    tell_values(session, changed, now)
    return {row[0] for row in changed}


def _note_changes(
    session: Session,
    wanted: Mapping[UUID, Document],
    before: Mapping[UUID, Any],
    changed: Iterable[Sequence[Any]],
    reference: str | None,
    now: datetime,
) -> None:
    """Keep what the values were, for whoever has an older file or takes this back."""
    rows = []
    for customer_id, version, _ in changed:
        stored = before.get(customer_id)
        if stored is None and reference and is_from(reference, customer_id):
            continue
        since = None if stored is None else stored.updated_at
        was = _differences(stored, wanted[customer_id])
        rows.append((customer_id, version, now, since, reference, was))
    bulk_insert(session, ValueChange.__table__, CHANGE_COLUMNS, rows)


def _differences(stored: Any | None, document: Document) -> Document:
    """Return what is stored otherwise than in the document; None for what is not stored."""
    was = {} if stored is None else stored.document
    found = {}
    for key, value in document.items():
        old = was.get(key)
        if old != value or type(old) is not type(value):  # 1 is not true
            found[key] = old
    return found


def _folded(document: Document) -> Document:
    """Return the sort keys of the texts; None of what is taken away."""
    return {
        key: value if value is None else sort_key(value)
        for key, value in document.items()
        if value is None or isinstance(value, str)
    }


def tell_values(session: Session, rows: Iterable[Sequence[Any]], now: datetime) -> None:
    """Tell the values of the customers, given as (customer_id, version, document)."""
    publish(
        session,
        *(
            CustomerAttributesChanged(
                customer_id=customer_id, version=version, values=document, occurred_at=now
            )
            for customer_id, version, document in rows
        ),
    )


Readers = Mapping[str, tuple[Attribute, Any]]


def _readers(attributes: Mapping[str, Attribute]) -> Readers:
    return {key: (attribute, attribute.parser()) for key, attribute in attributes.items()}


def _read(given: Mapping[str, object], readers: Readers, errors: dict[str, list[Text]]) -> Document:
    """Return the canonical values; what cannot be read goes into `errors`."""
    document: Document = {}
    for key, raw in given.items():
        reader = readers.get(key)
        if reader is None:
            errors[key] = [_UNKNOWN]
            continue
        attribute, parse = reader
        try:
            value = parse(raw)
        except ValueRefused as refused:
            errors[key] = [refused.text]
            continue
        if value is None and attribute.required_staff:
            errors[key] = [_REQUIRED]
        else:
            document[key] = value
    return document
