"""Who is on the way in which sequence, for people to look at."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.followup import models
from services.followup.errors import EnrolmentNotFound
from services.followup.models import Enrolment
from services.followup.queries import sequences as sequence_queries
from services.followup.queries.families import home
from services.followup.queries.people import known_people
from shared.web.paging import Page, paginate


def list_enrolments(
    session: Session,
    *,
    limit: int,
    cursor: str | None,
    sequence_id: UUID | None = None,
    customer_id: UUID | None = None,
    state: str | None = None,
) -> Page:
    """The newest first."""
    wanted = select(Enrolment)
    for column, value in (
        (Enrolment.sequence_id, sequence_id),
        (Enrolment.customer_id, home(session, customer_id) if customer_id else None),
        (Enrolment.state, state),
    ):
        if value is not None:
            wanted = wanted.where(column == value)
    page = paginate(session, wanted, keys=[(Enrolment.id, True)], limit=limit, cursor=cursor)
    names = sequence_queries.by_id(session, {e.sequence_id for e in page["items"]})
    people = known_people(session, {e.customer_id for e in page["items"]})
    page["items"] = [
        named(found, names) | {"customer": people.get(found.customer_id)} for found in page["items"]
    ]
    return page


def named(enrolment: Enrolment, sequences: dict[UUID, models.Sequence]) -> dict[str, Any]:
    """An enrolment with the name of its sequence."""
    fields = (
        "id", "sequence_id", "customer_id", "entered_as", "group_id", "run", "state", "reason",
        "entered_at", "started_at", "ended_at",
    )  # fmt: skip
    return {name: getattr(enrolment, name) for name in fields} | {
        "sequence_name": sequences[enrolment.sequence_id].name
    }


def enrolment(session: Session, enrolment_id: UUID) -> Enrolment:
    found = session.get(Enrolment, enrolment_id)
    if found is None:
        raise EnrolmentNotFound(enrolment_id=enrolment_id)
    return found
