"""All that deciding about a batch of mails needs, read while their customers are locked."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from services.followup import models
from services.followup.models import (
    Attribute,
    AttributeValues,
    Enrolment,
    Group,
    Invitation,
    Mail,
    MailState,
    Priority,
    Recipient,
)
from services.followup.queries.standings import suppressions
from services.followup.rules import NEWSLETTER, Standing

_MAIL = (
    Mail.id, Mail.customer_id, Mail.purpose, Mail.enrolment_id, Mail.sequence_id, Mail.version_id,
    Mail.step_key, Mail.invitation_id, Mail.mailing_id, Mail.test_id, Mail.reason, Mail.due_at,
    Mail.attempts, Mail.first_tried_at,
    Enrolment.state.label("enrolment_state"), Enrolment.reason.label("enrolment_reason"),
    models.Sequence.state.label("sequence_state"), models.Sequence.version.label("sequence_version"),
    Group.name.label("group_name"), Group.path.label("group_path"),
    Invitation.email.label("invitation_email"), Invitation.wording.label("invitation_wording"),
    Invitation.address_key.label("invitation_key"),
)  # fmt: skip
_PERSON = (
    Recipient.customer_id, Recipient.active, Recipient.erased_at, Recipient.consent,
    Recipient.address_key, Recipient.number, Recipient.salutation, Recipient.title,
    Recipient.first_name, Recipient.last_name, Recipient.company, Recipient.email, Recipient.phone,
    Recipient.mobile, Recipient.street, Recipient.postal_code, Recipient.city, Recipient.country,
    Recipient.birthday, Recipient.language,
)  # fmt: skip
_WITH_OWNER = (
    select(*_MAIL)
    .outerjoin(Enrolment, Enrolment.id == Mail.enrolment_id)
    .outerjoin(models.Sequence, models.Sequence.id == Mail.sequence_id)
    .outerjoin(Group, Group.id == Enrolment.group_id)
    .outerjoin(Invitation, Invitation.id == Mail.invitation_id)
)


def due_mails(session: Session, limit: int, now: datetime, *, newsletters: bool) -> Sequence[Any]:
    """Up to `limit` due mails, locked so that no other mailer takes them.

    What has priority goes first, then what has been due for longer.
    """
    found: list[Any] = []
    # One after the other: each walks the index from its first entry, and reads no mail that is not due.
    for priority in Priority:
        if len(found) == limit:
            break
        due = _of(priority, newsletters=newsletters, wanted=_WITH_OWNER)
        due = due.where(Mail.due_at <= now).limit(limit - len(found))
        found += session.execute(due.with_for_update(of=Mail, skip_locked=True))
    return found


def _of(
    priority: Priority, *, newsletters: bool, wanted: Select[*tuple[Any, ...]]
) -> Select[*tuple[Any, ...]]:
    """The due mails of a priority, the oldest first."""
    due = wanted.where(Mail.state == MailState.DUE, Mail.priority == priority)
    if not newsletters:
        due = due.where(Mail.purpose != NEWSLETTER)
    return due.order_by(Mail.due_at)


class People(NamedTuple):
    """The recipients of a batch, and what is known of them at this moment."""

    rows: dict[UUID, Any]
    standings: dict[UUID, Standing]
    blocked: dict[str, frozenset[str]]

    def at(self, standing: Standing, address_key: str) -> Standing:
        """The standing of somebody who is written to at another address than their own."""
        suppressed = self.blocked.get(address_key, frozenset())
        return standing._replace(has_address=True, suppressed=suppressed)


def people(
    session: Session, customer_ids: Collection[UUID], address_keys: Collection[str] = ()
) -> People:
    """The recipients, locked against every change of consent until this transaction ends.

    Those that somebody is changing at this moment are left out: waiting for each other could last for ever.
    `address_keys` are further addresses that mails of the batch go to.
    """
    rows = {
        row.customer_id: row
        for row in session.execute(
            select(*_PERSON)
            .where(Recipient.customer_id.in_(sorted(customer_ids)))
            .order_by(Recipient.customer_id)
            .with_for_update(read=True, skip_locked=True)
        )
    }
    # A statement of its own: it must see what was committed while the lock was waited for.
    own = {row.address_key for row in rows.values() if row.address_key}
    blocked = suppressions(session, own | set(address_keys))
    return People(
        rows,
        {
            id_: Standing(
                known=True,
                active=row.active,
                erased=row.erased_at is not None,
                has_address=row.address_key is not None,
                consent=row.consent,
                suppressed=blocked.get(row.address_key, frozenset()),
            )
            for id_, row in rows.items()
        },
        blocked,
    )


class Attributes(NamedTuple):
    """Attribute values of a batch's customers."""

    none: dict[str, Any]
    values: dict[UUID, dict[str, Any]]

    def of(self, customer_id: UUID) -> dict[str, Any]:
        """Every attribute that is defined, empty where the customer has no value."""
        return self.none | self.values.get(customer_id, {})


def attributes(session: Session, customer_ids: Collection[UUID]) -> Attributes:
    values = session.execute(
        select(AttributeValues.customer_id, AttributeValues.document).where(
            AttributeValues.customer_id.in_(list(customer_ids))
        )
    )
    return Attributes(attribute_keys(session), {row[0]: row[1] for row in values})


def attribute_keys(session: Session) -> dict[str, Any]:
    """The keys of all customer attributes, each without a value."""
    return dict.fromkeys(session.scalars(select(Attribute.key).where(Attribute.removed.is_(False))))


def next_due(session: Session, *, newsletters: bool) -> datetime | None:
    """When the next mail is due."""
    first = (
        _of(priority, newsletters=newsletters, wanted=select(Mail.due_at))
        .where(Mail.due_at.is_not(None))
        .limit(1)
        .scalar_subquery()
        for priority in Priority
    )
    found = session.execute(select(*first)).one()
    return min(filter(None, found), default=None)
