"""Asking for permission to write newsletters, giving it and withdrawing it.

The ledger gets an entry for everything that was said, also for what changes nothing any more because it comes
late. What counts is the later of permission and withdrawal.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy.orm import Session

from services.customers import queries
from services.customers.actions.changes import Changes, Letter
from services.customers.actions.customers import held
from services.customers.errors import EmailNeeded, EvidenceNeeded
from services.customers.models import Customer, email_key_of
from shared.db import new_id, utcnow
from shared.events.customers import OptInConfirmed, OptInRequested, OptInRevoked

Act = Literal["request", "confirm", "revoke"]
_RECORDED: dict[Act, str] = {"request": "requested", "confirm": "confirmed", "revoke": "revoked"}


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
    customer = note(changes, customer, act, now, proof)
    changes.write()
    return customer


def accept_opt_ins(session: Session, clicks: Iterable[tuple[UUID, datetime, str, Proof]]) -> None:
    """Note the permission that persons gave by a click in a mail to the address given.

    It counts only if that is still the customer's address: a click says nothing about another mailbox.
    """
    _take_facts(session, [(who, "confirm", at, email, proof) for who, at, email, proof in clicks])


def revoke_opt_ins(session: Session, withdrawals: Iterable[tuple[UUID, datetime, Proof]]) -> None:
    """Note the withdrawals that persons made by a link in a mail."""
    _take_facts(session, [(who, "revoke", at, None, proof) for who, at, proof in withdrawals])


def _take_facts(
    session: Session, facts: list[tuple[UUID, Act, datetime, str | None, Proof]]
) -> None:
    people = queries.people_by_id(session, {fact[0] for fact in facts}, hold=True)
    changes = Changes(session, now=utcnow(), source="web_form")
    for who, act, at, email, proof in facts:
        person = people.get(who)
        if person is None or person.erased_at is not None:
            continue
        other = email is not None and email_key_of(email) != person.email_key
        people[who] = note(changes, person, act, at, proof, email=email, counts=not other)
    changes.write()


def note(
    changes: Changes,
    customer: Customer,
    act: Act,
    at: datetime,
    proof: Proof,
    *,
    email: str | None = None,
    counts: bool = True,
) -> Customer:
    """Write the act into the ledger and, if it changes anything, into the customer. Return the customer."""
    draft = copy(customer)
    effective = counts and _APPLY[act](draft, at)
    changes.record(entry(draft, act, at, proof, effective, changes.now, email))
    if draft == customer:
        return customer
    changes.renew(draft, letter(act, at, proof) if effective else None)
    return draft


_APPLY = {
    "request": Customer.request_opt_in,
    "confirm": Customer.confirm_opt_in,
    "revoke": Customer.revoke_opt_in,
}


def entry(
    customer: Customer,
    act: Act,
    at: datetime,
    proof: Proof,
    effective: bool,
    now: datetime,
    email: str | None = None,
) -> dict[str, Any]:
    """Return the ledger's entry. The keys are the same and in the same order for all."""
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
