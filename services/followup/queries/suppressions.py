"""Addresses that get no mail, for people to look at."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.followup.addresses import address_keys
from services.followup.models import Suppression
from shared.web.paging import Page, paginate


def list_suppressions(
    session: Session,
    *,
    limit: int,
    cursor: str | None,
    email: str | None = None,
    reason: str | None = None,
) -> Page:
    wanted = select(Suppression)
    if email:
        wanted = wanted.where(Suppression.address_key == address_keys(session).of(email))
    if reason:
        wanted = wanted.where(Suppression.reason == reason)
    return paginate(session, wanted, keys=[(Suppression.id, True)], limit=limit, cursor=cursor)
