"""The copy of customers: kept by events, whatever their order."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Table, case, delete, select, update
from sqlalchemy.orm import Session

from services.followup.actions.consent import ERASED, suppress
from services.followup.actions.holding import ways_home
from services.followup.actions.merging import came_as, separate
from services.followup.actions.standing import drop_invitations, reconsider
from services.followup.addresses import address_keys
from services.followup.models import (
    AttributeValues,
    Enrolment,
    Invitation,
    Mail,
    MailState,
    Membership,
    Recipient,
    Suppression,
    TopicChoice,
)
from services.followup.queries.families import below
from services.followup.queries.standings import erased_of, slices
from shared.db import bulk_upsert
from shared.events.customers import CustomerSnapshot
from shared.events.followup import CustomerForgotten
from shared.forgetting import forget
from shared.outbox import publish

_RECIPIENTS: Table = Recipient.__table__  # type: ignore[assignment]
_VALUES: Table = AttributeValues.__table__  # type: ignore[assignment]
_PERSON = (
    "number", "salutation", "title", "first_name", "last_name", "company", "phone", "mobile",
    "street", "postal_code", "city", "country", "language", "email",
)  # fmt: skip
_COLUMNS = (
    "customer_id", "version", *_PERSON, "birthday", "address_key", "active", "active_version",
    "consent", "consent_version", "consent_at",
)  # fmt: skip


def remember(session: Session, snapshots: Iterable[CustomerSnapshot], now: datetime) -> None:
    """Take over what customers are now. An older version never replaces a newer one."""
    newest: dict[UUID, CustomerSnapshot] = {}
    for snapshot in snapshots:
        known = newest.get(snapshot.id)
        if known is None or known.version < snapshot.version:
            newest[snapshot.id] = snapshot
    key_of = address_keys(session).of
    rows = [
        (
            s.id, s.version, *(getattr(s, field) for field in _PERSON),
            s.birthday.isoformat() if s.birthday else None, key_of(s.email), s.active, s.version,
            s.opt_in, s.version, s.opt_in_confirmed_at,
        )
        for s in sorted(newest.values(), key=lambda s: s.id)
    ]  # fmt: skip
    bulk_upsert(
        session,
        _RECIPIENTS,
        _COLUMNS,
        rows,
        key=("customer_id",),
        set_=_newer("active_version", "active")
        | _newer("consent_version", "consent", "consent_at"),
        where="old.erased_at IS NULL AND new.version > old.version",
    )
    reconsider(session, newest, now)


def _newer(version: str, *columns: str) -> dict[str, str]:
    """SQL that keeps facts which a single event has told in a newer version than the snapshot's."""
    newer = f"new.{version} >= old.{version}"
    return {c: f"CASE WHEN {newer} THEN new.{c} ELSE old.{c} END" for c in (*columns, version)}


def set_active(session: Session, changes: Iterable[tuple[UUID, int, bool]], now: datetime) -> None:
    """Customers were deactivated or reactivated: (customer, version, active). The newest counts."""
    newest: dict[UUID, tuple[UUID, int, bool]] = {}
    for change in changes:
        if change[0] not in newest or newest[change[0]][1] < change[1]:
            newest[change[0]] = change
    bulk_upsert(
        session,
        _RECIPIENTS,
        ("customer_id", "version", "active_version", "active", "consent", "consent_version"),
        # Not heard of before: a row without a person, which the snapshot will fill.
        [(id_, 0, version, active, "none", 0) for id_, version, active in sorted(newest.values())],
        key=("customer_id",),
        update=("active_version", "active"),
        where="old.erased_at IS NULL AND new.active_version > old.active_version",
    )
    reconsider(session, newest, now)


def erase(
    session: Session, customer_ids: Sequence[UUID], now: datetime, *, asked: Collection[UUID]
) -> None:
    """Forget the persons. Rows without a person stay, so that late events cannot bring them back.

    Of mails and invitations stays what proves them without naming anybody: times, states, message ids. Of
    the addresses of those who `asked` for it stays a keyed hash that keeps newsletters away from whoever is
    entered with one of them.
    """
    ways_home(session, {*customer_ids, *below(session, customer_ids)})
    _keep_addresses_away(session, set(asked) - erased_of(session, asked), now)
    bulk_upsert(
        session,
        _RECIPIENTS,
        ("customer_id", "version", "active_version", "active", "consent", "consent_version", "erased_at"),
        [(id_, 0, 0, False, "none", 0, now) for id_ in sorted(set(customer_ids))],
        key=("customer_id",),
        update=("active", "erased_at"),
        where="old.erased_at IS NULL",
    )  # fmt: skip
    for some in slices(customer_ids):
        session.execute(
            update(Recipient)
            .where(Recipient.customer_id.in_(some))
            .values(dict.fromkeys((*_PERSON, "birthday", "address_key", "consent_at")))
        )
    separate(session, customer_ids, now)
    reconsider(session, customer_ids, now)
    drop_invitations(session, customer_ids, "erased")
    for some in slices(customer_ids):
        _empty(session, some)
    forget(session, customer_ids)
    publish(session, *(CustomerForgotten(customer_id=id_, occurred_at=now) for id_ in customer_ids))


def _keep_addresses_away(session: Session, customer_ids: Collection[UUID], now: datetime) -> None:
    """Every address that the persons had here, also in an invitation, under the keyed hash alone."""
    keys: set[str] = set()
    for some in slices(customer_ids):
        keys.update(
            session.scalars(
                select(Recipient.address_key).where(
                    Recipient.customer_id.in_(some), Recipient.address_key.is_not(None)
                )
            )
        )
        keys.update(
            session.scalars(select(Invitation.address_key).where(came_as(Invitation, some)))
        )
    for key in sorted(filter(None, keys)):
        # What staff or a mail server wrote about the address may name it.
        session.execute(update(Suppression).where(Suppression.address_key == key).values(note=None))
        suppress(session, key, ERASED, now)


def _empty(session: Session, customer_ids: Sequence[UUID]) -> None:
    """What is left of the persons beside their own rows."""
    session.execute(delete(AttributeValues).where(AttributeValues.customer_id.in_(customer_ids)))
    session.execute(delete(Membership).where(Membership.customer_id.in_(customer_ids)))
    session.execute(delete(TopicChoice).where(TopicChoice.customer_id.in_(customer_ids)))
    # A mail server's answer repeats the address.
    own_words = Mail.state == MailState.SKIPPED
    session.execute(
        update(Mail)
        .where(Mail.customer_id.in_(customer_ids))
        .values(subject=None, smtp_reply=None, reason=case((own_words, Mail.reason)))
    )
    session.execute(
        update(Enrolment).where(Enrolment.customer_id.in_(customer_ids)).values(merge_note=None)
    )
    session.execute(
        update(Invitation)
        .where(Invitation.customer_id.in_(customer_ids))
        .values(email=None, remote_address=None)
    )


def remember_values(
    session: Session, changes: Iterable[tuple[UUID, int, dict[str, object]]]
) -> None:
    """Take over customers' attribute values: (customer, version, all values by key)."""
    newest: dict[UUID, tuple[UUID, int, dict[str, object]]] = {}
    for change in changes:
        if change[0] not in newest or newest[change[0]][1] < change[1]:
            newest[change[0]] = change
    erased = erased_of(session, newest)
    bulk_upsert(
        session,
        _VALUES,
        ("customer_id", "version", "document"),
        [newest[id_] for id_ in sorted(newest) if id_ not in erased],
        key=("customer_id",),
        where="new.version > old.version",
    )
