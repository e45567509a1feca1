"""Double opt-in: asking for consent by a mail, and hearing the yes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from services.followup import rules
from services.followup.actions.consent import lift_opt_out
from services.followup.actions.planning import CHANNEL
from services.followup.actions.standing import reconsider
from services.followup.addresses import address_keys
from services.followup.models import Consent, Invitation, Mail, MailState, Recipient
from shared.db import wake
from shared.events.followup import OptInAccepted
from shared.outbox import publish

ONE_INVITATION_PER = timedelta(hours=24)
INVITATION_LIFE = timedelta(days=7)


class Request(NamedTuple):
    """Somebody wants to ask a customer for consent."""

    customer_id: UUID
    email: str
    wording: str
    form: str | None
    at: datetime


def invite(session: Session, requests: Iterable[Request], now: datetime) -> None:
    """Write the invitations down. One address gets one a day at most, whoever asks for it."""
    key_of = address_keys(session).of
    for request in requests:
        key = key_of(request.email) or ""
        if _invited_lately(session, key, now) or _erased(session, request.customer_id):
            continue
        invitation = Invitation(
            customer_id=request.customer_id,
            email=request.email,
            address_key=key,
            wording=request.wording,
            form=request.form,
            requested_at=request.at,
        )
        session.add(invitation)
        session.flush()
        session.add(
            Mail(
                customer_id=request.customer_id,
                purpose=rules.INVITATION,
                invitation_id=invitation.id,
                state=MailState.DUE,
                planned_at=now,
                due_at=now,
                created_at=now,
            )
        )
        wake(session, CHANNEL)


def _invited_lately(session: Session, address_key: str, now: datetime) -> bool:
    asked = select(Invitation.id).where(
        Invitation.address_key == address_key, Invitation.requested_at > now - ONE_INVITATION_PER
    )
    return session.execute(asked.limit(1)).first() is not None


def _erased(session: Session, customer_id: UUID) -> bool:
    known = session.get(Recipient, customer_id)
    return known is not None and known.erased_at is not None


def accept(
    session: Session, invitation_id: UUID, remote_address: str | None, now: datetime
) -> bool:
    """The person said yes on the invitation's page. Twice is once; False if it is no valid invitation."""
    invitation = session.get(Invitation, invitation_id, with_for_update=True)
    if invitation is None or invitation.email is None:
        return False
    if invitation.accepted_at is not None:
        return True
    if invitation.requested_at < now - INVITATION_LIFE:
        return False
    invitation.accepted_at, invitation.remote_address = now, remote_address
    lift_opt_out(session, invitation.address_key, before=now)
    # The customers service is told and tells back; until then this service knows it already.
    session.execute(
        update(Recipient)
        .where(
            Recipient.customer_id == invitation.customer_id,
            Recipient.address_key == invitation.address_key,
            Recipient.erased_at.is_(None),
        )
        .values(consent=Consent.CONFIRMED, consent_at=now)
    )
    publish(
        session,
        OptInAccepted(
            customer_id=invitation.customer_id,
            occurred_at=now,
            email=invitation.email,
            wording=invitation.wording,
            message_id=invitation.message_id,
            remote_address=remote_address,
        ),
    )
    reconsider(session, [invitation.customer_id], now)
    return True
