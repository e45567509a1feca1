"""Mails and what became of them, for people to look at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.followup.errors import MailNotFound
from services.followup.models import Invitation, Mail, Recipient
from services.followup.queries.families import home
from services.followup.queries.people import known_people
from shared.web.paging import Page, paginate


def list_mails(
    session: Session,
    *,
    limit: int,
    cursor: str | None,
    customer_id: UUID | None = None,
    sequence_id: UUID | None = None,
    mailing_id: UUID | None = None,
    state: str | None = None,
) -> Page:
    """The newest first."""
    wanted = select(Mail)
    if mailing_id is not None:
        wanted = wanted.where(Mail.id.is_(None))
    for column, value in (
        (Mail.customer_id, home(session, customer_id) if customer_id else None),
        (Mail.sequence_id, sequence_id),
        (Mail.state, state),
    ):
        if value is not None:
            wanted = wanted.where(column == value)
    page = paginate(session, wanted, keys=[(Mail.id, True)], limit=limit, cursor=cursor)
    people = known_people(session, {found.customer_id for found in page["items"]})
    page["items"] = [_addressed(found, people) for found in page["items"]]
    return page


def mail(session: Session, mail_id: UUID) -> dict[str, Any]:
    found = session.get(Mail, mail_id)
    if found is None:
        raise MailNotFound(mail_id=mail_id)
    return _addressed(found, known_people(session, {found.customer_id}))


def _addressed(found: Mail, people: Mapping[UUID, Recipient]) -> dict[str, Any]:
    """A mail with the customer it is for."""
    fields = {column.key: getattr(found, column.key) for column in Mail.__table__.columns}
    return fields | {"customer": people.get(found.customer_id)}


def wording(session: Session, invitation_id: UUID) -> str | None:
    """What the person is asked to say yes to."""
    found = session.get(Invitation, invitation_id)
    return found.wording if found is not None and found.email is not None else None
