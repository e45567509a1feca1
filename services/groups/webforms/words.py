"""What stands on a form's page beside what the business wrote, in German and English."""

from __future__ import annotations

from shared.errors import Text

WORDS: dict[str, Text] = {
    "send": Text("Send", de="Absenden"),
    "groups": Text("I am interested in", de="Ich interessiere mich für"),
    "consent": Text("Consent", de="Einwilligung"),
    "required": Text("required", de="Pflichtangabe"),
    "choose": Text("please choose", de="bitte wählen"),
    "yes": Text("yes", de="ja"),
    "no": Text("no", de="nein"),
    "leave_empty": Text("Please leave this empty", de="Bitte leer lassen"),
    "sorry": Text(
        "This could not be sent yet. Please look at what is marked.",
        de="Das konnte noch nicht gesendet werden. Bitte sehen Sie sich die markierten Angaben an.",
    ),
    "again": Text(
        "The page was open for a long time. Nothing is lost: please send it again.",
        de="Die Seite war lange offen. Es ist nichts verloren: Bitte senden Sie noch einmal ab.",
    ),
    "thanks": Text("Thank you", de="Vielen Dank"),
    "received": Text("We have received what you sent.", de="Ihre Angaben sind bei uns angekommen."),
    "confirm": Text(
        "If this is new to us, you will get an e-mail with a link. Only with that link do you confirm that "
        "we may write to you.",
        de="Wenn das für uns neu ist, bekommen Sie eine E-Mail mit einem Link. Erst damit bestätigen Sie, "
        "dass wir Ihnen schreiben dürfen.",
    ),
    "not_here": Text("Not possible", de="Das geht leider nicht"),
}


def said(what: str, language: str) -> str:
    return WORDS[what].in_language(language)
