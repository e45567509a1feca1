"""What the customers service refuses, in words that a caller can act on."""

from __future__ import annotations

from shared.errors import BadRequest, Invalid, NotFound, Text, Unavailable


class CustomerNotFound(NotFound):
    template = Text(
        "There is no customer {customer_id}. GET /customers lists those that exist.",
        de="Es gibt keinen Kunden {customer_id}. GET /customers listet die vorhandenen.",
    )


class Nameless(Invalid):
    template = Text(
        "A customer needs at least a last name, a company, an e-mail address or a telephone number.",
        de="Ein Kunde braucht mindestens Nachname, Firma, E-Mail-Adresse oder Telefonnummer.",
    )

    def __init__(self) -> None:
        super().__init__(errors={"last_name": [self.template]})


class EmailNeeded(Invalid):
    template = Text(
        "This customer has no e-mail address to which an invitation could be sent.",
        de="Dieser Kunde hat keine E-Mail-Adresse, an die eine Einladung gehen könnte.",
    )

    def __init__(self) -> None:
        super().__init__(errors={"action": [self.template]})


class EvidenceNeeded(Invalid):
    template = Text(
        "Say in 'evidence' how the customer gave permission, for instance 'signed card of 3 May'.",
        de="Bitte unter 'evidence' angeben, wie der Kunde zugestimmt hat, etwa 'Karte vom 3. Mai'.",
    )

    def __init__(self) -> None:
        super().__init__(errors={"evidence": [self.template]})


class BadCursor(Invalid):
    template = Text(
        "This cursor is not one of this list; start without one.",
        de="Dieser Cursor gehört nicht zu dieser Liste; bitte ohne beginnen.",
    )

    def __init__(self) -> None:
        super().__init__(errors={"cursor": [self.template]})


class BatchUnreadable(BadRequest):
    template = Text(
        "The body is not JSON: {reason}.", de="Der Inhalt der Anfrage ist kein JSON: {reason}."
    )


class BatchRefused(Invalid):
    """The batch as a whole is not what it should be; single rows are refused one by one instead."""


class StillBusy(Unavailable):
    """Others changed the same customers again and again while this was at work."""

    template = Text(
        "These customers are being changed by others at this moment. Please try again.",
        de="Diese Kunden werden gerade von anderen geändert. Bitte noch einmal versuchen.",
    )


UNKNOWN_FIELD = Text("There is no such field.", de="Dieses Feld gibt es nicht.")
NOT_AN_OBJECT = Text("The row is not an object.", de="Die Zeile ist kein Objekt.")
NOT_AN_ID = Text("This is not an id (UUID).", de="Das ist keine gültige Kennung (UUID).")
NOT_A_NUMBER = Text("This is not a positive whole number.", de="Das ist keine positive ganze Zahl.")
BAD_REF = Text(
    "ref is a text of at most 200 characters or a whole number.",
    de="ref ist ein Text mit höchstens 200 Zeichen oder eine ganze Zahl.",
)
NAMELESS = Nameless.template
NO_SUCH_NUMBER = Text(
    "There is no customer number {number}. Numbers are given by the system: leave it out for a new one.",
    de="Es gibt keine Kundennummer {number}. Nummern vergibt das System: für neue Kunden weglassen.",
)
NOBODY_MATCHES = Text(
    "Nobody matches this row, and new customers are not to be created.",
    de="Zu dieser Zeile passt kein Kunde, und neue sollen nicht angelegt werden.",
)
EXISTS_ALREADY = Text(
    "This is customer {number} already, and existing ones are not to be changed.",
    de="Das ist schon der Kunde {number}, und vorhandene sollen nicht geändert werden.",
)
TWO_PERSONS = Text(
    "The row fits several customers: {customers}. Give the id or the number of the right one.",
    de="Die Zeile passt zu mehreren Kunden: {customers}. Bitte Id oder Nummer des richtigen angeben.",
)
CONTRADICTION = Text(
    "Id and number belong to different customers: {customers}.",
    de="Id und Nummer gehören zu verschiedenen Kunden: {customers}.",
)
CHANGED_MEANWHILE = Text(
    "Somebody else changed this customer meanwhile (version {stored} instead of {given}).",
    de="Der Kunde wurde inzwischen von jemand anderem geändert (Version {stored} statt {given}).",
)
ERASED = Text(
    "This customer was erased and cannot come back under the same id or number.",
    de="Dieser Kunde wurde gelöscht und kann unter dieser Id oder Nummer nicht wiederkommen.",
)
STAYS_REVOKED = Text(
    "The customer has withdrawn the permission; an import cannot give it back.",
    de="Der Kunde hat widerrufen; ein Import kann die Einwilligung nicht zurückbringen.",
)
OPT_IN_SHAPE = Text(
    "opt_in is an object with confirmed_at and evidence.",
    de="opt_in ist ein Objekt mit confirmed_at und evidence.",
)
NO_EVIDENCE = EvidenceNeeded.template
