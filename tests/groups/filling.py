"""Somebody who fills in a web form, by its page or as a program."""

from __future__ import annotations

import html
import re
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

PUBLIC = "/api/v1/public/forms"
TOKEN = re.compile(r'name="token" value="([^"]+)"')


class Stranger:
    """Speaks without a token, from an address of their own."""

    def __init__(self, app: Flask, slug: str, address: str = "192.0.2.7") -> None:
        self.client = app.test_client()
        self.slug = slug
        self.environ = {"REMOTE_ADDR": address}

    def asked(self, **headers: str) -> TestResponse:
        return self.client.get(f"{PUBLIC}/{self.slug}", headers=headers, environ_base=self.environ)

    def token(self) -> str:
        return str(self.asked().json["token"])

    def sends(self, fields: dict[str, Any], **more: Any) -> TestResponse:
        headers = more.pop("headers", {})
        body = {"token": more.pop("token", None) or self.token(), "fields": fields, **more}
        return self.client.post(
            f"{PUBLIC}/{self.slug}/submissions",
            json=body,
            headers=headers,
            environ_base=self.environ,
        )

    def page(self, lang: str = "", **headers: str) -> TestResponse:
        return self.client.get(f"/f/{self.slug}{lang}", headers=headers, environ_base=self.environ)

    def submits(self, data: dict[str, Any], lang: str = "", **headers: str) -> TestResponse:
        if "token" not in data:
            data = {"token": TOKEN.search(self.page().text)[1], **data}  # type: ignore[index]
        return self.client.post(
            f"/f/{self.slug}{lang}", data=data, headers=headers, environ_base=self.environ
        )


def words_of(response: TestResponse) -> str:
    """Return the page's text without tags, white space folded."""
    text = re.sub(r"<style>.*?</style>|<[^>]*>", " ", response.text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(text))
