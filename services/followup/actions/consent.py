"""Yes and no: asking for consent, hearing it, and taking a no at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Table, delete, func, select, update
from sqlalchemy.orm import Session

from services.followup.actions.holding import ways_home
from services.followup.actions.standing import drop_invitations, reconsider
from services.followup.addresses import address_keys
from services.followup.errors import SuppressionNotFound
from services.followup.models import Consent, Mail, MailState, Phase, Recipient, Suppression
from services.followup.queries.standings import customers_with
from shared.db import bulk_upsert, new_id
from shared.events.followup import Unsubscribed
from shared.outbox import publish

_RECIPIENTS: Table = Recipient.__table__  # type: ignore[assignment]
_SUPPRESSIONS: Table = Suppression.__table__  # type: ignore[assignment]

# Ways by which a yes comes that do not show the person changing their mind: they lift no opt-out.
ERASED = "erased"
"""Why an address gets no newsletters: whoever was reached there had everything about them erased."""

NOT_THE_PERSON = frozenset({"import", "merge", "api", "batch", "web_form"})


class Word(NamedTuple):
    """What the customers service tells of one customer's consent."""

    customer_id: UUID
    version: int
    consent: Consent
    at: datetime
    way: str = ""


def hear(session: Session, words: Iterable[Word], now: datetime) -> None:
    """Take over what customers have said. The newest word counts."""
    newest: dict[UUID, Word] = {}
    for word in words:
        if word.customer_id not in newest or newest[word.customer_id].version < word.version:
            newest[word.customer_id] = word
    changed = bulk_upsert(
        session,
        _RECIPIENTS,
        ("customer_id", "version", "active", "active_version", "consent", "consent_version", "consent_at"),
        [(w.customer_id, 0, True, 0, w.consent, w.version, w.at) for _, w in sorted(newest.items())],
        key=("customer_id",),
        update=("consent", "consent_version", "consent_at"),
        where="old.erased_at IS NULL AND new.consent_version >= old.consent_version",
        returning=("customer_id", "address_key"),
    )  # fmt: skip
    for customer_id, address_key in changed:
        word = newest[customer_id]
        if word.consent == Consent.CONFIRMED and word.way not in NOT_THE_PERSON and address_key:
            lift_opt_out(session, address_key, before=word.at)
    reconsider(session, newest, now)


def lift_opt_out(
    session: Session, address_key: str, before: datetime, *, by_click: bool = False
) -> None:
    """The person wants newsletters again. Only their own click also tells that they are the one who was
    erased: others who say yes for them cannot know."""
    reasons = ("unsubscribed", ERASED) if by_click else ("unsubscribed",)
    session.execute(
        delete(Suppression).where(
            Suppression.address_key == address_key,
            Suppression.reason.in_(reasons),
            Suppression.created_at < before,
        )
    )


def unsubscribe(
    session: Session, customer_id: UUID, mail_id: UUID | None, way: str, now: datetime
) -> list[UUID]:
    """The person wants no more newsletters: from the end of this transaction on none starts.

    The link may be from before the customer was merged: then it speaks for the survivor too.
    Returns the customers it concerns: everybody who is reached at the same addresses.
    """
    [way_home] = ways_home(session, [customer_id]).values()
    keys = session.scalars(
        select(Recipient.address_key).where(
            Recipient.customer_id.in_(way_home), Recipient.address_key.is_not(None)
        )
    )
    concerned = set(way_home)
    for key in sorted(filter(None, keys)):
        concerned.update(suppress(session, key, "unsubscribed", now, mail_id=mail_id))
    session.execute(
        update(Recipient)
        .where(Recipient.customer_id.in_(way_home))
        .values(consent=Consent.REVOKED, consent_at=now)
    )
    publish(
        session,
        *(
            Unsubscribed(customer_id=id_, way=way, occurred_at=now, mail_id=mail_id)
            for id_ in dict.fromkeys((customer_id, way_home[-1]))
        ),
    )
    reconsider(session, concerned, now)
    return sorted(concerned)


def suppress(
    session: Session,
    address_key: str,
    reason: str,
    now: datetime,
    *,
    note: str | None = None,
    by: str | None = None,
    mail_id: UUID | None = None,
) -> list[UUID]:
    """Write to this address no more; returns the customers who are reached there."""
    # The mailer holds these rows while it decides: nothing is decided before and sent after.
    concerned = list(
        session.scalars(
            select(Recipient.customer_id)
            .where(Recipient.address_key == address_key)
            .order_by(Recipient.customer_id)
            .with_for_update()
        )
    )
    bulk_upsert(
        session,
        _SUPPRESSIONS,
        ("id", "address_key", "reason", "note", "created_at", "created_by", "mail_id"),
        [(new_id(), address_key, reason, note, now, by, mail_id)],
        key=("address_key", "reason"),
        update=("created_at",),
    )
    reconsider(session, concerned, now)
    if reason not in ("unsubscribed", ERASED):
        drop_invitations(session, concerned, reason)
    return concerned


def suppress_address(
    session: Session, email: str, note: str | None, by: str, now: datetime
) -> Suppression:
    """Staff block an address."""
    key = address_keys(session).of(email) or ""
    suppress(session, key, "manual", now, note=note, by=by)
    return session.scalars(
        select(Suppression).where(Suppression.address_key == key, Suppression.reason == "manual")
    ).one()


def lift(session: Session, suppression_id: UUID, now: datetime) -> None:
    """Staff allow an address again; whoever waited for it goes on."""
    found = session.get(Suppression, suppression_id)
    if found is None:
        raise SuppressionNotFound(suppression_id=suppression_id)
    session.delete(found)
    session.flush()
    reconsider(session, customers_with(session, [found.address_key]), now)


def being_handed_over(session: Session, customer_ids: Collection[UUID], now: datetime) -> bool:
    """Whether a mail to one of them is on its way to the mail server at this moment."""
    return bool(
        session.scalar(
            select(func.count())
            .select_from(Mail)
            .where(
                Mail.customer_id.in_(list(customer_ids)),
                Mail.state == MailState.SENDING,
                Mail.phase.in_((Phase.BEGUN, Phase.DATA)),
                Mail.lease_until > now,
            )
        )
    )
