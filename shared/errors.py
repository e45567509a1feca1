"""What a service refuses, as an HTTP status and a sentence in two languages that a caller can act on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar


class Text(str):
    """An English sentence that knows its German twin.

    It is a plain `str` (English) everywhere; `in_language("de")` gives the German one. Both may hold
    `{placeholders}`, filled together by `fill`.
    """

    de: str

    __slots__ = ("de",)

    def __new__(cls, en: str, *, de: str) -> Text:
        text = super().__new__(cls, en)
        text.de = de
        return text

    def fill(self, **values: object) -> Text:
        """Return the sentence with its placeholders filled in both languages."""
        return Text(
            str.format_map(self, _Shown(values, "en")),
            de=self.de.format_map(_Shown(values, "de")),
        )

    def in_language(self, language: str) -> str:
        return self.de if language == "de" else str(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return (_text, (str(self), self.de))


def _text(en: str, de: str) -> Text:
    return Text(en, de=de)


class _Shown(dict[str, object]):
    """Placeholder values as text of one language."""

    def __init__(self, values: Mapping[str, object], language: str) -> None:
        super().__init__(
            (key, value.in_language(language) if isinstance(value, Text) else value)
            for key, value in values.items()
        )


def in_language(message: object, language: str) -> str:
    """Return `message` in `language` where it knows it, else as it is."""
    return message.in_language(language) if isinstance(message, Text) else str(message)


FieldErrors = Mapping[str, Sequence[str]]


def errors_in_language(errors: FieldErrors, language: str) -> dict[str, list[str]]:
    """Return messages by field in `language`, as far as they know it."""
    return {field: [in_language(one, language) for one in found] for field, found in errors.items()}


class ServiceError(Exception):
    """Something a caller can mend. Becomes an RFC 9457 problem document.

    Subclasses give `template`; its placeholders are the keyword arguments. `extra` members are added
    to the problem document.
    """

    status: ClassVar[int] = 500
    title: ClassVar[Text] = Text("Internal error", de="Interner Fehler")
    template: ClassVar[Text] = Text("The request failed.", de="Die Anfrage ist fehlgeschlagen.")

    def __init__(
        self,
        *,
        errors: FieldErrors | None = None,
        extra: Mapping[str, Any] | None = None,
        retry_after: int | None = None,
        **values: object,
    ) -> None:
        self.text = self.template.fill(**values)
        self.errors = errors
        self.extra = dict(extra or {})
        self.retry_after = retry_after
        super().__init__(str(self.text))


class BadRequest(ServiceError):
    status = 400
    title = Text("Not readable", de="Nicht lesbar")


class Unauthorized(ServiceError):
    status = 401
    title = Text("Not signed in", de="Nicht angemeldet")
    template = Text(
        "A valid access token is needed: send 'Authorization: Bearer <token>'.",
        de="Ein gültiges Zugangstoken wird gebraucht: 'Authorization: Bearer <Token>' mitsenden.",
    )


class Forbidden(ServiceError):
    status = 403
    title = Text("Not allowed", de="Nicht erlaubt")
    template = Text(
        "This needs the scope {scope}.", de="Dafür wird die Berechtigung {scope} gebraucht."
    )


class NotFound(ServiceError):
    status = 404
    title = Text("Not found", de="Nicht gefunden")


class Conflict(ServiceError):
    status = 409
    title = Text("Conflict", de="Konflikt")


class PreconditionFailed(ServiceError):
    status = 412
    title = Text("Changed meanwhile", de="Inzwischen geändert")
    template = Text(
        "Somebody else changed this meanwhile. Read it again and repeat your change.",
        de="Das wurde inzwischen von jemand anderem geändert. Bitte neu laden und erneut ändern.",
    )


class TooLarge(ServiceError):
    status = 413
    title = Text("Too large", de="Zu groß")


class UnsupportedType(ServiceError):
    status = 415
    title = Text("Wrong type", de="Falscher Typ")


class Invalid(ServiceError):
    """Wrong shape or value. `errors` maps a field to its messages."""

    status = 422
    title = Text("Wrong values", de="Falsche Angaben")
    template = Text(
        "Some values cannot be taken; 'errors' says which and why.",
        de="Einige Angaben sind so nicht möglich; 'errors' sagt welche und warum.",
    )


class PreconditionRequired(ServiceError):
    status = 428
    title = Text("If-Match is missing", de="If-Match fehlt")
    template = Text(
        "Send the ETag of what you read in an If-Match header.",
        de="Das ETag des gelesenen Standes muss im Kopf If-Match mitgesendet werden.",
    )


class TooMany(ServiceError):
    status = 429
    title = Text("Too many requests", de="Zu viele Anfragen")


class Unavailable(ServiceError):
    """Something this service needs is away. Comes with Retry-After (seconds, default 5)."""

    status = 503
    title = Text("Unavailable for the moment", de="Zurzeit nicht verfügbar")
    template = Text(
        "{what} does not answer. Please try again in a moment.",
        de="{what} antwortet nicht. Bitte gleich noch einmal versuchen.",
    )

    def __init__(self, *, retry_after: int = 5, **values: Any) -> None:
        super().__init__(retry_after=retry_after, **values)


class NoSpace(ServiceError):
    status = 507
    title = Text("No space left", de="Kein Speicherplatz")
    template = Text(
        "The disk is full; nothing was stored. Reading still works.",
        de="Der Speicher ist voll; es wurde nichts gespeichert. Lesen geht weiterhin.",
    )
