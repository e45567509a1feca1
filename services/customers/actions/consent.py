"""Asking for permission to write newsletters, giving it and withdrawing it.

The ledger gets an entry for everything that was said, also for what changes nothing any more because it comes
late. What counts is the later of permission and withdrawal.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from services.customers import queries
from services.customers.actions.changes import Changes
from services.customers.actions.customers import held
from services.customers.actions.letters import Letter
from services.customers.errors import EmailNeeded, EvidenceNeeded
from services.customers.models import Customer, email_key_of
from shared.db import new_id, utcnow
from shared.events.customers import OptInConfirmed, OptInRequested, OptInRevoked

Act = Literal["request", "confirm", "revoke"]
_RECORDED = {"request": "requested", "confirm": "confirmed", "revoke": "revoked", "undo": "undone"}


@dataclass(frozen=True, kw_only=True)
class Proof:
    """How permission was asked for, given or withdrawn."""

    way: str
    wording: str | None = None
    form: str | None = None
    evidence: str | None = None
    by: str | None = None
    message_id: str | None = None
    remote_address: str | None = None


def change_opt_in(session: Session, customer_id: UUID, act: Act, proof: Proof) -> Customer:
    """Staff or a form asks for the permission, notes that it was given, or that it was withdrawn."""
    customer = held(session, customer_id)
    now = utcnow()
    if act == "request" and customer.email is None:
        raise EmailNeeded
    if act == "confirm" and not proof.evidence:
        raise EvidenceNeeded
    changes = Changes(session, now=now, source="manual")
    changed = _hear(session, changes, {}, Fact(customer_id, act, now, proof))
    changes.write()
    return changed


class Fact(NamedTuple):
    """What a person said, or was asked. `email`: the mailbox by which it was said, if that is known."""

    customer_id: UUID
    act: Act
    at: datetime
    proof: Proof
    email: str | None = None


def accept_opt_ins(session: Session, clicks: Iterable[tuple[UUID, datetime, str, Proof]]) -> None:
    """Note the permission that persons gave by a click in a mail to the address given.

    It counts only if that is still the customer's address: a click says nothing about another mailbox.
    """
    _take_facts(
        session, [Fact(who, "confirm", at, proof, email) for who, at, email, proof in clicks]
    )


def revoke_opt_ins(session: Session, withdrawals: Iterable[tuple[UUID, datetime, Proof]]) -> None:
    """Note the withdrawals that persons made by a link in a mail."""
    _take_facts(session, [Fact(who, "revoke", at, proof) for who, at, proof in withdrawals])


def hear_from_form(
    session: Session,
    customer_id: UUID,
    at: datetime,
    proof: Proof,
    *,
    email: str | None,
    at_once: bool,
) -> None:
    """Note that somebody agreed in a web form, under this address.

    Whoever knows the address can do that. So it is a request, which the person confirms by their own click;
    with `at_once` it is the permission itself, unless somebody with this address has ever withdrawn it.
    """
    people = queries.people_by_id(session, [customer_id], hold=True)
    customer = people[customer_id]
    address = email or customer.email
    if address is None:
        return
    given = at_once and customer.opt_in_state != "confirmed"
    act: Act = "request"
    if given and not _ever_withdrawn(session, customer, address):
        act = "confirm"
    changes = Changes(session, now=utcnow(), source="web_form")
    _hear(session, changes, people, Fact(customer_id, act, at, proof, address))
    changes.write()


def _ever_withdrawn(session: Session, customer: Customer, email: str) -> bool:
    family = queries.people_by_id(session, queries.family_of(session, customer.id)).values()
    key = email_key_of(email)
    others = [] if key is None else queries.people_by_email(session, [key])
    return any(one.opt_in_revoked_at is not None for one in (*family, *others))


def _take_facts(session: Session, facts: Sequence[Fact]) -> None:
    people = queries.people_by_id(session, {fact.customer_id for fact in facts}, hold=True)
    changes = Changes(session, now=utcnow(), source="web_form")
    for fact in facts:
        person = people.get(fact.customer_id)
        if person is not None and person.erased_at is None:
            _hear(session, changes, people, fact)
    changes.write()


def _hear(session: Session, changes: Changes, people: dict[UUID, Customer], fact: Fact) -> Customer:
    """Note the fact with whom it was said to, and with whom that one was merged into.

    A no holds for everybody who is part of the same customer: it stays with each of them if the merge is
    taken back. Returns the customer that is seen. `people` is brought up to date.
    """
    family = queries.family_of(session, fact.customer_id)
    missing = [i for i in family if i not in people]
    people |= queries.people_by_id(session, missing, hold=True)
    addressed, survivor = people[fact.customer_id], people[family[0]]
    others = family[1:] if fact.act == "revoke" else [fact.customer_id]
    for one in others:
        people[one] = _noted_silently(changes, people[one], fact)
    email = fact.email or addressed.email
    counts = fact.email is None or email_key_of(fact.email) == survivor.email_key
    draft = copy(survivor)
    effective = counts and _APPLY[fact.act](draft, fact.at)
    changes.record(entry(addressed, fact.act, fact.at, fact.proof, effective, changes.now, email))
    if draft != survivor:
        changes.renew(
            survivor, draft, *([letter(fact.act, fact.at, fact.proof)] if effective else [])
        )
        people[survivor.id] = draft
    return people[survivor.id]


def _noted_silently(changes: Changes, part: Customer, fact: Fact) -> Customer:
    """Return the customer, who is part of another one, as of this fact."""
    other_mailbox = fact.email is not None and email_key_of(fact.email) != part.email_key
    if part.merged_into is None or other_mailbox:
        return part
    draft = copy(part)
    _APPLY[fact.act](draft, fact.at)
    if draft == part:
        return part
    changes.renew_silently(part, draft)
    return draft


def note(changes: Changes, customer: Customer, act: Act, at: datetime, proof: Proof) -> Customer:
    """Write the act into the ledger and, if it changes anything, into the customer. Return the customer."""
    draft = copy(customer)
    effective = _APPLY[act](draft, at)
    changes.record(entry(draft, act, at, proof, effective, changes.now))
    if draft == customer:
        return customer
    changes.renew(customer, draft, *([letter(act, at, proof)] if effective else []))
    return draft


_APPLY = {
    "request": Customer.request_opt_in,
    "confirm": Customer.confirm_opt_in,
    "revoke": Customer.revoke_opt_in,
}


def entry(
    customer: Customer,
    act: Act | Literal["undo"],
    at: datetime,
    proof: Proof,
    effective: bool,
    now: datetime,
    email: str | None = None,
) -> dict[str, Any]:
    """Return the ledger's entry. The keys are the same and in the same order for all.

    "undo": what an import brought does not count any more, because the import was undone.
    """
    return {
        "id": new_id(),
        "customer_id": customer.id,
        "action": _RECORDED[act],
        "way": proof.way,
        "occurred_at": at,
        "recorded_at": now,
        "effective": effective,
        "wording": proof.wording,
        "wording_version": None if proof.wording is None else wording_version(proof.wording),
        "form": proof.form,
        "evidence": proof.evidence,
        "by": proof.by,
        "email": email or customer.email,
        "message_id": proof.message_id,
        "remote_address": proof.remote_address,
    }


def wording_version(wording: str) -> str:
    """Return a short mark that is the same exactly where the wording is the same."""
    return hashlib.sha256(wording.encode()).hexdigest()[:12]


def letter(act: Act, at: datetime, proof: Proof) -> Letter:
    """Return how the others are told."""

    def requested(customer: Customer) -> OptInRequested:
        assert customer.email is not None
        return OptInRequested(
            customer_id=customer.id,
            version=customer.version,
            occurred_at=at,
            email=customer.email,
            wording=proof.wording or "",
            form=proof.form,
        )

    def confirmed(customer: Customer) -> OptInConfirmed:
        return OptInConfirmed(
            customer_id=customer.id,
            version=customer.version,
            occurred_at=at,
            way=proof.way,
            email=customer.email,
        )

    def revoked(customer: Customer) -> OptInRevoked:
        return OptInRevoked(
            customer_id=customer.id, version=customer.version, occurred_at=at, way=proof.way
        )

    return {"request": requested, "confirm": confirmed, "revoke": revoked}[act]
