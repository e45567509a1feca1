"""What the console itself refuses."""

from __future__ import annotations

from shared.errors import Conflict, Invalid, NotFound, Text, TooMany, Unauthorized


class SignInRefused(Unauthorized):
    template = Text(
        "Login or password is not right.", de="Anmeldename oder Passwort stimmen nicht."
    )


class TooManyAttempts(TooMany):
    template = Text(
        "Too many attempts. Please wait {minutes} minutes and try again.",
        de="Zu viele Versuche. Bitte {minutes} Minuten warten und noch einmal versuchen.",
    )


class WrongPassword(Invalid):
    template = Text("The present password is not right.", de="Das bisherige Passwort stimmt nicht.")


class LoginTaken(Conflict):
    template = Text(
        "There is already a user with the login {login}.",
        de="Es gibt schon ein Konto mit dem Anmeldenamen {login}.",
    )


class LastOwner(Conflict):
    template = Text(
        "{name} is the last owner who can sign in. Make somebody else an owner first.",
        de="{name} ist die letzte Inhaberin oder der letzte Inhaber mit Zugang. "
        "Bitte zuerst jemand anderem diese Rolle geben.",
    )


class UserNotFound(NotFound):
    template = Text("There is no user {user_id}.", de="Es gibt kein Konto {user_id}.")


class ApiClientNotFound(NotFound):
    template = Text(
        "There is no API client {client_id}.", de="Es gibt keinen API-Zugang {client_id}."
    )


class ClientRefused(Unauthorized):
    template = Text(
        "Client id or secret is not right, or the client was revoked.",
        de="Client-Id oder Geheimnis stimmen nicht, oder der Zugang wurde widerrufen.",
    )


class ScopeRefused(Invalid):
    template = Text(
        "This client does not have the scope {scope}. It has: {scopes}.",
        de="Dieser Zugang hat die Berechtigung {scope} nicht. Er hat: {scopes}.",
    )


class UnknownScope(Invalid):
    template = Text(
        "There is no scope {scope}. There are: {scopes}.",
        de="Es gibt keine Berechtigung {scope}. Es gibt: {scopes}.",
    )


class GrantRefused(Invalid):
    template = Text(
        "grant_type {grant} is not known here. Use client_credentials.",
        de="grant_type {grant} gibt es hier nicht. Bitte client_credentials verwenden.",
    )
