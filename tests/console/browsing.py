"""A browser without scripts: follows the pages' forms as a person would."""

from __future__ import annotations

import html
import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

PASSWORD = "ein gutes Passwort"
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


class Person:
    """Somebody at a browser of their own."""

    def __init__(self, app: Flask, address: str = "192.0.2.1") -> None:
        self.client: FlaskClient = app.test_client()
        self.address = {"REMOTE_ADDR": address}

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, environ_base=self.address, **options)

    def send(self, path: str, *, page: str | None = None, **fields: Any) -> TestResponse:
        """Fill in the form of a page and send it."""
        shown = self.get(page or path).get_data(as_text=True)
        token = TOKEN.search(shown)
        data = {"csrf_token": token[1] if token else "", **fields}
        return self.client.post(path, data=data, environ_base=self.address)

    def sign_in(self, login: str, password: str = PASSWORD) -> TestResponse:
        return self.send("/sign-in", login=login, password=password)

    def cookie(self) -> str | None:
        found = self.client.get_cookie("stammkunde")
        return None if found is None else found.value


def words_of(response: TestResponse) -> str:
    """The page's text without tags, white space folded."""
    text = re.sub(r"<[^>]*>", " ", response.get_data(as_text=True))
    return re.sub(r"\s+", " ", html.unescape(text))


def untouched(response: TestResponse) -> dict[str, str]:
    """What a browser sends of a page's lists, ticks and circles if nobody touches them."""
    page = response.get_data(as_text=True)
    sent = {}
    for name, listed in re.findall(
        r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL
    ):
        options = re.findall(r'<option([^>]*) value="([^"]*)"([^>]*)>', listed)
        chosen = [value for before, value, after in options if "selected" in before + after]
        sent[name] = html.unescape(chosen[0] if chosen else options[0][1])
    for box in re.findall(r"<input [^>]*\bchecked\b[^>]*>", page):
        sent[re.findall(r' name="([^"]+)"', box)[0]] = re.findall(r' value="([^"]*)"', box)[0]
    return sent
