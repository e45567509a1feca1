"""What the customers service refuses, in words that a caller can act on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from shared.errors import BadRequest, Conflict, Invalid, NotFound, Text, Unavailable


class CustomerNotFound(NotFound):
    template = Text(
        "There is no customer {customer_id}. GET /customers lists those that exist.",
        de="Es gibt keinen Kunden {customer_id}. GET /customers listet die vorhandenen.",
    )


class CustomerMerged(Conflict):
    """Somebody asks for a customer who is part of another one by now; `survivor` says of whom."""

    template = Text(
        "Customer {customer_id} was merged into {survivor}; please use that one.",
        de="Kunde {customer_id} wurde mit {survivor} zusammengeführt; bitte diesen verwenden.",
    )

    def __init__(self, customer_id: UUID, survivor: UUID) -> None:
        self.survivor = survivor
        super().__init__(
            customer_id=customer_id, survivor=survivor, extra={"merged_into": str(survivor)}
        )


class MergeWithItself(Invalid):
    template = Text(
        "A customer cannot be merged with itself.",
        de="Ein Kunde kann nicht mit sich selbst zusammengeführt werden.",
    )

    def __init__(self) -> None:
        super().__init__(errors={"duplicates": [self.template]})


class WrongChoice(Invalid):
    """`choose` names a field that cannot be chosen, or somebody who is not part of the merge."""

    unknown = Text("There is no such field to choose.", de="Dieses Feld kann man nicht wählen.")
    stranger = Text(
        "{customer_id} is not one of the customers to be merged.",
        de="{customer_id} gehört nicht zu den Kunden, die zusammengeführt werden.",
    )

    def __init__(self, errors: dict[str, list[Text]]) -> None:
        super().__init__(errors={f"choose.{name}": texts for name, texts in errors.items()})


class MergeStands(Conflict):
    template = Text(
        "This merge cannot be taken back: customer {number} was erased, or merged with another one "
        "since. In the latter case take that merge back first.",
        de="Diese Zusammenführung lässt sich nicht zurücknehmen: Kunde {number} wurde seither gelöscht oder "
        "mit einem weiteren zusammengeführt. Im zweiten Fall bitte zuerst jene zurücknehmen.",
    )


class DuplicateNotFound(NotFound):
    template = Text(
        "{one} and {other} are no pair of likely duplicates. GET /duplicates lists those that are.",
        de="{one} und {other} sind kein Paar möglicher Dubletten. GET /duplicates listet die vorhandenen.",
    )


class OperationNotFound(NotFound):
    template = Text(
        "There is no operation {operation_id}. GET /operations lists those that exist.",
        de="Es gibt keinen Vorgang {operation_id}. GET /operations listet die vorhandenen.",
    )


class ErasureNotFound(NotFound):
    template = Text(
        "No customer {customer_id} was erased.", de="Ein Kunde {customer_id} wurde nicht gelöscht."
    )


class NothingToUndo(Conflict):
    template = Text(
        "This operation only counted: there is nothing to take back.",
        de="Dieser Vorgang hat nur gezählt: Es gibt nichts zurückzunehmen.",
    )


class Nameless(Invalid):
    template = Text(
        "A customer needs at least a last name, a company, an e-mail address or a telephone number.",
        de="Ein Kunde braucht mindestens Nachname, Firma, E-Mail-Adresse oder Telefonnummer.",
    )

    def __init__(self, within: str = "") -> None:
        super().__init__(errors={f"{within}last_name": [self.template]})


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


class NumberNotFound(NotFound):
    template = Text(
        "There is no customer number {number}. Numbers are given by the system.",
        de="Es gibt keine Kundennummer {number}. Nummern vergibt das System.",
    )


class CustomerErased(Conflict):
    template = Text(
        "Customer {number} was erased and cannot come back under the same id or number.",
        de="Kunde {number} wurde gelöscht und kann unter dieser Id oder Nummer nicht wiederkommen.",
    )


class SeveralCustomers(Conflict):
    """A description fits more than one person; each is anything with id and number."""

    template = Text(
        "This fits several customers: {customers}. Give the id of the right one.",
        de="Das passt zu mehreren Kunden: {customers}. Bitte die Id des richtigen angeben.",
    )

    def __init__(self, people: Iterable[Any]) -> None:
        self.people = people = list(people)
        super().__init__(
            customers=", ".join(f"{one.number} ({one.id})" for one in people),
            extra={"customers": [str(one.id) for one in people]},
        )


class ActivityNotFound(NotFound):
    template = Text(
        "There is no activity {activity_id}. GET /activities lists those of a customer.",
        de="Es gibt keine Aktivität {activity_id}. GET /activities listet die eines Kunden.",
    )


class EntryNotFound(NotFound):
    template = Text(
        "There is no history entry {entry_id}. GET /history lists those of a customer.",
        de="Es gibt keinen Historieneintrag {entry_id}. GET /history listet die eines Kunden.",
    )


class CustomerNeeded(Invalid):
    template = Text("Say whose history it is.", de="Bitte angeben, wessen Historie gemeint ist.")

    def __init__(self) -> None:
        super().__init__(errors={"customer_id": [self.template]})


class BatchUnreadable(BadRequest):
    template = Text(
        "The body is not JSON: {reason}.", de="Der Inhalt der Anfrage ist kein JSON: {reason}."
    )


class BatchRefused(Invalid):
    """The batch as a whole is not what it should be; single rows are refused one by one instead."""


class UnknownField(Invalid):
    template = Text(
        "There is no field {name}. Possible are: {fields}.",
        de="Es gibt kein Feld {name}. Möglich sind: {fields}.",
    )


class StillBusy(Unavailable):
    """Others changed the same customers again and again while this was at work."""

    template = Text(
        "These customers are being changed by others at this moment. Please try again.",
        de="Diese Kunden werden gerade von anderen geändert. Bitte noch einmal versuchen.",
    )


IDS_OR_SELECTION = Text(
    "Give either customer_ids or a selection.",
    de="Bitte entweder customer_ids oder eine selection angeben.",
)
ONE_SELECTION = Text(
    "Give a selection_id, or a filter, or the filters of the list; not several of them.",
    de="Bitte entweder selection_id oder filter oder die Filter der Liste angeben, nicht mehreres davon.",
)
NOT_A_FILTER = Text(
    'A filter is an object such as {"group": "Stammkunden"}.',
    de='Ein Filter ist ein Objekt wie {"group": "Stammkunden"}.',
)
FILTER_TOO_LONG = Text(
    "A filter has at most {limit} characters.", de="Ein Filter hat höchstens {limit} Zeichen."
)
UNKNOWN_ATTRIBUTE = Text(
    "There is no such attribute here. GET /attributes lists those that exist.",
    de="Dieses Merkmal gibt es hier nicht. GET /attributes listet die vorhandenen.",
)
ATTRIBUTE_REQUIRED = Text("This has to be given.", de="Diese Angabe wird gebraucht.")
NOT_OFFERED = Text(
    "{value} is not offered. Possible is: {choices}. PUT /history-settings offers more.",
    de="{value} steht nicht zur Wahl. Möglich ist: {choices}. PUT /history-settings ergänzt die Auswahl.",
)
OFFERED_TWICE = Text(
    "{value} stands here twice; capitals make no difference.",
    de="{value} steht hier zweimal; Groß- und Kleinschreibung macht keinen Unterschied.",
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
CHANGED_BY_BOTH = Text(
    "Changed here meanwhile to {here}, in the file to {given}. Nothing of the row was written.",
    de="Inzwischen hier in {here} geändert, in der Datei in {given}. Von der Zeile wurde nichts geschrieben.",
)
USED_SINCE = Text(
    "Somebody has changed this customer since, or something was recorded: they stay.",
    de="Der Kunde wurde seitdem geändert, oder es wurde etwas eingetragen: er bleibt.",
)
MERGED_SINCE = Text(
    "This customer was merged with another one since: they stay.",
    de="Der Kunde wurde seitdem mit einem anderen zusammengeführt: er bleibt.",
)
MERGED_AWAY = Text(
    "This customer was merged into {customers}. Leave version out to change that one.",
    de="Dieser Kunde wurde mit {customers} zusammengeführt. Ohne Version gilt die Zeile für jenen.",
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
