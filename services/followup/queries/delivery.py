"""All that deciding about a batch of mails needs, read while their customers are locked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, func, select, text, update
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
    Phase,
    Recipient,
    Step,
)
from services.followup.queries import sequences as sequence_queries
from services.followup.queries.standings import suppressions
from services.followup.rules import Standing

if TYPE_CHECKING:
    from services.followup.actions.delivery import Ready

_PERSON = (
    Recipient.customer_id, Recipient.active, Recipient.erased_at, Recipient.consent,
    Recipient.address_key, Recipient.number, Recipient.salutation, Recipient.title,
    Recipient.first_name, Recipient.last_name, Recipient.company, Recipient.email, Recipient.phone,
    Recipient.mobile, Recipient.street, Recipient.postal_code, Recipient.city, Recipient.country,
    Recipient.birthday, Recipient.language,
)  # fmt: skip


class Facts(NamedTuple):
    mails: Sequence[Any]
    people: dict[UUID, Any]
    standings: dict[UUID, Standing]
    sequences: dict[UUID, models.Sequence]
    steps: dict[UUID, dict[str, Step]]
    attributes: dict[UUID, dict[str, Any]]
    no_attributes: dict[str, Any]

    def step(self, version_id: UUID, key: str) -> Step | None:
        return self.steps.get(version_id, {}).get(key)

    def attributes_of(self, customer_id: UUID) -> dict[str, Any]:
        """Every attribute that is defined, empty where the customer has no value."""
        return self.no_attributes | self.attributes.get(customer_id, {})


def facts(session: Session, mail_ids: Sequence[UUID]) -> Facts:
    mails = session.execute(
        select(
            Mail.id, Mail.customer_id, Mail.purpose, Mail.enrolment_id, Mail.sequence_id,
            Mail.version_id, Mail.step_key, Mail.invitation_id, Mail.due_at, Mail.attempts,
            Mail.first_tried_at,
            Enrolment.state.label("enrolment_state"), Enrolment.reason.label("enrolment_reason"),
            Group.name.label("group_name"), Group.path.label("group_path"),
            Invitation.email.label("invitation_email"),
            Invitation.wording.label("invitation_wording"),
        )
        .outerjoin(Enrolment, Enrolment.id == Mail.enrolment_id)
        .outerjoin(Group, Group.id == Enrolment.group_id)
        .outerjoin(Invitation, Invitation.id == Mail.invitation_id)
        .where(Mail.id.in_(mail_ids))
    ).all()  # fmt: skip
    people = _people(session, {mail.customer_id for mail in mails})
    blocked = suppressions(session, {p.address_key for p in people.values() if p.address_key})
    versions = sequence_queries.steps_of(session, {m.version_id for m in mails if m.version_id})
    return Facts(
        mails,
        people,
        {id_: _standing(person, blocked) for id_, person in people.items()},
        sequence_queries.by_id(session, {m.sequence_id for m in mails if m.sequence_id}),
        {id_: {step.key: step for step in steps} for id_, steps in versions.items()},
        {
            values.customer_id: values.document
            for values in session.execute(
                select(AttributeValues.customer_id, AttributeValues.document).where(
                    AttributeValues.customer_id.in_(list(people))
                )
            )
        },
        attribute_keys(session),
    )


def attribute_keys(session: Session) -> dict[str, Any]:
    """The keys of all customer attributes, each without a value."""
    return dict.fromkeys(session.scalars(select(Attribute.key).where(Attribute.removed.is_(False))))


def _people(session: Session, customer_ids: set[UUID]) -> dict[UUID, Any]:
    """The recipients, locked against every change of consent until this transaction ends."""
    return {
        row.customer_id: row
        for row in session.execute(
            select(*_PERSON)
            .where(Recipient.customer_id.in_(sorted(customer_ids)))
            .order_by(Recipient.customer_id)
            .with_for_update(read=True)
        )
    }


def _standing(person: Any, blocked: dict[str, frozenset[str]]) -> Standing:
    return Standing(
        known=True,
        active=person.active,
        erased=person.erased_at is not None,
        has_address=person.address_key is not None,
        consent=person.consent,
        suppressed=blocked.get(person.address_key, frozenset()),
    )


_EACH = (
    update(Mail)
    .where(Mail.id == bindparam("mail_id"))
    .values(
        phase=Phase.DATA,
        reason=None,
        subject=bindparam("its_subject"),
        message_id=bindparam("its_message_id"),
        attempts=bindparam("its_attempts"),
        first_tried_at=bindparam("its_first_try"),
        lease_until=bindparam("its_lease"),
    )
)
_TOGETHER = text(
    "UPDATE mails SET phase = 'data', reason = NULL, subject = new.subject,"
    " message_id = new.message_id, attempts = new.attempts, first_tried_at = new.first_try,"
    " lease_until = :lease"
    " FROM (SELECT unnest(CAST(:ids AS uuid[])) AS id, unnest(CAST(:subjects AS text[])) AS subject,"
    " unnest(CAST(:message_ids AS text[])) AS message_id,"
    " unnest(CAST(:attempts AS bigint[])) AS attempts,"
    " unnest(CAST(:first_tries AS timestamptz[])) AS first_try) AS new"
    " WHERE mails.id = new.id"
)


def mark_handed_over(session: Session, ready: Sequence[Ready], lease_until: datetime) -> None:
    """From the commit of this on the mails may be with the server."""
    if not ready:
        return
    if session.get_bind().dialect.name == "postgresql":
        session.execute(
            _TOGETHER,
            {
                "lease": lease_until,
                "ids": [mail.id for mail in ready],
                "subjects": [mail.subject for mail in ready],
                "message_ids": [mail.message_id for mail in ready],
                "attempts": [mail.attempts for mail in ready],
                "first_tries": [mail.first_tried_at for mail in ready],
            },
        )
        return
    session.connection().execute(
        _EACH,
        [
            {
                "mail_id": mail.id,
                "its_subject": mail.subject,
                "its_message_id": mail.message_id,
                "its_attempts": mail.attempts,
                "its_first_try": mail.first_tried_at,
                "its_lease": lease_until,
            }
            for mail in ready
        ],
    )


def next_due(session: Session, *, newsletters: bool) -> datetime | None:
    """When the next mail is due."""
    wanted = select(func.min(Mail.due_at)).where(Mail.state == MailState.DUE)
    if not newsletters:
        wanted = wanted.where(Mail.purpose != "newsletter")
    return session.scalar(wanted)
