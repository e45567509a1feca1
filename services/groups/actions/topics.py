"""Memberships follow what people choose on the preference page."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from services.groups.actions import locks
from services.groups.actions.memberships import Change, change_memberships
from services.groups.actions.moves import Telling
from services.groups.models import Group, Membership, PastMembership, TopicChoice
from shared.db import bulk_upsert
from shared.events.followup import TopicsChosen

SOURCE = "preference_page"
_TELLING = Telling(by="customer", source=SOURCE)
COLUMNS = tuple(TopicChoice.__table__.columns.keys())


class _Said(NamedTuple):
    """What a customer said about topics at one moment."""

    customer_id: UUID
    chosen: Sequence[UUID]
    declined: Sequence[UUID]
    at: datetime


def follow_choices(session: Session, told: Iterable[TopicsChosen]) -> None:
    """Put customers into the topics they chose and take them out of those they declined.

    One after the other: who declined a topic and chose it again has left it and come back, as their
    sequences have to know.
    """
    for event in sorted(told, key=attrgetter("occurred_at")):
        said = _Said(event.customer_id, event.chosen, event.declined, event.occurred_at)
        _follow(session, said)


def repeat_refusals(session: Session, customer_ids: Collection[UUID]) -> None:
    """Take customers who are no longer merged out of the topics that they declined while they were."""
    said = session.scalars(
        select(TopicChoice)
        .where(TopicChoice.customer_id.in_(customer_ids), TopicChoice.chosen.is_(False))
        .order_by(TopicChoice.customer_id, TopicChoice.chosen_at, TopicChoice.group_id)
    ).all()
    for choice in said:
        refusal = _Said(choice.customer_id, [], [choice.group_id], choice.chosen_at)
        _follow(session, refusal)


def _follow(session: Session, said: _Said) -> None:
    meant = locks.lock_meant(session, [said.customer_id])
    customer_id = meant.by(said.customer_id)
    if not meant.erased.isdisjoint((said.customer_id, customer_id)):
        return
    topics = set(
        session.scalars(
            select(Group.id).where(
                Group.id.in_([*said.chosen, *said.declined]), Group.topic.is_(True)
            )
        )
    )
    _keep(session, said, topics)
    newest = _newest(session, {said.customer_id, customer_id}, topics)
    # A choice that is overtaken by a later one no longer puts anybody anywhere.
    chosen = [
        group_id
        for group_id in said.chosen
        if group_id in topics and newest[group_id].chosen_at <= said.at
    ]
    declined = topics.intersection(said.declined)
    overtaken = {group_id for group_id in declined if newest[group_id].chosen}
    left = _left(session, customer_id, declined, overtaken, said)
    back = [group_id for group_id in left if group_id in overtaken]
    removed_since = _removed_since(session, customer_id, chosen, said)
    wanted = [group_id for group_id in chosen if group_id not in removed_since]
    for mode, group_ids in (("remove", left), ("add", [*wanted, *back])):
        if group_ids:
            change_memberships(session, [Change(customer_id, mode, group_ids)], _TELLING)  # type: ignore[arg-type]


def _keep(session: Session, said: _Said, topics: Collection[UUID]) -> None:
    choices = dict.fromkeys(said.chosen, True) | dict.fromkeys(said.declined, False)
    bulk_upsert(
        session,
        TopicChoice.__table__,
        COLUMNS,
        [
            (said.customer_id, group_id, chosen, said.at)
            for group_id, chosen in sorted(choices.items())
            if group_id in topics
        ],
        key=("customer_id", "group_id"),
        where="new.chosen_at > old.chosen_at",
    )


def _newest(
    session: Session, customer_ids: Collection[UUID], topics: Collection[UUID]
) -> dict[UUID, TopicChoice]:
    """Return the last that was said about each topic, under any of the ids."""
    said = session.scalars(
        select(TopicChoice)
        .where(TopicChoice.customer_id.in_(customer_ids), TopicChoice.group_id.in_(topics))
        .order_by(TopicChoice.chosen_at)
        .execution_options(populate_existing=True)
    )
    return {choice.group_id: choice for choice in said}


def _left(
    session: Session,
    customer_id: UUID,
    topics: Collection[UUID],
    overtaken: Collection[UUID],
    said: _Said,
) -> list[UUID]:
    """Return those of the topics that the customer is in, and was when they declined them.

    What only a choice of before has put them into, and late, counts as well.
    """
    by_choice = and_(Membership.source == SOURCE, Membership.group_id.not_in(overtaken))
    return list(
        session.scalars(
            select(Membership.group_id).where(
                Membership.customer_id == customer_id,
                Membership.group_id.in_(topics),
                or_(Membership.since <= said.at, by_choice),
            )
        )
    )


def _removed_since(
    session: Session, customer_id: UUID, topics: Collection[UUID], said: _Said
) -> set[UUID]:
    """Return those of the topics out of which somebody else took the customer after they chose."""
    return set(
        session.scalars(
            select(PastMembership.group_id).where(
                PastMembership.customer_id == customer_id,
                PastMembership.group_id.in_(topics),
                PastMembership.until > said.at,
                PastMembership.ended_source != SOURCE,
            )
        )
    )
