"""The last thing written down before a mail goes out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Table, bindparam, text, update
from sqlalchemy.orm import Session

from services.followup.models import Mail, MailState, Phase

if TYPE_CHECKING:
    from services.followup.actions.delivery import Ready

_MAILS: Table = Mail.__table__  # type: ignore[assignment]
_EACH = (
    update(_MAILS)
    .where(_MAILS.c.id == bindparam("mail_id"))
    .values(
        state=MailState.SENDING,
        phase=Phase.DATA,
        reason=None,
        subject=bindparam("its_subject"),
        message_id=bindparam("its_message_id"),
        attempts=bindparam("its_attempts"),
        first_tried_at=bindparam("its_first_try"),
        lease_until=bindparam("its_lease"),
        mailer=bindparam("its_mailer"),
    )
)
_TOGETHER = text(
    "UPDATE mails SET state = 'sending', phase = 'data', reason = NULL, subject = new.subject,"
    " message_id = new.message_id, attempts = new.attempts, first_tried_at = new.first_try,"
    " lease_until = :lease, mailer = :mailer"
    " FROM (SELECT unnest(CAST(:ids AS uuid[])) AS id, unnest(CAST(:subjects AS text[])) AS subject,"
    " unnest(CAST(:message_ids AS text[])) AS message_id,"
    " unnest(CAST(:attempts AS bigint[])) AS attempts,"
    " unnest(CAST(:first_tries AS timestamptz[])) AS first_try) AS new"
    " WHERE mails.id = new.id"
)


def mark_handed_over(
    session: Session, ready: Sequence[Ready], mailer: str, lease_until: datetime
) -> None:
    """From the commit of this on the mails may be with the server."""
    if not ready:
        return
    if session.get_bind().dialect.name == "postgresql":
        session.execute(
            _TOGETHER,
            {
                "lease": lease_until,
                "mailer": mailer,
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
                "its_mailer": mailer,
            }
            for mail in ready
        ],
    )
