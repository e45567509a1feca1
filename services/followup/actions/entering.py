"""Customers entering sequences."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from services.followup import models, rules
from services.followup.actions.counting import count
from services.followup.actions.holding import ways_home
from services.followup.actions.leaving import end, ended_by_leaving, take_leaving_back
from services.followup.actions.standing import go_on
from services.followup.actions.starting import Starting, begin
from services.followup.models import Enrolment, EnrolmentState, Figure
from services.followup.models.sequences import LIVE, not_over
from services.followup.queries import sequences as queries
from services.followup.queries.standings import slices, standings
from shared.db import among, bulk_upsert, new_id

_ENROLMENTS: Table = Enrolment.__table__  # type: ignore[assignment]
_COLUMNS = (
    "id", "sequence_id", "version_id", "customer_id", "entered_as", "group_id", "run", "state",
    "reason", "entered_at", "started_at", "ended_at", "spread",
)  # fmt: skip


class Entry(NamedTuple):
    """A customer who became a member of a group. `ancestor_ids` are the groups above it."""

    customer_id: UUID
    group_id: UUID
    ancestor_ids: Sequence[UUID]
    start: Literal["yes", "no", "spread"]
    at: datetime
    entered_as: UUID | None = None  # who became the member, if that customer was merged since


GOES_ON = "goes_on"
"""What `kept_out` says of whoever comes back to the group by whose leaving their way paused."""


class _Candidate(NamedTuple):
    sequence: models.Sequence
    entry: Entry
    run: int


def enrol(session: Session, entries: Collection[Entry], now: datetime) -> int:
    """Enrol new members in the sequences that start with their group; returns how many were enrolled.

    A customer goes through a sequence once at a time, and anew only as its re-entry policy says.
    """
    ending = queries.ending_by(session, {entry.group_id for entry in entries})
    groups: set[UUID] = set()
    for entry in entries:
        if entry.start != "no":
            groups.update((entry.group_id, *entry.ancestor_ids))
    starting = queries.starting_by(session, groups)
    matter = starting.keys() | ending.keys()
    concerned = [e for e in entries if not matter.isdisjoint((e.group_id, *e.ancestor_ids))]
    if not concerned:
        return 0
    concerned = at_home(session, concerned)
    _end_by_group(session, concerned, ending, now)
    wanted = [entry for entry in concerned if entry.start != "no"]
    return enrol_in(session, candidates(wanted, starting), now)


def at_home(session: Session, entries: Collection[Entry]) -> list[Entry]:
    """The entries as those of the survivors, where customers were merged; all of them are held still."""
    ways = ways_home(session, {entry.customer_id for entry in entries})
    return [
        entry
        if len(ways[entry.customer_id]) == 1
        else entry._replace(customer_id=ways[entry.customer_id][-1], entered_as=entry.customer_id)
        for entry in entries
    ]


def candidates(
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
    """Enrol by (sequence, customer), as far as the sequences' policies allow it.

    The customers are `at_home`: nothing is learned about them meanwhile.
    """
    customers = {customer for _, customer in wanted}
    sequences = {sequence.id: sequence for sequence, _ in wanted.values()}
    before = enrolled_before(session, customers, sequences)
    excluded = excluded_from(session, customers, sequences.values())
    back: list[Enrolment] = []
    entering: list[_Candidate] = []
    for key, (sequence, entry) in wanted.items():
        earlier = before.get(key, [])
        if _heard_late(session, earlier, entry):
            back.append(max(earlier, key=_run))
            continue
        out = entry.customer_id in excluded.get(sequence.id, ())
        reason = kept_out(sequence, earlier, excluded=out)
        if reason == GOES_ON:
            back += filter(_paused_by_leaving, earlier)
        elif reason is None:
            entering.append(_Candidate(sequence, entry, len(earlier) + 1))
    go_on(session, back, now)
    return _insert(session, entering, now)


def _heard_late(session: Session, earlier: Sequence[Enrolment], entry: Entry) -> bool:
    """Somebody joined before they left another start group, and it is heard after: they have not left.

    Returns whether a way that had ended by it goes on.
    """
    last = max(earlier, key=_run, default=None)
    if last is None or last.left_at is None or last.left_at <= entry.at:
        return False
    last.left_at = None
    if not ended_by_leaving(last) or last.merge_note is not None:
        return False
    take_leaving_back(session, last)
    return True


def _run(enrolment: Enrolment) -> int:
    return enrolment.run


def kept_out(
    sequence: models.Sequence, earlier: Sequence[Enrolment], *, excluded: bool
) -> str | None:
    """Return why a new member of a start group does not enter the sequence; None if they do."""
    if excluded:
        return "excluded_group"
    if any(map(_paused_by_leaving, earlier)):
        return GOES_ON
    if any(e.state in LIVE for e in earlier):
        return "already_in"
    policy = sequence.rules.reentry
    if not earlier or policy == "always":
        return None
    left = max(earlier, key=_run).left_at is not None
    return None if policy == "after_leaving" and left else "been_through"


def first_move(sequence: models.Sequence, standing: rules.Standing) -> rules.Move | None:
    """Return how the way of whoever enters begins; None if it does not."""
    hindrance = rules.obstacle(sequence.purpose, standing)
    return rules.at_entry(hindrance, sequence.rules.on_inactive)


def _paused_by_leaving(enrolment: Enrolment) -> bool:
    return enrolment.state == EnrolmentState.PAUSED and enrolment.reason == "left_group"


def enrolled_before(
    session: Session, customers: Collection[UUID], sequences: Collection[UUID]
) -> dict[tuple[UUID, UUID], list[Enrolment]]:
    found: dict[tuple[UUID, UUID], list[Enrolment]] = defaultdict(list)
    for some in slices(customers):
        for row in session.scalars(
            select(Enrolment).where(
                among(Enrolment.customer_id, some), among(Enrolment.sequence_id, sequences)
            )
        ):
            found[row.sequence_id, row.customer_id].append(row)
    return found


def excluded_from(
    session: Session, customers: Collection[UUID], sequences: Iterable[models.Sequence]
) -> dict[UUID, set[UUID]]:
    """For each sequence, the customers in one of its excluding groups."""
    found = {}
    for sequence in sequences:
        groups = [UUID(group_id) for group_id in sequence.excluding_groups]
        if groups:
            found[sequence.id] = set(queries.memberships_in(session, customers, groups))
    return found


def _insert(session: Session, entering: Sequence[_Candidate], now: datetime) -> int:
    """Write the enrolments and the first mails down."""
    known = standings(session, {candidate.entry.customer_id for candidate in entering})
    rows = {}
    for sequence, entry, run in entering:
        move = first_move(sequence, known.get(entry.customer_id, rules.UNKNOWN))
        if move is None:
            continue
        active, ended = move.state == EnrolmentState.ACTIVE, move.state == EnrolmentState.STOPPED
        id_ = new_id()
        rows[id_] = sequence, (
            id_, sequence.id, sequence.version_id, entry.customer_id, entry.entered_as,
            entry.group_id, run, move.state, move.reason, entry.at, now if active else None,
            now if ended else None, entry.start == "spread",
        )  # fmt: skip
    inserted = bulk_upsert(
        session, _ENROLMENTS, _COLUMNS, [row for _, row in rows.values()],
        key=("sequence_id", "customer_id", "run"), update=(), returning=("id",),
    )  # fmt: skip
    for sequence, n in Counter(rows[id_][0] for (id_,) in inserted).items():
        count(session, sequence.id, sequence.version_id, Figure.ENROLLED, now, n)
    started = [
        Starting(id_, row[3], row[12], sequence, row[2], row[4])
        for (id_,) in inserted
        for sequence, row in (rows[id_],)
        if row[7] == EnrolmentState.ACTIVE
    ]
    begin(session, started, now)
    return len(inserted)


def _end_by_group(
    session: Session, entries: Iterable[Entry], ending: dict[UUID, list[UUID]], now: datetime
) -> None:
    for group_id, sequence_ids in ending.items():
        customers = [entry.customer_id for entry in entries if entry.group_id == group_id]
        for some in slices(customers):
            found = session.scalars(
                select(Enrolment).where(
                    among(Enrolment.customer_id, some),
                    Enrolment.sequence_id.in_(sequence_ids),
                    not_over(),
                )
            ).all()
            end(session, found, EnrolmentState.COMPLETED, "end_group", now)
