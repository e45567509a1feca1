"""Users and their roles."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from tests.console.browsing import Person, words_of


def password_in(page: str) -> str:
    found = re.search(r"Passwort (\S+(?:-\S+){3})", page)
    assert found
    return found[1]


def test_an_owner_lets_somebody_in_and_out_again(console: Flask, anna: Person) -> None:
    made = anna.send("/users/new", login="Ben@Example.com", name="Ben", role="staff", language="de")
    ben = Person(console)
    assert ben.sign_in("ben@example.com", password_in(words_of(made))).status_code == 302

    path = re.search(r'href="(/users/[0-9a-f-]{36})"[^>]*>Ben<', anna.get("/users").text)
    assert path
    anna.send(path[1], name="Ben", role="staff")
    assert ben.get("/account").status_code == 302

    anna.send(path[1], name="Ben", role="staff", active="y")
    reset = anna.send(f"{path[1]}/password", page=path[1])
    assert ben.sign_in("ben@example.com", password_in(words_of(reset))).status_code == 302


def test_a_login_is_given_once(anna: Person) -> None:
    again = anna.send("/users/new", login="ANNA", name="Andere", role="staff", language="de")

    assert "Es gibt schon ein Konto mit dem Anmeldenamen anna." in words_of(again)


def test_the_last_owner_stays(anna: Person) -> None:
    path = re.search(r'href="(/users/[0-9a-f-]{36})"', anna.get("/users").text)
    assert path
    refused = anna.send(path[1], name="Anna", role="viewer", active="y")

    assert "Bitte zuerst jemand anderem diese Rolle geben." in words_of(refused)
    assert anna.get("/users").status_code == 200


@pytest.mark.parametrize(
    ("role", "allowed", "refused"),
    [
        (
            "viewer",
            ["/account"],
            ["/imports", "/customers/new", "/groups/new", "/users", "/api-clients"],
        ),
        ("staff", ["/account"], ["/users", "/users/new", "/api-clients", "/api-clients/new"]),
    ],
)
def test_a_role_shows_what_it_may_and_refuses_the_rest_in_words(
    console: Flask, anna: Person, role: str, allowed: list[str], refused: list[str]
) -> None:
    made = anna.send("/users/new", login="ben", name="Ben", role=role, language="de")
    ben = Person(console)
    ben.sign_in("ben", password_in(words_of(made)))

    for path in allowed:
        page = ben.get(path)
        assert page.status_code == 200
        assert 'href="/users"' not in page.text
    for path in refused:
        page = ben.get(path)
        assert page.status_code == 403
        assert "Das gehört nicht zu Ihrer Rolle." in words_of(page)


def test_another_session_of_mine_can_be_ended(console: Flask, anna: Person) -> None:
    elsewhere = Person(console)
    elsewhere.sign_in("anna")
    path = re.search(r'action="(/account/sessions/[0-9a-f-]{36}/end)"', anna.get("/account").text)
    assert path

    anna.send(path[1], page="/account")
    assert elsewhere.get("/account").status_code == 302
    assert anna.get("/account").status_code == 200
