"""What this service does when it hears of customers: it keeps its copy, lets merged ones be one, lets go of
the erased, and keeps the facts that selections ask about.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from services.groups import actions
from services.groups.families import Heard
from services.groups.rules import is_id
from shared.consumer import Handler
from shared.events import Event
from shared.events.customers import (
    ActivityRecorded,
    CustomerChanged,
    CustomerDeactivated,
    CustomerErased,
    CustomerReactivated,
    CustomerRegistered,
    CustomersMerged,
    HistoryEntryAdded,
    HistoryEntryChanged,
    HistoryEntryDeleted,
    MergeUndone,
    SelectionAsked,
)
from shared.events.followup import MailBounced, MailFailed, MailSent, TopicsChosen


def on_customer_registered(session: Session, events: Sequence[CustomerRegistered]) -> None:
    """Know the new customers, and put them into the default groups of where they came from."""
    actions.note_contacts(session, [e.customer for e in events])
    actions.add_to_default_groups(session, [(e.customer_id, e.source) for e in events])


def on_customer_changed(session: Session, events: Sequence[CustomerChanged]) -> None:
    actions.note_contacts(session, [e.customer for e in events])


def on_customer_deactivated(session: Session, events: Sequence[CustomerDeactivated]) -> None:
    actions.note_activity(session, [(e.customer_id, e.version, False) for e in events])


def on_customer_reactivated(session: Session, events: Sequence[CustomerReactivated]) -> None:
    actions.note_activity(session, [(e.customer_id, e.version, True) for e in events])


def on_customer_erased(session: Session, events: Sequence[CustomerErased]) -> None:
    """End the customers' memberships, and forget them and their values."""
    actions.erase_contacts(session, [(e.customer_id, e.version, e.occurred_at) for e in events])


def on_customers_merged(session: Session, events: Sequence[CustomersMerged]) -> None:
    """Let the survivors have what the merged customers have."""
    actions.merge_people(
        session,
        [
            Heard(
                loser_id=loser_id,
                loser_version=version,
                survivor_id=event.customer_id,
                survivor_version=event.version,
                operation_id=event.operation_id,
                place=place,
                chosen=event.attributes,
            )
            for event in events
            for place, (loser_id, version) in enumerate(
                zip(event.merged_ids, event.merged_versions, strict=True)
            )
        ],
    )


def on_merge_undone(session: Session, events: Sequence[MergeUndone]) -> None:
    """Let merged customers stand for themselves again, with what was theirs."""
    actions.undo_merges(
        session,
        [
            pair
            for event in events
            for pair in zip(event.merged_ids, event.merged_versions, strict=True)
        ],
    )
    actions.repeat_refusals(session, {id_ for event in events for id_ in event.merged_ids})


def on_activity_recorded(session: Session, events: Sequence[ActivityRecorded]) -> None:
    """Keep the facts, and give what was sent in by web forms to whom it turned out to be."""
    actions.keep_activities(session, events)
    actions.settle_submissions(
        session,
        [
            (UUID(e.external_id), e.customer_id)
            for e in events
            if (e.kind, e.source) == ("form", "web_form") and e.external_id and is_id(e.external_id)
        ],
    )


def on_history_entry_added(session: Session, events: Sequence[HistoryEntryAdded]) -> None:
    actions.keep_history(session, events)


def on_history_entry_changed(session: Session, events: Sequence[HistoryEntryChanged]) -> None:
    actions.keep_history(session, events)


def on_history_entry_deleted(session: Session, events: Sequence[HistoryEntryDeleted]) -> None:
    actions.keep_history(session, events)


def on_selection_asked(session: Session, events: Sequence[SelectionAsked]) -> None:
    """Tell whom selections mean that acts on many wait for."""
    actions.answer_selections(session, events)


def on_mail_sent(session: Session, events: Sequence[MailSent]) -> None:
    actions.keep_mails(session, events)


def on_mail_failed(session: Session, events: Sequence[MailFailed]) -> None:
    actions.keep_mails(session, events)


def on_mail_bounced(session: Session, events: Sequence[MailBounced]) -> None:
    actions.keep_mails(session, events)


def on_topics_chosen(session: Session, events: Sequence[TopicsChosen]) -> None:
    """Have the customers in the topics that they chose."""
    actions.follow_choices(session, events)


HANDLERS: dict[type[Event], Handler] = {
    CustomerRegistered: on_customer_registered,
    CustomerChanged: on_customer_changed,
    CustomerDeactivated: on_customer_deactivated,
    CustomerReactivated: on_customer_reactivated,
    CustomerErased: on_customer_erased,
    CustomersMerged: on_customers_merged,
    MergeUndone: on_merge_undone,
    ActivityRecorded: on_activity_recorded,
    HistoryEntryAdded: on_history_entry_added,
    HistoryEntryChanged: on_history_entry_changed,
    HistoryEntryDeleted: on_history_entry_deleted,
    SelectionAsked: on_selection_asked,
    MailSent: on_mail_sent,
    MailFailed: on_mail_failed,
    MailBounced: on_mail_bounced,
    TopicsChosen: on_topics_chosen,
}
