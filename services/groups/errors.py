"""What this service refuses, in words that a caller can act on."""

from __future__ import annotations

from shared.errors import Conflict, Forbidden, Invalid, NotFound, Text


class GroupNotFound(NotFound):
    template = Text(
        "There is no group {group_id}. GET /groups lists those that exist.",
        de="Es gibt keine Gruppe {group_id}. GET /groups zeigt alle, die es gibt.",
    )


class GroupExists(Conflict):
    template = Text(
        "There is a group '{path}' already. Choose another name, or use that one.",
        de="Die Gruppe '{path}' gibt es schon. Bitte anders benennen oder diese verwenden.",
    )


class GroupBelowItself(Conflict):
    template = Text(
        "'{path}' cannot be moved below itself. Choose a group outside of it, or none.",
        de="'{path}' kann nicht unter sich selbst liegen. Bitte eine Gruppe außerhalb wählen oder keine.",
    )


class GroupInUse(Conflict):
    template = Text(
        "'{path}' still has {members} members and {subgroups} subgroups. Delete it with all of them by "
        "?cascade=true.",
        de="'{path}' hat noch {members} Mitglieder und {subgroups} Untergruppen. Mit ?cascade=true wird "
        "alles zusammen gelöscht.",
    )


class TooManyGroups(Invalid):
    template = Text(
        "The rows name paths of more than {limit} groups that could be missing. Send fewer rows at once.",
        de="Die Zeilen nennen Pfade mit mehr als {limit} Gruppen, die fehlen könnten. Bitte weniger auf "
        "einmal senden.",
    )


class HeadOfficeOnly(Forbidden):
    template = Text(
        "'{name}' belongs to the head office. Only its users and programs can change it.",
        de="'{name}' gehört der Zentrale. Nur deren Benutzer und Programme können es ändern.",
    )


class CustomerErased(NotFound):
    template = Text(
        "The customer {customer_id} was erased and cannot be used any more.",
        de="Der Kunde {customer_id} wurde gelöscht und kann nicht mehr verwendet werden.",
    )


class AttributeNotFound(NotFound):
    template = Text(
        "There is no attribute {attribute_id}. GET /attributes lists those that exist.",
        de="Es gibt kein Attribut {attribute_id}. GET /attributes zeigt alle, die es gibt.",
    )


class AttributeExists(Conflict):
    template = Text(
        "There is an attribute with the {what} '{value}' already. Choose another one.",
        de="Ein Attribut mit {what} '{value}' gibt es schon. Bitte etwas anderes wählen.",
    )


class AttributeInUse(Conflict):
    """Deleting asks first: the answer carries the count."""

    template = Text(
        "{count} customers have a value for '{label}'. It is deleted with all of them by ?confirm=true.",
        de="{count} Kunden haben einen Wert für '{label}'. Mit ?confirm=true wird alles zusammen gelöscht.",
    )


class ValuesWouldBreak(Conflict):
    template = Text(
        "{count} customers have a value of '{label}' that this would break, such as {example}. Change those "
        "values first.",
        de="{count} Kunden haben für '{label}' einen Wert, der dann nicht mehr passt, etwa {example}. Bitte "
        "zuerst diese Werte ändern.",
    )
