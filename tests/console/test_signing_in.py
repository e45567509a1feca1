"""Signing in and out: who may, how often one may try, and what a cookie is worth."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from services.console.first_user import ensure_first_user
from shared.db import Database
from tests.console.browsing import PASSWORD, Person, words_of


def test_the_first_owner_is_made_once_and_can_sign_in(
    app_of: Callable[..., Flask], database_for: Callable[[str], Database]
) -> None:
    app = app_of("console")
    made = ensure_first_user(database_for("console"))
    again = ensure_first_user(database_for("console"))

    assert made is not None
    assert again is None
    assert Person(app).sign_in(made.login, made.password).location == "/"


def test_pages_lead_to_the_sign_in_and_back_again(console: Flask) -> None:
    person = Person(console)
    led = person.get("/customers?q=Meier")
    assert led.location == "/sign-in?next=/customers?q%3DMeier"

    back = person.send(led.location, login="ANNA ", password=PASSWORD)
    assert back.location == "/customers?q=Meier"


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"],
)
def test_nobody_is_led_to_another_site_after_signing_in(console: Flask, elsewhere: str) -> None:
    person = Person(console)
    shown = person.get("/sign-in", query_string={"next": elsewhere})
    assert shown.status_code == 200

    answer = person.send(shown.request.full_path, login="anna", password=PASSWORD)
    assert answer.location == "/"


def test_a_wrong_password_and_an_unknown_login_get_the_same_answer(console: Flask) -> None:
    wrong = Person(console).sign_in("anna", "falsch")
    unknown = Person(console).sign_in("otto", "falsch")

    assert wrong.status_code == unknown.status_code == 401
    assert "Anmeldename oder Passwort stimmen nicht." in words_of(wrong)
    assert words_of(wrong) == words_of(unknown)


def test_guessing_is_stopped_even_with_the_right_password_at_last(console: Flask) -> None:
    person = Person(console)
    for _ in range(8):
        assert person.sign_in("anna", "geraten").status_code == 401

    stopped = person.sign_in("anna")
    assert stopped.status_code == 429
    assert "Bitte 15 Minuten warten" in words_of(stopped)
    # Somebody who guesses from elsewhere cannot lock Anna out.
    assert Person(console, "198.51.100.7").sign_in("anna").status_code == 302


def test_a_session_ends_on_the_server_and_a_kept_cookie_is_worth_nothing(
    console: Flask, anna: Person
) -> None:
    kept = anna.cookie()
    anna.send("/sign-out", page="/account")

    thief = Person(console)
    thief.client.set_cookie("stammkunde", kept or "")
    assert thief.get("/account").status_code == 302


def test_signing_in_gives_a_new_session(console: Flask) -> None:
    person = Person(console)
    person.get("/sign-in")
    planted = person.cookie()
    person.sign_in("anna")

    other = Person(console)
    other.client.set_cookie("stammkunde", planted or "")
    assert other.get("/account").status_code == 302


def test_a_form_without_its_token_or_from_another_site_does_nothing(anna: Person) -> None:
    bare = anna.client.post("/language", data={"language": "en"})
    assert bare.status_code == 400
    assert "noch einmal absenden" in words_of(bare)

    token = {"csrf_token": "x", "language": "en"}
    foreign = anna.client.post("/language", data=token, headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 400
    assert 'lang="de"' in anna.get("/account").get_data(as_text=True)


def test_a_new_password_ends_all_other_sessions(console: Flask, anna: Person) -> None:
    elsewhere = Person(console)
    elsewhere.sign_in("anna")

    refused = anna.send(
        "/account", present="falsch", new="ganz neues Wort", again="ganz neues Wort"
    )
    assert "Das bisherige Passwort stimmt nicht." in words_of(refused)
    anna.send("/account", present=PASSWORD, new="ganz neues Wort", again="ganz neues Wort")

    assert anna.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 302
    assert Person(console).sign_in("anna").status_code == 401
    assert Person(console).sign_in("anna", "ganz neues Wort").status_code == 302


def test_the_language_is_german_until_somebody_chooses_english_for_good(
    console: Flask, anna: Person
) -> None:
    english = {"Accept-Language": "en"}
    assert "Wo Sie angemeldet sind" in words_of(anna.get("/account", headers=english))

    anna.send("/language", page="/account", language="en", back="/account")
    assert "Where you are signed in" in words_of(anna.get("/account"))
    # Remembered with the person, not only with this browser.
    elsewhere = Person(console)
    elsewhere.sign_in("anna")
    assert "Where you are signed in" in words_of(elsewhere.get("/account"))


def test_behind_https_the_cookie_is_bound_to_this_host(app_of: Callable[..., Flask]) -> None:
    app = app_of("console", public_url="https://kunden.example.de")
    answer = app.test_client().get("/sign-in", base_url="https://kunden.example.de")

    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-stammkunde=")
    for mark in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert mark in cookie
    assert "Domain" not in cookie
