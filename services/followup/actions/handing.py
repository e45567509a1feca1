"""How far a mail has come on its way out, written down before each step that cannot be undone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Table, bindparam, select, text, update
from sqlalchemy.orm import Session

from services.followup.models import Mail, MailState, Phase, Recipient

if TYPE_CHECKING:
    from services.followup.actions.delivery import Ready
    from services.followup.sending.handover import Outcome

_MAILS: Table = Mail.__table__  # type: ignore[assignment]
_EACH = (
    update(_MAILS)
    .where(_MAILS.c.id == bindparam("mail_id"))
    .values(
        state=MailState.SENDING,
        phase=bindparam("its_phase"),
        subject=bindparam("its_subject"),
        message_id=bindparam("its_message_id"),
        attempts=bindparam("its_attempts"),
        first_tried_at=bindparam("its_first_try"),
        lease_until=bindparam("its_lease"),
        mailer=bindparam("its_mailer"),
    )
)
_TOGETHER = text(
    "UPDATE mails SET state = 'sending', phase = new.phase, subject = new.subject,"
    " message_id = new.message_id, attempts = new.attempts, first_tried_at = new.first_try,"
    " lease_until = :lease, mailer = :mailer"
    " FROM (SELECT unnest(CAST(:ids AS uuid[])) AS id, unnest(CAST(:phases AS text[])) AS phase,"
    " unnest(CAST(:subjects AS text[])) AS subject,"
    " unnest(CAST(:message_ids AS text[])) AS message_id,"
    " unnest(CAST(:attempts AS bigint[])) AS attempts,"
    " unnest(CAST(:first_tries AS timestamptz[])) AS first_try) AS new"
    " WHERE mails.id = new.id"
)


def claim(
    session: Session,
    ready: Sequence[Ready],
    phases: Sequence[Phase],
    mailer: str,
    lease_until: datetime,
) -> None:
    """From the commit of this on the mails are this mailer's."""
    if not ready:
        return
    if session.get_bind().dialect.name == "postgresql":
        session.execute(
            _TOGETHER,
            {
                "lease": lease_until,
                "mailer": mailer,
                "ids": [mail.id for mail in ready],
                "phases": phases,
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
                "its_phase": phase,
                "its_subject": mail.subject,
                "its_message_id": mail.message_id,
                "its_attempts": mail.attempts,
                "its_first_try": mail.first_tried_at,
                "its_lease": lease_until,
                "its_mailer": mailer,
            }
            for mail, phase in zip(ready, phases, strict=True)
        ],
    )


def still_ours(
    session: Session, mailer: str, outcomes: Sequence[tuple[Ready, Outcome]]
) -> Sequence[tuple[Ready, Outcome]]:
    """The outcomes that still count: what was refused may have been recalled by then, to go elsewhere.

    Of somebody who was erased meanwhile nothing is kept: the server's answer repeats the address.
    """
    refused = [mail.id for mail, outcome in outcomes if outcome.kind != "sent"]
    if not refused:
        return outcomes
    ours = {
        row.id: row.erased_at
        for row in session.execute(
            select(Mail.id, Recipient.erased_at)
            .outerjoin(Recipient, Recipient.customer_id == Mail.customer_id)
            .where(Mail.id.in_(refused), Mail.state == MailState.SENDING, Mail.mailer == mailer)
        )
    }
    return [
        (mail, outcome._replace(reply="") if ours.get(mail.id) else outcome)
        for mail, outcome in outcomes
        if outcome.kind == "sent" or mail.id in ours
    ]
