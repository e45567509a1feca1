"""What this service refuses, in words that a caller can act on."""

from __future__ import annotations

from shared.errors import Conflict, Forbidden, Invalid, NotFound, Text, TooMany


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


class OperationNotFound(NotFound):
    template = Text(
        "There is no operation {operation_id}. GET /groups/operations lists those that exist.",
        de="Es gibt keinen Vorgang {operation_id}. GET /groups/operations zeigt alle, die es gibt.",
    )


GROUP_GONE = Text(
    "The group was deleted while this was at work.",
    de="Die Gruppe wurde gelöscht, während dieser Vorgang lief.",
)
IDS_OR_SELECTION = Text(
    "Give either customer_ids or a selection.",
    de="Bitte entweder customer_ids oder eine selection angeben.",
)
FILTER_OR_SAVED = Text(
    "Give either a filter or a selection_id.",
    de="Bitte entweder filter oder selection_id angeben.",
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
        "{count} {whose} have a value for '{label}'. It is deleted with all of them by ?confirm=true.",
        de="{count} {whose} haben einen Wert für '{label}'. Mit ?confirm=true wird alles zusammen gelöscht.",
    )


class AttributeKept(AttributeInUse):
    """What was noted stays: it is a record of what happened."""

    template = Text(
        "{count} {whose} have a value for '{label}'. By ?confirm=true it is asked for no more; they keep "
        "what they have.",
        de="{count} {whose} haben einen Wert für '{label}'. Mit ?confirm=true wird nicht mehr danach "
        "gefragt; sie behalten, was sie haben.",
    )


class AttributeNeeded(Conflict):
    """Without the attribute they would mean something else, so this is no question of confirming."""

    template = Text(
        "'{label}' is used by {users}. Take it out of there first.",
        de="'{label}' wird verwendet von: {users}. Bitte zuerst dort herausnehmen.",
    )


class SelectionsWouldBreak(Conflict):
    template = Text(
        "After that, {users} could no longer ask for '{label}' in that way. Change that first.",
        de="Danach wäre '{label}' so nicht mehr abzufragen von: {users}. Bitte zuerst dort ändern.",
    )


class ValuesWouldBreak(Conflict):
    template = Text(
        "{count} {whose} have a value of '{label}' that this would break, such as {example}. Change those "
        "values first, or define another attribute.",
        de="{count} {whose} haben für '{label}' einen Wert, der dann nicht mehr passt, etwa {example}. Bitte "
        "zuerst diese Werte ändern oder ein weiteres Attribut anlegen.",
    )


class FormNotFound(NotFound):
    template = Text(
        "There is no form {form_id}. GET /forms lists those that exist.",
        de="Es gibt kein Formular {form_id}. GET /forms zeigt alle, die es gibt.",
    )


class NoSuchForm(NotFound):
    """For whoever looks for a form from outside."""

    template = Text("There is no such form.", de="Dieses Formular gibt es nicht.")


class FormClosed(NotFound):
    template = Text(
        "'{title}' is closed and takes nothing more.",
        de="'{title}' ist geschlossen und nimmt nichts mehr an.",
    )


class FormExists(Conflict):
    template = Text(
        "There is a form at /f/{slug} already. Choose another address.",
        de="Ein Formular unter /f/{slug} gibt es schon. Bitte eine andere Adresse wählen.",
    )


class SubmissionNotFound(NotFound):
    template = Text(
        "This form has no submission {submission_id}. Its list shows those that are kept.",
        de="Dieses Formular hat keine Einsendung {submission_id}. Seine Liste zeigt, was aufbewahrt ist.",
    )


class NotRejected(Conflict):
    template = Text(
        "Only a rejected submission can be accepted; this one is {state}.",
        de="Nur eine abgewiesene Einsendung kann angenommen werden; diese ist {state}.",
    )


class GroupInForm(Conflict):
    template = Text(
        "'{path}' is offered in the form '{form}'. Take it out of the form first.",
        de="'{path}' wird im Formular '{form}' angeboten. Bitte zuerst dort herausnehmen.",
    )


class GroupInSelection(Conflict):
    """Deleting asks first: the answer names the selections."""

    template = Text(
        "'{path}' is named by {users}. With ?cascade=true it is deleted all the same, and those find nobody "
        "in it.",
        de="'{path}' kommt vor in {users}. Mit ?cascade=true wird trotzdem gelöscht, und niemand wird dort "
        "mehr gefunden.",
    )


class FromElsewhere(Forbidden):
    template = Text(
        "This form cannot be sent from that page.",
        de="Von dieser Seite aus kann das Formular nicht gesendet werden.",
    )


class TooManySubmissions(TooMany):
    template = Text(
        "This was sent too often from here. Please try again later.",
        de="Von hier wurde zu oft gesendet. Bitte versuchen Sie es später noch einmal.",
    )


class SelectionNotFound(NotFound):
    template = Text(
        "There is no selection {selection_id}. GET /selections lists those that exist.",
        de="Es gibt keine Selektion {selection_id}. GET /selections zeigt alle, die es gibt.",
    )


class SelectionExists(Conflict):
    template = Text(
        "There is a selection '{name}' already. Choose another name, or change that one.",
        de="Die Selektion '{name}' gibt es schon. Bitte anders benennen oder diese ändern.",
    )


class SelectionInUse(Conflict):
    """The answer names what relies on it."""

    template = Text(
        "'{name}' is used by {users}. Change those first. Uses that are no selections are passed over by "
        "?confirm=true.",
        de="'{name}' wird verwendet: {users}. Bitte zuerst dort ändern. Was keine Selektion ist, wird mit "
        "?confirm=true übergangen.",
    )
