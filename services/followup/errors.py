"""What the follow-up service refuses, in words that a caller can act on."""

from __future__ import annotations

from shared.errors import BadRequest, Conflict, Forbidden, NotFound, Text, TooMany


class SequenceNotFound(NotFound):
    template = Text(
        "There is no sequence {sequence_id}. GET /sequences lists those that exist.",
        de="Es gibt keine Sequenz {sequence_id}. GET /sequences zeigt die vorhandenen.",
    )


class EnrolmentNotFound(NotFound):
    template = Text(
        "There is no enrolment {enrolment_id}.", de="Es gibt keine Einschreibung {enrolment_id}."
    )


class MailNotFound(NotFound):
    template = Text("There is no mail {mail_id}.", de="Es gibt keine Mail {mail_id}.")


class CustomerNotFound(NotFound):
    template = Text(
        "The customer {customer_id} is not known here (yet).",
        de="Der Kunde {customer_id} ist hier (noch) nicht bekannt.",
    )


class SuppressionNotFound(NotFound):
    template = Text(
        "There is no suppression {suppression_id}.", de="Es gibt keine Sperre {suppression_id}."
    )


class OnlyForServices(Forbidden):
    template = Text(
        "Only the services of this installation tell each other events.",
        de="Ereignisse sagen sich nur die Dienste dieser Installation untereinander.",
    )


class UnreadableEvents(BadRequest):
    template = Text(
        "This is no list of urgent CloudEvents: {problem}.",
        de="Das ist keine Liste eiliger CloudEvents: {problem}.",
    )


class NotPossibleInState(Conflict):
    template = Text(
        "This cannot be done with a sequence that is {state}.",
        de="Das geht nicht mit einer Sequenz im Zustand „{state}“.",
    )


class SequenceNotReady(Conflict):
    template = Text(
        "The sequence cannot be activated yet: {problem}",
        de="Die Sequenz kann noch nicht aktiviert werden: {problem}",
    )


class SequenceInUse(Conflict):
    template = Text(
        "{count} customers have been enrolled in this sequence. Archive it instead of deleting it.",
        de="In dieser Sequenz waren schon {count} Kunden. Bitte archivieren statt löschen.",
    )


class EnrolmentEnded(Conflict):
    template = Text(
        "This enrolment has ended already ({state}).",
        de="Diese Einschreibung ist schon beendet ({state}).",
    )


class NotUncertain(Conflict):
    template = Text(
        "Only a mail whose delivery is uncertain can be sent again; this one is {state}.",
        de="Nur eine Mail mit ungewisser Zustellung lässt sich erneut senden; diese ist „{state}“.",
    )


class TooManyInvitations(TooMany):
    template = Text(
        "This address was invited already within the last 24 hours.",
        de="Diese Adresse wurde in den letzten 24 Stunden schon eingeladen.",
    )
