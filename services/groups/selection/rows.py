"""Rows about customers that a filter asks for: each a select of the ids they are about."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import aliased

from services.groups.models import ActivityFact, Contact, HistoryFact, MailFact, Membership
from services.groups.selection.columns import COMPARE, plain_number
from services.groups.selection.tree import Activity, InGroup, Mail
from shared.db import among


def memberships(node: InGroup) -> Select[Any]:
    member = aliased(Membership)
    conditions: list[Any] = [among(member.group_id, node.group_ids)]
    if node.since is not None:
        conditions.append(member.since >= node.since)
    if node.before is not None:
        conditions.append(member.since < node.before)
    return select(member.customer_id).where(*conditions)


def entries() -> Any:
    return aliased(HistoryFact)


def activities(node: Activity) -> Select[Any]:
    fact = aliased(ActivityFact)
    conditions: list[Any] = [
        column == value
        for column, value in (
            (fact.kind, node.kind),
            (fact.source, node.source),
            (fact.currency, node.currency),
        )
        if value is not None
    ]
    conditions += _within(fact.occurred_at, node.since, node.before)
    conditions += [
        COMPARE[op](fact.cents, plain_number(amount * 100)) for op, amount in node.revenue
    ]
    return select(fact.customer_id).where(*conditions)


def mails(node: Mail) -> Select[Any]:
    fact = aliased(MailFact)
    conditions: list[Any] = []
    at: Any = fact.sent_at
    if node.state == "bounced":
        at = fact.bounced_at
    elif node.state == "failed":
        at = fact.failed_at
        conditions += [fact.sent_at.is_(None), fact.bounced_at.is_(None)]
    elif node.state == "sent":
        conditions.append(fact.bounced_at.is_(None))
    conditions += [at.is_not(None), *_within(at, node.since, node.before)]
    if node.sequence_id is not None:
        conditions.append(fact.sequence_id == node.sequence_id)
    if node.mailing_id is not None:
        conditions.append(fact.mailing_id == node.mailing_id)
    return select(fact.customer_id).where(*conditions)


def survivors() -> Any:
    """Everybody who is merged, with whom they are merged into, and whom those are, and so on."""
    above = select(Contact.customer_id, Contact.merged_into.label("survivor_id")).where(
        Contact.merged_into.is_not(None)
    )
    chain = above.cte("survivors", recursive=True)
    further = select(chain.c.customer_id, Contact.merged_into).where(
        Contact.customer_id == chain.c.survivor_id, Contact.merged_into.is_not(None)
    )
    return chain.union_all(further)


def _within(column: Any, since: Any, before: Any) -> list[Any]:
    found = [] if since is None else [column >= since]
    return found if before is None else [*found, column < before]
