"""What the followup service tells. It owns sequences, enrolments, mailings, mails and suppressions."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from shared.events.base import Event


class SequenceStarted(Event, frozen=True, kw_only=True):
    """A customer goes through a sequence from now on."""

    name = "followup.sequence_started"

    customer_id: UUID
    enrolment_id: UUID
    sequence_id: UUID
    sequence_name: str
    occurred_at: datetime


class SequenceEnded(Event, frozen=True, kw_only=True):
    """A customer has left a sequence; `reason` is `completed` or why it stopped."""

    name = "followup.sequence_ended"

    customer_id: UUID
    enrolment_id: UUID
    sequence_id: UUID
    sequence_name: str
    reason: str
    occurred_at: datetime


class MailSent(Event, frozen=True, kw_only=True):
    """The mail server took a mail."""

    name = "followup.mail_sent"

    customer_id: UUID
    mail_id: UUID
    subject_line: str
    occurred_at: datetime
    sequence_id: UUID | None = None
    mailing_id: UUID | None = None


class MailFailed(Event, frozen=True, kw_only=True):
    """A mail will not be sent; `reason` says why."""

    name = "followup.mail_failed"

    customer_id: UUID
    mail_id: UUID
    reason: str
    occurred_at: datetime
    sequence_id: UUID | None = None
    mailing_id: UUID | None = None


class MailBounced(Event, frozen=True, kw_only=True):
    """A mail came back."""

    name = "followup.mail_bounced"

    customer_id: UUID
    mail_id: UUID
    reason: str
    hard: bool
    occurred_at: datetime


class Unsubscribed(Event, frozen=True, kw_only=True):
    """The person no longer wants newsletters and said so by a link of a mail."""

    name = "followup.unsubscribed"

    customer_id: UUID
    way: str
    occurred_at: datetime
    mail_id: UUID | None = None


class TopicsChosen(Event, frozen=True, kw_only=True):
    """The person chose on the preference page which topics to hear of; both are ids of groups."""

    name = "followup.topics_chosen"

    customer_id: UUID
    chosen: list[UUID]
    declined: list[UUID]
    occurred_at: datetime


class OptInAccepted(Event, frozen=True, kw_only=True):
    """The person clicked on the page behind the invitation's link."""

    name = "followup.opt_in_accepted"

    customer_id: UUID
    occurred_at: datetime
    email: str
    wording: str
    message_id: str | None = None
    remote_address: str | None = None


class CustomerForgotten(Event, frozen=True, kw_only=True):
    """After `CustomerErased`: this service has let go of everything about the person."""

    name = "followup.customer_forgotten"

    customer_id: UUID
    occurred_at: datetime


EVENTS: tuple[type[Event], ...] = (
    SequenceStarted,
    SequenceEnded,
    MailSent,
    MailFailed,
    MailBounced,
    Unsubscribed,
    TopicsChosen,
    OptInAccepted,
    CustomerForgotten,
)
