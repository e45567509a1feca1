"""What this service does when it hears something."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from services.customers import actions
from services.customers.actions import (
    AttributeNews,
    GroupNews,
    MembershipNews,
    OwnMail,
    Proof,
    SelectedPart,
    SentForm,
)
from shared.errors import Text
from shared.events import Event, followup, groups, importer
from shared.events.followup import MailSent, OptInAccepted, SequenceStarted, Unsubscribed
from shared.events.groups import (
    AttributeDefined,
    AttributeRemoved,
    CustomerAddedToGroup,
    CustomerRemovedFromGroup,
    CustomersSelected,
    FormSubmitted,
    GroupChanged,
    GroupCreated,
    GroupDeleted,
)

Forgotten = groups.CustomerForgotten | importer.CustomerForgotten | followup.CustomerForgotten
Handler = Callable[[Session, list[Any]], None]


def on_group_created(session: Session, events: list[GroupCreated]) -> None:
    """Know the new groups."""
    actions.learn_groups(session, [_group(e) for e in events])


def on_group_changed(session: Session, events: list[GroupChanged]) -> None:
    """Know the groups by their new paths."""
    actions.learn_groups(session, [_group(e) for e in events])


def on_group_deleted(session: Session, events: list[GroupDeleted]) -> None:
    """Show the groups no more."""
    actions.learn_groups(
        session,
        [GroupNews(group_id=e.group_id, version=e.version, deleted=True) for e in events],
    )


def on_customer_added_to_group(session: Session, events: list[CustomerAddedToGroup]) -> None:
    """Show the customers in their new groups."""
    actions.learn_memberships(session, [_membership(e, member=True) for e in events])


def on_customer_removed_from_group(
    session: Session, events: list[CustomerRemovedFromGroup]
) -> None:
    """Show the customers in these groups no more."""
    actions.learn_memberships(session, [_membership(e, member=False) for e in events])


def on_opt_in_accepted(session: Session, events: list[OptInAccepted]) -> None:
    """Confirm the permission in the ledger: the person clicked."""
    actions.accept_opt_ins(
        session,
        [
            (
                e.customer_id,
                e.occurred_at,
                e.email,
                Proof(
                    way="click",
                    wording=e.wording,
                    message_id=e.message_id,
                    remote_address=e.remote_address,
                ),
            )
            for e in events
        ],
    )


def on_unsubscribed(session: Session, events: list[Unsubscribed]) -> None:
    """Note the withdrawal in the ledger."""
    actions.revoke_opt_ins(
        session, [(e.customer_id, e.occurred_at, Proof(way=e.way)) for e in events]
    )


def on_sequence_started(session: Session, events: list[SequenceStarted]) -> None:
    """Show on the timelines which sequences have begun."""
    actions.record_own_mails(
        session,
        "sequence",
        [OwnMail(e.enrolment_id, e.customer_id, e.occurred_at, e.sequence_name) for e in events],
    )


def on_mail_sent(session: Session, events: list[MailSent]) -> None:
    """Show on the timelines which mails were sent."""
    actions.record_own_mails(
        session,
        "mail",
        [OwnMail(e.mail_id, e.customer_id, e.occurred_at, e.subject_line) for e in events],
    )


def on_form_submitted(session: Session, events: list[FormSubmitted]) -> None:
    """Let whoever filled in a form become a customer, and note what they agreed to."""
    actions.take_forms(
        session,
        [
            SentForm(
                submission_id=e.submission_id,
                title=e.form_title,
                at=e.occurred_at,
                fields=e.fields,
                attributes=e.attributes,
                wording=(e.consent or {}).get("wording"),
                form=(e.consent or {}).get("form"),
                double_opt_in=e.double_opt_in,
                remote_address=e.remote_address,
            )
            for e in events
        ],
    )


def on_customers_selected(session: Session, events: list[CustomersSelected]) -> None:
    """Collect whom operations are about that waited to hear it."""
    actions.take_selected(
        session,
        [
            SelectedPart(
                e.request_id,
                e.part,
                e.last,
                e.customer_ids,
                None if e.problem is None else Text(e.problem, de=e.problem_de or e.problem),
            )
            for e in events
        ],
    )


def on_attribute_defined(session: Session, events: list[AttributeDefined]) -> None:
    """Know how the attributes of bookings and history entries are to be read."""
    actions.learn_attributes(
        session,
        [
            AttributeNews(
                attribute_id=e.attribute_id,
                version=e.version,
                scope=e.scope,
                key=e.key,
                label=e.label,
                type=e.type,
                choices=e.choices,
                required=e.required_staff,
                pattern=e.pattern,
                pattern_hint=e.pattern_hint,
                position=e.position,
            )
            for e in events
        ],
    )


def on_attribute_removed(session: Session, events: list[AttributeRemoved]) -> None:
    """Take no more values of these attributes; those that are kept stay readable."""
    actions.learn_attributes(
        session,
        [
            AttributeNews(
                attribute_id=e.attribute_id,
                version=e.version,
                scope=e.scope,
                key=e.key,
                removed=True,
            )
            for e in events
        ],
    )


def on_customer_forgotten(session: Session, events: list[Forgotten]) -> None:
    """Put on the receipt that another service has let go of the person."""
    for event in events:
        service = event.name.partition(".")[0]
        actions.note_forgotten(session, service, [(event.customer_id, event.occurred_at)])


def _group(event: GroupCreated | GroupChanged) -> GroupNews:
    return GroupNews(
        group_id=event.group_id,
        version=event.version,
        path=event.path,
        ancestor_ids=tuple(event.ancestor_ids),
        origin=event.origin,
    )


def _membership(
    event: CustomerAddedToGroup | CustomerRemovedFromGroup, *, member: bool
) -> MembershipNews:
    return MembershipNews(
        customer_id=event.customer_id,
        group_id=event.group_id,
        group_path=event.group_path,
        ancestor_ids=tuple(event.ancestor_ids),
        member=member,
        changed_at=event.occurred_at,
    )


HANDLERS: dict[type[Event], Handler] = {
    GroupCreated: on_group_created,
    GroupChanged: on_group_changed,
    GroupDeleted: on_group_deleted,
    CustomerAddedToGroup: on_customer_added_to_group,
    CustomerRemovedFromGroup: on_customer_removed_from_group,
    FormSubmitted: on_form_submitted,
    CustomersSelected: on_customers_selected,
    AttributeDefined: on_attribute_defined,
    AttributeRemoved: on_attribute_removed,
    SequenceStarted: on_sequence_started,
    MailSent: on_mail_sent,
    OptInAccepted: on_opt_in_accepted,
    Unsubscribed: on_unsubscribed,
    groups.CustomerForgotten: on_customer_forgotten,
    importer.CustomerForgotten: on_customer_forgotten,
    followup.CustomerForgotten: on_customer_forgotten,
}
