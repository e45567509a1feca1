"""What pages are made of: shipped files, one language at a time, nothing inline, nothing from elsewhere."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.mofile import read_mo

from services.console import catalogue
from tests.console.browsing import Person
from tests.structure import ROOT

CONSOLE = ROOT / "services" / "console"
TEMPLATES = sorted((CONSOLE / "templates").rglob("*.html"))
# No pages of the console: one stands in a sandboxed frame for a mail, one is a file that somebody takes
# away. Both have a policy of their own.
NO_PAGES = {"messages/preview.html", "archives/index.html"}


@pytest.fixture
def dialect() -> str:
    return "sqlite"


@pytest.mark.parametrize(
    "folder", [CONSOLE / "static" / "vendor", ROOT / "tests" / "system" / "vendor"]
)
def test_every_shipped_library_is_the_one_in_the_manifest(folder: Path) -> None:
    listed = json.loads((folder / "manifest.json").read_text())
    sums = {name: digest for library in listed for name, digest in library["files"].items()}
    there = {path.name: path for path in folder.iterdir() if path.name != "manifest.json"}

    assert set(there) == set(sums)
    for name, path in there.items():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == sums[name], name
    assert all(library["version"] and library["licence"] for library in listed)


def test_exactly_the_icons_in_use_are_shipped() -> None:
    shipped = set(
        re.findall(r'<symbol id="([^"]+)"', (CONSOLE / "static/vendor/icons.svg").read_text())
    )
    sources = [*TEMPLATES, CONSOLE / "pages.py"]
    texts = "\n".join(path.read_text() for path in sources)
    quoted = set(re.findall(r"""["']([a-z][a-z0-9-]*)["']""", texts))
    named = set(re.findall(r'ui\.(?:icon|empty)\("([a-z0-9-]+)"', texts))

    assert named <= shipped
    assert shipped <= quoted


def test_everything_that_is_said_is_said_in_german_too() -> None:
    written = catalogue.german()
    said = {_ids(message) for message in catalogue.collected() if message.id}

    assert {_ids(message) for message in written if message.id} == said
    missing = [m.id for m in written if m.id and not (m.string and all(_strings(m)))]
    assert missing == []


def test_a_translation_has_the_same_placeholders() -> None:
    for message in catalogue.german():
        wanted = {frozenset(_places(text)) for text in _ids(message)}
        for text in _strings(message):
            assert frozenset(_places(text)) in wanted or not message.id, message.id


def test_the_compiled_catalogue_is_the_written_one() -> None:
    with catalogue.GERMAN.with_suffix(".mo").open("rb") as file:
        compiled = {_ids(m): _strings(m) for m in read_mo(file) if m.id}

    assert compiled == {_ids(m): _strings(m) for m in catalogue.german() if m.id}


def test_no_template_has_scripts_styles_or_handlers_in_it() -> None:
    for path in TEMPLATES:
        if str(path.relative_to(CONSOLE / "templates")) in NO_PAGES:
            continue
        text = path.read_text()
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:|hx-on", text), path
        assert not re.search(r"<script(?![^>]*\ssrc=)", text), path
        assert not re.search(r"""(?:src|href|action)=["']?(?:https?:)?//""", text), path


def test_every_page_forbids_what_it_does_not_need(anna: Person) -> None:
    for path in ("/", "/account", "/users", "/nowhere", "/sign-in"):
        answer = anna.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"


def test_shipped_files_may_be_kept_and_pages_may_not(anna: Person) -> None:
    address = re.search(r'href="(/static/app/app\.css\?v=\w+)"', anna.get("/account").text)
    assert address
    kept = anna.get(address[1])

    assert kept.status_code == 200
    assert "max-age=31536000" in kept.headers["Cache-Control"]
    assert "Set-Cookie" not in kept.headers
    assert anna.get("/static/../config.py").status_code == 404
    assert anna.get("/static/%2e%2e/config.py").status_code == 404


def _ids(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def _strings(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


def _places(text: str) -> list[str]:
    return re.findall(r"%\(\w+\)\w", text)
