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
from services.followup.actions.holding import ways_home
from services.followup.actions.planning import CHANNEL
from services.followup.actions.standing import reconsider
from services.followup.addresses import address_keys
from services.followup.models import Consent, Invitation, Mail, MailState, Priority, Recipient
from services.followup.queries.standings import customers_with, erased_of
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
    requests = list(requests)
    ways = ways_home(session, {request.customer_id for request in requests})
    erased = erased_of(session, {id_ for way in ways.values() for id_ in way})
    for request in requests:
        key, way = key_of(request.email) or "", ways[request.customer_id]
        if _invited_lately(session, key, now) or not erased.isdisjoint(way):
            continue
        entered_as = request.customer_id if len(way) > 1 else None
        invitation = Invitation(
            customer_id=way[-1],
            entered_as=entered_as,
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
                customer_id=way[-1],
                entered_as=entered_as,
                purpose=rules.INVITATION,
                invitation_id=invitation.id,
                priority=Priority.FIRST,
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
    lift_opt_out(session, invitation.address_key, before=now, by_click=True)
    asked = invitation.entered_as or invitation.customer_id
    [way] = ways_home(session, [asked]).values()
    # The customers service is told and tells back; until then this service knows it already.
    session.execute(
        update(Recipient)
        .where(
            Recipient.customer_id.in_(way),
            Recipient.address_key == invitation.address_key,
            Recipient.erased_at.is_(None),
        )
        .values(consent=Consent.CONFIRMED, consent_at=now)
    )
    publish(
        session,
        OptInAccepted(
            customer_id=asked,
            occurred_at=now,
            email=invitation.email,
            wording=invitation.wording,
            message_id=invitation.message_id,
            remote_address=remote_address,
        ),
    )
    # Whoever shares the address may have waited for it as well.
    reconsider(session, {*way, *customers_with(session, [invitation.address_key])}, now)
    return True
