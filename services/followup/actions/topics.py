"""People choosing which topics they want to hear of."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import Table
from sqlalchemy.orm import Session

from services.followup.actions.consent import unsubscribe
from services.followup.actions.groups import part
from services.followup.actions.holding import ways_home
from services.followup.actions.planning import recall
from services.followup.models import Mail, TopicChoice
from services.followup.queries.families import below, home
from services.followup.queries.standings import erased_of
from services.followup.queries.topics import topic_ids
from shared.db import among, bulk_upsert
from shared.events.followup import TopicsChosen
from shared.outbox import publish

_CHOICES: Table = TopicChoice.__table__  # type: ignore[assignment]
WAY = "preference_page"


def choose(
    session: Session,
    customer_id: UUID,
    chosen: Collection[UUID],
    declined: Collection[UUID],
    now: datetime,
    *,
    no_newsletters: bool = False,
) -> list[UUID]:
    """Take down what the person wants to hear of. What is no topic is passed over.

    The groups service makes them members, or ends that. A topic that is declined counts as left from the end
    of this transaction on: nothing starts that only it has brought about. Returns the customers it concerns;
    nobody if the person was erased.
    """
    family = {customer_id, *below(session, [home(session, customer_id)])}
    way_home = ways_home(session, family)[customer_id]
    family.update(way_home)
    if erased_of(session, way_home):
        return []
    topics = topic_ids(session)
    no = sorted(topics.intersection(declined))
    yes = sorted(topics.intersection(chosen).difference(no))
    bulk_upsert(
        session,
        _CHOICES,
        ("customer_id", "group_id", "chosen", "chosen_at"),
        [
            (id_, group_id, wanted, now)
            for id_ in sorted(way_home)
            for wanted, some in ((True, yes), (False, no))
            for group_id in some
        ],
        key=("customer_id", "group_id"),
        where="new.chosen_at >= old.chosen_at",
    )
    if yes or no:
        publish(
            session,
            *(
                TopicsChosen(customer_id=id_, chosen=yes, declined=no, occurred_at=now)
                for id_ in dict.fromkeys((customer_id, way_home[-1]))
            ),
        )
    # What a mailer holds and has not begun is left out with the rest.
    recall(session, among(Mail.customer_id, family))
    part(session, [(id_, topic, now) for id_ in family for topic in no], now, why="topic_declined")
    concerned = set(family)
    if no_newsletters:
        concerned.update(unsubscribe(session, customer_id, None, WAY, now))
    return sorted(concerned)
