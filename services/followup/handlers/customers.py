"""What follow-up does when customers tells something."""

from __future__ import annotations

from sqlalchemy.orm import Session

from services.followup.actions import circuit, consent, invitations, merging, recipients
from services.followup.models import Consent
from shared.db import utcnow
from shared.events.customers import (
    CustomerChanged,
    CustomerDeactivated,
    CustomerErased,
    CustomerReactivated,
    CustomerRegistered,
    CustomersMerged,
    FeedBeat,
    MergeUndone,
    OptInConfirmed,
    OptInRequested,
    OptInRevoked,
)


def on_customer_registered(session: Session, events: list[CustomerRegistered]) -> None:
    """Know whom there is to write to; whoever was waiting to be known starts."""
    recipients.remember(session, [e.customer for e in events], utcnow())


def on_customer_changed(session: Session, events: list[CustomerChanged]) -> None:
    recipients.remember(session, [e.customer for e in events], utcnow())


def on_customer_deactivated(session: Session, events: list[CustomerDeactivated]) -> None:
    """Write to them no more, as each sequence's policy says."""
    changes = [(e.customer_id, e.version, False) for e in events]
    recipients.set_active(session, changes, utcnow())


def on_customer_reactivated(session: Session, events: list[CustomerReactivated]) -> None:
    changes = [(e.customer_id, e.version, True) for e in events]
    recipients.set_active(session, changes, utcnow())


def on_customers_merged(session: Session, events: list[CustomersMerged]) -> None:
    """Have the survivor go on where the others were, and let nobody get a mail twice."""
    merging.hear(session, _pointers(events), utcnow())


def on_merge_undone(session: Session, events: list[MergeUndone]) -> None:
    """Give back what has come from each."""
    merging.hear(session, _pointers(events), utcnow())


def _pointers(events: list[CustomersMerged] | list[MergeUndone]) -> list[merging.Pointer]:
    """What is told of each customer; whoever survives is merged into nobody at that moment."""
    told = []
    for event in events:
        into = event.customer_id if isinstance(event, CustomersMerged) else None
        versions = event.merged_versions or [event.version] * len(event.merged_ids)
        for merged_id, version in zip(event.merged_ids, versions, strict=True):
            told.append(merging.Pointer(merged_id, into, version))
        told.append(merging.Pointer(event.customer_id, None, event.version))
    return told


def on_customer_erased(session: Session, events: list[CustomerErased]) -> None:
    """Forget the persons everywhere."""
    asked = {e.customer_id for e in events if e.reason == "asked"}
    recipients.erase(session, [e.customer_id for e in events], utcnow(), asked=asked)


def on_opt_in_requested(session: Session, events: list[OptInRequested]) -> None:
    """Send the invitations whose page asks for a yes."""
    now = utcnow()
    consent.hear(
        session,
        [consent.Word(e.customer_id, e.version, Consent.REQUESTED, e.occurred_at) for e in events],
        now,
    )
    invitations.invite(
        session,
        [
            invitations.Request(e.customer_id, e.email, e.wording, e.form, e.occurred_at)
            for e in events
        ],
        now,
    )


def on_opt_in_confirmed(session: Session, events: list[OptInConfirmed]) -> None:
    """Start what has waited for this yes."""
    consent.hear(
        session,
        [
            consent.Word(e.customer_id, e.version, Consent.CONFIRMED, e.occurred_at, e.way)
            for e in events
        ],
        utcnow(),
    )


def on_opt_in_revoked(session: Session, events: list[OptInRevoked]) -> None:
    consent.hear(
        session,
        [
            consent.Word(e.customer_id, e.version, Consent.REVOKED, e.occurred_at, e.way)
            for e in events
        ],
        utcnow(),
    )


def on_feed_beat(session: Session, events: list[FeedBeat]) -> None:
    """Know until when every no has been heard."""
    circuit.beat(session, max(e.at for e in events))
