"""The embedded system as `make run` starts it, and somebody who visits it with a browser."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, BrowserContext, Page, Request

from tests.servers.processes import Guarded, answers, free_port, wait_until
from tests.structure import ROOT

AXE = (ROOT / "tests" / "system" / "vendor" / "axe.min.js").read_text()
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--lang=de",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
SHOTS = ROOT / "docs" / "screenshots"


class Site:
    """One running system with its own data."""

    def __init__(self, directory: Path) -> None:
        self.data = directory / "data"
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.environment = {
            "DATA_DIR": str(self.data),
            "PUBLIC_URL": self.url,
            "BUSINESS_NAME": "Reisebüro Sonnenschein",
            "PYTHONUNBUFFERED": "1",
            "LOG_LEVEL": "WARNING",
        }
        self.process = Guarded(
            [sys.executable, "-m", "deploy", "serve", "--port", str(self.port)],
            directory=ROOT,
            log=directory / "serve.log",
            environment=self.environment,
        )
        wait_until(lambda: answers(self.port), "the system", server=self.process, within=60)
        wait_until(lambda: bool(self._first_sign_in()), "the first sign-in", server=self.process)
        self.login, self.password = self._first_sign_in()[0]

    def api(self) -> httpx.Client:
        """Speaks to the system as a program with every right."""
        token = self._token()
        return httpx.Client(
            base_url=f"{self.url}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=30
        )

    def _first_sign_in(self) -> list[tuple[str, str]]:
        return re.findall(r"user (\S+), password (\S+)", self.process.log.read_text())

    def _token(self) -> str:
        import subprocess

        shown = subprocess.run(
            [sys.executable, "-m", "deploy", "token", "--name", "test", "--scope", "admin"],
            cwd=ROOT, env={**os.environ, **self.environment}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return shown.stdout.strip()


class Visitor:
    """A person at a browser. What goes wrong on the way is collected in `troubles`."""

    def __init__(self, browser: Browser, site: Site, size: dict[str, int]) -> None:
        self.site = site
        self.troubles: list[str] = []
        self.context: BrowserContext = browser.new_context(
            viewport=size, locale="de-DE", timezone_id="Europe/Berlin", accept_downloads=True
        )
        self.context.set_default_timeout(15_000)
        self.context.on("request", self._note_request)
        self.page: Page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.troubles.append(f"script: {error}"))
        self.page.on("console", self._note_message)

    def go(self, path: str) -> Page:
        self.page.goto(self.site.url + path)
        self.page.wait_for_load_state("networkidle")
        return self.page

    def sign_in(self, password: str | None = None) -> None:
        self.go("/sign-in")
        self.page.get_by_label("Anmeldename").fill(self.site.login)
        self.page.get_by_label("Passwort", exact=True).fill(password or self.site.password)
        self.page.get_by_role("button", name="Anmelden", exact=True).click()
        self.page.wait_for_url(self.site.url + "/")

    def barriers(self) -> list[str]:
        """What axe finds in the page as it stands."""
        session = self.context.new_cdp_session(self.page)
        # The page's policy forbids scripts from elsewhere; the debugger stands outside of it.
        session.send("Runtime.evaluate", {"expression": AXE})
        found: list[dict[str, Any]] = self.page.evaluate(
            "rules => axe.run(document, {runOnly: rules}).then(result => result.violations)", RULES
        )
        session.detach()
        return [
            f"{self.page.url} {each['id']}: {each['help']}: "
            + json.dumps([node["target"] for node in each["nodes"]][:3])
            for each in found
        ]

    def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        wide: int = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return wide

    def picture(self, name: str) -> None:
        """Keep a picture for the documentation, where pictures are to be made anew."""
        if os.environ.get("UPDATE_SCREENSHOTS"):
            SHOTS.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=SHOTS / f"{name}.png")

    def _note_request(self, request: Request) -> None:
        if not request.url.startswith((self.site.url, "data:", "blob:", "about:")):
            self.troubles.append(f"asked elsewhere: {request.url}")

    def _note_message(self, message: Any) -> None:
        # The sandboxed frames of mails have no origin; Chromium's tooling complains about that.
        if message.type == "error" and "postMessage" not in message.text:
            self.troubles.append(f"console: {message.text}")


@contextmanager
def visiting(browser: Browser, site: Site, size: dict[str, int]) -> Iterator[Visitor]:
    """A visitor who must have met no trouble at the end."""
    visitor = Visitor(browser, site, size)
    try:
        yield visitor
        assert visitor.troubles == []
    finally:
        visitor.context.close()
