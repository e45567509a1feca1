"""Customers who turn out to be one, or to be two after all: what belongs to them goes where it belongs.

Every row knows under whose id it came about. So the place of all rows follows from the pointers alone, in
whatever order merges and their undoings are heard.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Table, and_, case, func, or_, select, update
from sqlalchemy.orm import Session

from services.followup.actions import joining, planning
from services.followup.actions.advancing import advance_from_last
from services.followup.actions.holding import ways_home
from services.followup.actions.standing import reconsider
from services.followup.models import Enrolment, Invitation, Mail, Phase, Recipient
from services.followup.queries import families
from services.followup.queries import sequences as queries
from services.followup.queries.standings import erased_of
from shared.db import among, bulk_upsert, wake

_RECIPIENTS: Table = Recipient.__table__  # type: ignore[assignment]
_NOT_ON_THE_WAY = (Phase.CLAIMED, Phase.BEGUN)


class Pointer(NamedTuple):
    """Whom a customer is one with as of its version, nobody if None."""

    customer_id: UUID
    merged_into: UUID | None
    version: int


def hear(session: Session, told: Iterable[Pointer], now: datetime) -> None:
    """Customers were merged, or separated again. For each of them its newest version counts."""
    newest: dict[UUID, Pointer] = {}
    for pointer in told:
        known = newest.get(pointer.customer_id)
        if known is None or known.version < pointer.version:
            newest[pointer.customer_id] = pointer
    targets = {p.merged_into for p in newest.values() if p.merged_into is not None}
    ways_home(session, newest.keys() | targets)
    before = _Before(session, newest)
    # Nobody is one with somebody who was erased: those who were went together.
    gone = erased_of(session, targets)
    bulk_upsert(
        session,
        _RECIPIENTS,
        ("customer_id", "version", "active", "active_version", "consent", "consent_version",
         "merged_into", "merge_version"),
        [
            (p.customer_id, 0, True, 0, "none", 0, None if p.merged_into in gone else p.merged_into,
             p.version)
            for _, p in sorted(newest.items())
        ],
        key=("customer_id",),
        update=("merged_into", "merge_version"),
        where="old.erased_at IS NULL AND new.merge_version > old.merge_version",
    )  # fmt: skip
    _follow(session, before, now)


def separate(session: Session, erased: Collection[UUID], now: datetime) -> None:
    """These were erased: whoever was one with them stands for itself again, as do they.

    A whole family is erased together. Who is not among the erased was separated before, and it was not heard.
    """
    below = families.below(session, erased)
    before = _Before(session, {*erased, *below})
    alone = or_(among(Recipient.customer_id, erased), among(Recipient.merged_into, erased))
    session.execute(
        update(Recipient).where(alone).values(merged_into=None),
        execution_options={"synchronize_session": False},
    )
    _follow(session, before, now)


class _Before:
    """How things were: whom each of the customers was merged into, and with whom its rows were."""

    def __init__(self, session: Session, customer_ids: Iterable[UUID]) -> None:
        self.customer_ids = list(customer_ids)
        self.into = families.pointers(session, self.customer_ids)
        self.homes = families.homes(session, self.customer_ids)


def _follow(session: Session, before: _Before, now: datetime) -> None:
    """Have everything follow the pointers that have changed."""
    into = families.pointers(session, before.customer_ids)
    changed = [id_ for id_ in before.customer_ids if into.get(id_) != before.into.get(id_)]
    if not changed:
        return
    moving = {*changed, *families.below(session, changed)}
    homes = families.homes(session, moving)
    places = {*homes.values(), *(before.homes[id_] for id_ in changed)}
    # Mails before enrolments: the order in which a mailer writes an outcome down.
    _move(session, Mail, homes)
    planning.recall(session, among(Mail.customer_id, places), _NOT_ON_THE_WAY)
    _move(session, Invitation, homes)

    found = session.scalars(
        select(Enrolment)
        .where(among(Enrolment.customer_id, places))
        .order_by(Enrolment.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    leaving = [e for e in found if e.origin in homes and e.customer_id != homes[e.origin]]
    sequences = queries.by_id(session, {e.sequence_id for e in found})
    resumed: joining.Resumed = {}
    apart = {id_ for id_ in changed if id_ in before.into}
    if apart:
        touched = {(e.customer_id, e.sequence_id) for e in leaving}
        as_one = [e for e in found if (e.customer_id, e.sequence_id) in touched]
        gone = erased_of(session, {e.origin for e in as_one})
        resumed = joining.take_back(session, as_one, sequences, gone, now)
    for enrolment in leaving:
        home = homes[enrolment.origin]
        enrolment.entered_as = None if enrolment.origin == home else enrolment.origin
        enrolment.customer_id = home
    if leaving:
        _number(session, found)
    live = joining.Live(session, found)
    by_place: dict[tuple[UUID, UUID], list[Enrolment]] = defaultdict(list)
    for enrolment in found:
        by_place[enrolment.customer_id, enrolment.sequence_id].append(enrolment)
    for (_, sequence_id), ways in by_place.items():
        joining.join(session, sequences[sequence_id], ways, resumed, now)
    reconsider(session, places, now)
    live.note(session, now)
    advance_from_last(session, [e for e in found if e.id in resumed], now)
    wake(session, planning.CHANNEL)


def _move(
    session: Session, model: type[Mail] | type[Invitation], homes: Mapping[UUID, UUID]
) -> None:
    together: dict[UUID, list[UUID]] = defaultdict(list)
    for origin, home in homes.items():
        together[home].append(origin)
    for home, origins in together.items():
        came = func.coalesce(model.entered_as, model.customer_id)
        session.execute(
            update(model)
            .where(came_as(model, origins), model.customer_id != home)
            .values(customer_id=home, entered_as=case((came == home, None), else_=came)),
            execution_options={"synchronize_session": False},
        )


def came_as(
    model: type[Mail] | type[Invitation] | type[Enrolment], customer_ids: Collection[UUID]
) -> ColumnElement[bool]:
    """Rows that came about under one of these ids."""
    return or_(
        and_(model.entered_as.is_not(None), among(model.entered_as, customer_ids)),
        and_(model.entered_as.is_(None), among(model.customer_id, customer_ids)),
    )


def _number(session: Session, enrolments: Collection[Enrolment]) -> None:
    """Count each customer's ways through each sequence in the order in which they began."""
    counted: dict[tuple[UUID, UUID], int] = defaultdict(int)
    runs: dict[UUID, int] = {}
    for enrolment in sorted(enrolments, key=lambda e: e.id):
        place = enrolment.customer_id, enrolment.sequence_id
        counted[place] += 1
        runs[enrolment.id] = counted[place]
    # In two steps: no number may be there twice at any moment.
    for enrolment in enrolments:
        enrolment.run = -runs[enrolment.id]
    session.flush()
    for enrolment in enrolments:
        enrolment.run = runs[enrolment.id]
    session.flush()
