"""The topics there are, and which of them a person has chosen."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.followup.models import Consent, Group, Membership, TopicChoice
from services.followup.queries.families import below, home
from services.followup.queries.standings import standings
from shared.db import among
from shared.values import sort_key


class Topic(NamedTuple):
    """A topic as a reader sees it; `level` is the number of topics above it."""

    id: UUID
    name: str
    path: str
    description: str
    level: int
    chosen: bool


class Preferences(NamedTuple):
    """What somebody wants to hear of. `customer_id` is None if there is nobody."""

    customer_id: UUID | None
    topics: list[Topic]
    no_newsletters: bool


def preferences(session: Session, customer_id: UUID | None) -> Preferences:
    """What the person has chosen; for nobody, and for who was erased, nothing is."""
    standing = None
    if customer_id is not None:
        customer_id = home(session, customer_id)
        standing = standings(session, [customer_id]).get(customer_id)
    if customer_id is None or standing is None or not standing.known or standing.erased:
        return Preferences(None, _topics(session, set()), no_newsletters=False)
    return Preferences(
        customer_id,
        _topics(session, _chosen(session, customer_id)),
        standing.consent == Consent.REVOKED or "unsubscribed" in standing.suppressed,
    )


def topic_ids(session: Session) -> set[UUID]:
    return set(session.scalars(select(Group.id).where(*_TOPICS)))


_TOPICS = (Group.topic.is_(True), Group.deleted.is_(False))


def _topics(session: Session, chosen: Collection[UUID]) -> list[Topic]:
    """All topics as a tree is read: each before those below it, the others by name."""
    groups = session.scalars(select(Group).where(*_TOPICS)).all()
    ids = {str(group.id) for group in groups}
    ordered = sorted(groups, key=lambda group: [sort_key(name) for name in group.path.split("/")])
    return [
        Topic(
            group.id, group.name, group.path, group.description,
            len(ids.intersection(group.ancestor_ids)), group.id in chosen,
        )
        for group in ordered
    ]  # fmt: skip


def _chosen(session: Session, customer_id: UUID) -> set[UUID]:
    """The topics of a person under all their ids: what they last said, or what was done since."""
    family = {customer_id, *below(session, [customer_id])}
    member: dict[UUID, bool] = {}
    changed: dict[UUID, datetime] = {}
    for row in session.scalars(select(Membership).where(among(Membership.customer_id, family))):
        member[row.group_id] = member.get(row.group_id, False) or row.member
        changed[row.group_id] = max(changed.get(row.group_id, row.changed_at), row.changed_at)
    said = select(TopicChoice).where(among(TopicChoice.customer_id, family))
    for choice in session.scalars(said.order_by(TopicChoice.chosen_at)):
        if choice.group_id not in changed or choice.chosen_at >= changed[choice.group_id]:
            member[choice.group_id] = choice.chosen
    return {group_id for group_id, is_member in member.items() if is_member}
