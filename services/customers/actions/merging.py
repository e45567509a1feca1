"""Making several customers one, and taking that back.

A merge is a pointer: the loser's row stays as it is and names its survivor. Whatever is recorded about the
loser keeps its id, and readers ask for the whole family. So nothing has to be moved here, and after taking it
back everything is with the one it was addressed to.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from services.customers import queries
from services.customers.actions import letters
from services.customers.actions.changes import Changes
from services.customers.actions.choosing import chosen
from services.customers.actions.comparing import compare_again
from services.customers.actions.consent import Act, Proof, entry, letter
from services.customers.actions.home import home_of
from services.customers.actions.letters import Letter
from services.customers.errors import (
    CustomerMerged,
    CustomerNotFound,
    MergeStands,
    MergeWithItself,
    Nameless,
)
from services.customers.models import (
    Customer,
    OptInState,
    differences,
    merges,
    operations,
    plain,
    restored,
)
from shared.db import bulk_insert, new_id, utcnow

_ACTS: dict[OptInState, Act] = {"confirmed": "confirm", "revoked": "revoke"}
"""What a merge may make of the survivor's permission, and the act that the ledger calls it."""


@dataclass(frozen=True)
class Merge:
    """Several customers made one: `survivor` is what comes of it. Without an operation it was only tried."""

    survivor: Customer
    losers: list[Customer]
    operation_id: UUID | None = None


def merge_customers(
    session: Session,
    survivor_id: UUID,
    loser_ids: Sequence[UUID],
    choose: Mapping[str, UUID],
    *,
    by: str,
    dry_run: bool = False,
) -> Merge:
    """Make the losers part of the survivor.

    `choose` says by field from whom its value is taken; `attribute:<key>` chooses an attribute's value. See
    `choosing.chosen` for fields that nobody chose. Raises CustomerNotFound, CustomerMerged,
    MergeWithItself, Nameless or WrongChoice.
    """
    plan = _planned(session, survivor_id, loser_ids, choose, hold=not dry_run)
    [merge] = _carry_out(session, [plan], by=by, dry_run=dry_run)
    return merge


def merge_clusters(
    session: Session, clusters: Sequence[Sequence[UUID]], *, by: str, dry_run: bool = False
) -> list[Merge]:
    """Make each cluster of customers one, its first surviving; all of them are one operation."""
    plans = [
        _planned(session, cluster[0], cluster[1:], {}, hold=not dry_run) for cluster in clusters
    ]
    return _carry_out(session, plans, by=by, dry_run=dry_run)


@dataclass(frozen=True)
class _Plan:
    before: Customer
    after: Customer
    losers: list[Customer]
    attributes: dict[str, UUID]

    @property
    def changed(self) -> dict[str, list[Any]]:
        """What the merge changes at the survivor: by field [before, after]."""
        return {
            name: [before, plain(getattr(self.after, name))]
            for name, before in differences(self.before, self.after).items()
        }


def _planned(
    session: Session,
    survivor_id: UUID,
    loser_ids: Sequence[UUID],
    choose: Mapping[str, UUID],
    *,
    hold: bool,
) -> _Plan:
    ids = list(dict.fromkeys(loser_ids))
    if survivor_id in ids:
        raise MergeWithItself
    people = queries.people_by_id(session, {survivor_id, *ids}, hold=hold)
    survivor, *losers = [_standing(people, customer_id) for customer_id in (survivor_id, *ids)]
    choice = chosen(survivor, losers, choose)
    after = copy(survivor)
    after.restore(choice.values, home_of(session))
    if not after.identified:
        raise Nameless
    return _Plan(survivor, after, losers, choice.attributes)


def _standing(people: Mapping[UUID, Customer], customer_id: UUID) -> Customer:
    person = people.get(customer_id)
    if person is None or person.erased_at is not None:
        raise CustomerNotFound(customer_id=customer_id)
    if person.merged_into is not None:
        raise CustomerMerged(customer_id, person.merged_into)
    return person


def _carry_out(session: Session, plans: Sequence[_Plan], *, by: str, dry_run: bool) -> list[Merge]:
    if dry_run or not plans:
        return [Merge(plan.after, plan.losers) for plan in plans]
    now, operation_id = utcnow(), new_id()
    changes = Changes(session, now=now, source="manual")
    for plan in plans:
        _merge(changes, plan, operation_id)
    count = sum(len(plan.losers) for plan in plans)
    session.execute(
        insert(operations).values(
            id=operation_id, kind="merge", state="finished", count=count, done=count, changed=count,
            kept=0, request={}, created_at=now, created_by=by, finished_at=now,
        )
    )  # fmt: skip
    bulk_insert(
        session,
        merges,
        ("operation_id", "loser_id", "survivor_id", "changed"),
        [
            (operation_id, loser.id, plan.after.id, {} if i else plan.changed)
            for plan in plans
            for i, loser in enumerate(plan.losers)
        ],
    )
    changes.write()
    compare_again(session, [p.id for plan in plans for p in (plan.after, *plan.losers)])
    return [Merge(plan.after, plan.losers, operation_id) for plan in plans]


def _merge(changes: Changes, plan: _Plan, operation_id: UUID) -> None:
    absorbed = [changes.absorb(loser, plan.after.id) for loser in plan.losers]
    told: list[Letter] = [letters.merged(absorbed, operation_id, plan.attributes)]
    state = plan.after.opt_in_state
    if state != plan.before.opt_in_state and state in _ACTS:
        act: Act = _ACTS[state]
        at = getattr(plan.after, f"opt_in_{state}_at")
        numbers = ", ".join(str(loser.number) for loser in plan.losers)
        proof = Proof(way="merge", evidence=numbers)
        changes.record(entry(plan.after, act, at, proof, True, changes.now))
        told.append(letter(act, at, proof))
    changes.replace(plan.before, plan.after, *told)


def undo_merges(session: Session, operation_id: UUID) -> int:
    """Let the customers of a merge stand for themselves again.

    What the merge changed at the survivor and nobody has changed since becomes what it was. Returns how many
    customers stay merged because their survivor was merged with another since; raises MergeStands if that is
    all of them.
    """
    rows = session.execute(select(merges).where(merges.c.operation_id == operation_id)).all()
    people = queries.people_by_id(
        session, {i for row in rows for i in (row.survivor_id, row.loser_id)}, hold=True
    )
    changes = Changes(session, now=utcnow(), source="manual")
    families: defaultdict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        if not people[row.survivor_id].gone:
            families[row.survivor_id].append(row)
    if not families:
        raise MergeStands(number=people[rows[0].survivor_id].number)
    for survivor_id, some in families.items():
        losers = [people[row.loser_id] for row in some]
        changed: dict[str, Any] = next((row.changed for row in some if row.changed), {})
        _part(session, changes, people[survivor_id], losers, changed, operation_id)
    changes.write()
    parted = [row.loser_id for some in families.values() for row in some]
    compare_again(session, [*families, *parted])
    return len(rows) - len(parted)


def _part(
    session: Session,
    changes: Changes,
    survivor: Customer,
    losers: Sequence[Customer],
    changed: Mapping[str, Sequence[Any]],
    operation_id: UUID,
) -> None:
    leaving = {loser.id for loser in losers}
    others = queries.merged_into(session, survivor.id, but=leaving)
    values = {
        name: restored(name, before)
        for name, (before, after) in changed.items()
        if plain(getattr(survivor, name)) == after
    }
    brought = {s for loser in losers for s in loser.sources.split()}
    own = set(changed.get("sources", [survivor.sources])[0].split())
    own |= {s for other in others for s in other.sources.split()}
    values["sources"] = " ".join(
        s for s in survivor.sources.split() if s in own or s not in brought
    )
    values["former_numbers"] = " ".join(
        number for one in others for number in (str(one.number), *one.former_numbers.split())
    )
    draft = copy(survivor)
    draft.restore(values, changes.home)
    if not draft.identified:  # what it was known by since has gone: better too much than nameless
        draft = copy(survivor)
    released = [changes.release(loser) for loser in losers]
    changes.replace(survivor, draft, letters.merge_undone(released, operation_id))
    for loser in released:
        changes.tell_changed(loser)
