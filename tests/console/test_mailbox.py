"""The local mailbox: mails as they lie there, whatever is in them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from tests.console.browsing import Person, words_of

PART = b"--a\nContent-Type: multipart/mixed; boundary=a\n\n"
BROKEN = {
    "empty": b"",
    "no-head": b"just some words",
    "nul": b"Subject: a\0b\nFrom: x\n\nhi\0",
    "half-encoded": b"Subject: =?utf-8?q?=FF=FE?= =?nonsense?b?%%%?=\nTo: =?utf-8?q?a=0D=0ABcc:_x?=\n\nhi",
    "bad-date": b"Date: Fri, 99 Foo 2026 99:99:99 +9999\nSubject: x\n\nhi",
    "bad-address": b"From: <<<>>>@\nTo: ,,,;;\nSubject: x\n\nhi",
    "unknown-charset": b"Content-Type: text/plain; charset=klingon\nSubject: x\n\n\xff\xfe",
    "endless-boundary": b"Content-Type: multipart/mixed; boundary=\n\n--\n--\n",
    "nested": b"Content-Type: multipart/mixed; boundary=a\n\n" + PART * 50,
    "latin": "Subject: Grüße\n\nhi".encode("latin-1"),
    "long-line": b"Subject: " + b"x" * 300_000 + b"\n\nhi",
}  # fmt: skip


@pytest.fixture
def mailbox(console: Flask) -> Path:
    folder: Path = console.extensions["settings"].data_dir / "mail"
    for name in ("tmp", "new", "cur"):
        (folder / name).mkdir(parents=True)
    return folder


def test_a_mail_can_be_found_and_read_in_each_form(anna: Person, mailbox: Path) -> None:
    (mailbox / "new" / "one.eml").write_bytes(
        b"From: shop@example.com\nTo: ben@example.com\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\n"
        b"Date: Sun, 22 Nov 2026 09:34:00 +0000\nMIME-Version: 1.0\n"
        b"Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\nHallo Ben\n"
        b"--b\nContent-Type: text/html\n\n<p>Hallo <b>Ben</b></p>\n--b--\n"
    )
    listed = words_of(anna.get("/mailbox?q=grüße"))
    assert "Grüße" in listed
    assert "22.11.2026, 10:34" in listed
    assert "Nichts gefunden" in words_of(anna.get("/mailbox?q=otto"))

    shown = words_of(anna.get("/mailbox/one.eml"))
    assert "Hallo Ben" in shown
    assert "multipart/alternative" in shown


def test_a_mails_html_comes_with_a_policy_that_lets_it_do_nothing(
    anna: Person, mailbox: Path
) -> None:
    (mailbox / "cur" / "two.eml:2,S").write_bytes(
        b"Subject: x\nContent-Type: text/html\n\n<script>alert(1)</script>"
    )
    frame = anna.get("/mailbox/two.eml/html")

    assert "<script>" in frame.text  # as it was written
    policy = frame.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-popups")
    assert "allow-scripts" not in policy
    assert "default-src 'none'" in policy
    page = anna.get("/mailbox/two.eml").text
    assert "<script>alert" not in page
    assert 'sandbox="allow-popups' in page


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_no_mail_is_too_broken_to_be_shown(anna: Person, mailbox: Path, name: str) -> None:
    (mailbox / "new" / f"{name}.eml").write_bytes(BROKEN[name])

    for path in ("/mailbox", f"/mailbox/{name}.eml", f"/mailbox/{name}.eml/html"):
        assert anna.get(path).status_code == 200, path


def test_only_what_lies_in_the_mailbox_can_be_opened(anna: Person, mailbox: Path) -> None:
    for key in ("nothing", "..", "%2e%2e%2fsecret_key", "../../secret_key"):
        assert anna.get(f"/mailbox/{key}").status_code in (404, 308), key


def test_where_mail_goes_out_there_is_no_local_mailbox(app_of: Callable[..., Flask]) -> None:
    app = app_of("console", broker_url="amqp://guest:guest@localhost:1/")
    assert Person(app).get("/mailbox").status_code == 302  # signing in comes first


@pytest.fixture
def dialect() -> str:
    return "sqlite"
