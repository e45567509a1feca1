"""Customers entering sequences."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

from sqlalchemy import Table, select, update
from sqlalchemy.orm import Session

from services.followup import models, rules
from services.followup.actions import planning
from services.followup.actions.leaving import end, resume
from services.followup.models import Enrolment, EnrolmentState
from services.followup.models.sequences import LIVE
from services.followup.queries import sequences as queries
from services.followup.queries.standings import slices, standings
from shared.db import bulk_upsert, new_id
from shared.events.followup import SequenceStarted
from shared.outbox import publish

_ENROLMENTS: Table = Enrolment.__table__  # type: ignore[assignment]
_COLUMNS = (
    "id", "sequence_id", "version_id", "customer_id", "group_id", "run", "state", "reason",
    "entered_at", "started_at", "ended_at", "spread",
)  # fmt: skip


class Entry(NamedTuple):
    """A customer who became a member of a group. `ancestor_ids` are the groups above it."""

    customer_id: UUID
    group_id: UUID
    ancestor_ids: Sequence[UUID]
    start: Literal["yes", "no", "spread"]
    at: datetime


class _Candidate(NamedTuple):
    sequence: models.Sequence
    entry: Entry
    run: int


def enrol(session: Session, entries: Collection[Entry], now: datetime) -> int:
    """Enrol new members in the sequences that start with their group; returns how many were enrolled.

    A customer goes through a sequence once at a time, and anew only as its re-entry policy says.
    """
    _end_by_group(session, entries, now)
    wanted = [entry for entry in entries if entry.start != "no"]
    groups = {entry.group_id for entry in wanted}
    for entry in wanted:
        groups.update(entry.ancestor_ids)
    starting = queries.starting_by(session, groups)
    if not starting:
        return 0
    return enrol_in(session, _candidates(wanted, starting), now)


def _candidates(
    entries: Iterable[Entry], starting: dict[UUID, list[models.Sequence]]
) -> dict[tuple[UUID, UUID], tuple[models.Sequence, Entry]]:
    """Who may enter what: the earliest of several entries into the same sequence counts."""
    found: dict[tuple[UUID, UUID], tuple[models.Sequence, Entry]] = {}
    for entry in sorted(entries, key=lambda e: e.at):
        matching = list(starting.get(entry.group_id, ()))
        for ancestor in entry.ancestor_ids:
            matching += [s for s in starting.get(ancestor, ()) if s.include_subgroups]
        for sequence in matching:
            found.setdefault((sequence.id, entry.customer_id), (sequence, entry))
    return found


def enrol_in(
    session: Session,
    wanted: dict[tuple[UUID, UUID], tuple[models.Sequence, Entry]],
    now: datetime,
) -> int:
    """Enrol by (sequence, customer), as far as the sequences' policies allow it."""
    customers = {customer for _, customer in wanted}
    sequences = {sequence.id: sequence for sequence, _ in wanted.values()}
    before = _enrolled_before(session, customers, sequences)
    excluded = _excluded(session, customers, sequences.values())
    back: list[UUID] = []
    candidates: list[_Candidate] = []
    for key, (sequence, entry) in wanted.items():
        earlier = before.get(key, [])
        if entry.customer_id in excluded.get(sequence.id, ()):
            continue
        paused = [e.id for e in earlier if e.state == "paused" and e.reason == "left_group"]
        if paused:
            back += paused
        elif _may_enter(sequence, earlier):
            candidates.append(_Candidate(sequence, entry, len(earlier) + 1))
    resume(session, back)
    return _insert(session, candidates, now)


def _may_enter(sequence: models.Sequence, earlier: Sequence[Enrolment]) -> bool:
    if not earlier:
        return True
    if any(e.state in LIVE for e in earlier):
        return False
    policy = sequence.rules.reentry
    if policy == "after_leaving":
        return max(earlier, key=lambda e: e.run).left_at is not None
    return policy == "always"


def _enrolled_before(
    session: Session, customers: Collection[UUID], sequences: Collection[UUID]
) -> dict[tuple[UUID, UUID], list[Enrolment]]:
    found: dict[tuple[UUID, UUID], list[Enrolment]] = defaultdict(list)
    for some in slices(customers):
        for row in session.scalars(
            select(Enrolment).where(
                Enrolment.customer_id.in_(some), Enrolment.sequence_id.in_(list(sequences))
            )
        ):
            found[row.sequence_id, row.customer_id].append(row)
    return found


def _excluded(
    session: Session, customers: Collection[UUID], sequences: Iterable[models.Sequence]
) -> dict[UUID, set[UUID]]:
    """For each sequence, the customers in one of its excluding groups."""
    found = {}
    for sequence in sequences:
        groups = [UUID(group_id) for group_id in sequence.excluding_groups]
        if groups:
            found[sequence.id] = set(queries.memberships_in(session, customers, groups))
    return found


def _insert(session: Session, candidates: Sequence[_Candidate], now: datetime) -> int:
    """Write the enrolments and the first mails down."""
    known = standings(session, {c.entry.customer_id for c in candidates})
    rows = {}
    for sequence, entry, run in candidates:
        standing = known.get(entry.customer_id, rules.UNKNOWN)
        hindrance = rules.obstacle(sequence.purpose, standing)
        move = rules.at_entry(hindrance, sequence.rules.on_inactive)
        if move is None:
            continue
        active, ended = move.state == EnrolmentState.ACTIVE, move.state == EnrolmentState.STOPPED
        id_ = new_id()
        rows[id_] = sequence, (
            id_, sequence.id, sequence.version_id, entry.customer_id, entry.group_id, run,
            move.state, move.reason, entry.at, now if active else None, now if ended else None,
            entry.start == "spread",
        )  # fmt: skip
    inserted = bulk_upsert(
        session, _ENROLMENTS, _COLUMNS, [row for _, row in rows.values()],
        key=("sequence_id", "customer_id", "run"), update=(), returning=("id",),
    )  # fmt: skip
    started = [
        _Starting(id_, row[3], row[11], sequence, row[2])
        for (id_,) in inserted
        for sequence, row in (rows[id_],)
        if row[6] == EnrolmentState.ACTIVE
    ]
    _begin(session, started, now)
    return len(inserted)


class _Starting(NamedTuple):
    enrolment_id: UUID
    customer_id: UUID
    spread: bool
    sequence: models.Sequence
    version_id: UUID


def _begin(session: Session, starting: Sequence[_Starting], now: datetime) -> None:
    """Plan the first mail of each and tell that the sequence has started."""
    steps = queries.steps_of(session, {s.version_id for s in starting})
    by_version: dict[UUID, list[_Starting]] = defaultdict(list)
    for start in starting:
        by_version[start.version_id].append(start)
    for version_id, some in by_version.items():
        sequence, first = some[0].sequence, next(iter(steps[version_id]), None)
        if first is not None:
            _plan_first(session, sequence, version_id, first, some, now)
    publish(
        session,
        *(
            SequenceStarted(
                customer_id=s.customer_id,
                enrolment_id=s.enrolment_id,
                sequence_id=s.sequence.id,
                sequence_name=s.sequence.name,
                occurred_at=now,
            )
            for s in starting
        ),
    )


def _plan_first(
    session: Session,
    sequence: models.Sequence,
    version_id: UUID,
    step: models.Step,
    starting: Sequence[_Starting],
    now: datetime,
) -> None:
    # Without spreading they all start at the same moment: its schedule is worked out once.
    at_once = planning.when(sequence, step, now, enrolment_id=starting[0].enrolment_id)
    planned = [
        planning.Planned(
            s.customer_id,
            s.enrolment_id,
            step,
            planning.when(sequence, step, now, enrolment_id=s.enrolment_id, spread=True)
            if s.spread
            else at_once,
        )
        for s in starting
    ]
    paused = sequence.state != models.SequenceState.ACTIVE
    planning.plan_steps(session, sequence, version_id, planned, now, paused=paused)


def start_waiting(session: Session, enrolments: Sequence[Enrolment], now: datetime) -> None:
    """Nothing stands in the way of these any more: begin, with the present steps of their sequence."""
    sequences = queries.by_id(session, {e.sequence_id for e in enrolments})
    starting = []
    for enrolment in enrolments:
        sequence = sequences[enrolment.sequence_id]
        starting.append(
            _Starting(
                enrolment.id, enrolment.customer_id, enrolment.spread, sequence, sequence.version_id
            )
        )
    for some in slices([s.enrolment_id for s in starting]):
        session.execute(
            update(Enrolment)
            .where(Enrolment.id.in_(some), Enrolment.state == EnrolmentState.WAITING)
            .values(state=EnrolmentState.ACTIVE, reason=None, started_at=now)
        )
    for version_id, ids in _by_version(starting).items():
        session.execute(
            update(Enrolment).where(Enrolment.id.in_(ids)).values(version_id=version_id)
        )
    _begin(session, starting, now)


def _by_version(starting: Iterable[_Starting]) -> dict[UUID, list[UUID]]:
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for start in starting:
        found[start.version_id].append(start.enrolment_id)
    return found


def _end_by_group(session: Session, entries: Iterable[Entry], now: datetime) -> None:
    ending = queries.ending_by(session, {entry.group_id for entry in entries})
    for group_id, sequence_ids in ending.items():
        customers = [entry.customer_id for entry in entries if entry.group_id == group_id]
        for some in slices(customers):
            found = session.scalars(
                select(Enrolment).where(
                    Enrolment.customer_id.in_(some),
                    Enrolment.sequence_id.in_(sequence_ids),
                    Enrolment.state.in_(LIVE),
                )
            ).all()
            end(session, found, EnrolmentState.COMPLETED, "end_group", now)
