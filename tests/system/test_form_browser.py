"""A web form in a real browser: by itself and in a frame of another page, with scripts switched off."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.system.site import DESK, PHONE, Site, visiting

WORDING = "Ja, ich möchte Angebote per E-Mail bekommen."


@pytest.fixture(scope="module")
def homepage() -> Iterator[tuple[str, dict[str, str]]]:
    """Somebody's own website: its origin, and its pages by path."""
    pages: dict[str, str] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = pages.get(self.path, "").encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", pages
    server.shutdown()


@pytest.fixture(scope="module")
def form(site: Site, homepage: tuple[str, dict[str, str]]) -> dict[str, str]:
    with site.api() as api:
        reisen = api.post("/groups", json={"name": "Reisen"}).json()["id"]
        kreta = api.post("/groups", json={"name": "Kreta", "parent_id": reisen}).json()["id"]
        api.post("/attributes", json={"label": {"de": "Beruf"}, "type": "text"})
        made = api.post(
            "/forms",
            json={
                "title": "Reiseanfrage",
                "intro": "Wohin soll es gehen?",
                "fields": [
                    {"field": "salutation"},
                    {"field": "last_name", "required": True, "help": "Wie im Ausweis"},
                    {"field": "email"},
                    {"field": "phone"},
                    {"field": "birthday"},
                    {"attribute": "beruf"},
                    {"field": "note"},
                ],
                "groups": [{"group_id": reisen}, {"group_id": kreta}],
                "consent_text": WORDING,
                "allowed_origins": [homepage[0]],
            },
        )
        assert made.status_code == 201, made.text
        return dict(made.json())


def states(site: Site, form: dict[str, str]) -> list[str]:
    with site.api() as api:
        return [one["state"] for one in api.get(f"/forms/{form['id']}/submissions").json()["items"]]


def fill_in(page: Page, phone: str, name: str = "Müller") -> None:
    page.get_by_label("Nachname").fill(name)
    page.get_by_label("E-Mail", exact=False).first.fill("ann@example.org")
    page.get_by_label("Telefon").fill(phone)
    page.get_by_label("Kreta").check()
    page.get_by_label(WORDING).check()
    page.wait_for_timeout(2_500)  # nobody types faster
    page.get_by_role("button", name="Absenden").click()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_page_has_no_barriers_with_and_without_mistakes(
    browser: Browser, site: Site, form: dict[str, str], size: dict[str, int]
) -> None:
    with visiting(browser, site, size) as visitor:
        page = visitor.go(f"/f/{form['slug']}")
        expect(page.get_by_role("group", name="Ich interessiere mich für")).to_be_visible()
        assert (visitor.barriers(), visitor.overflow()) == ([], 0)
        if size == DESK:
            visitor.picture("form")

        fill_in(page, phone="12")
        expect(page.get_by_role("alert")).to_be_visible()
        expect(page.get_by_label("Telefon")).to_have_accessible_description(
            "'12' ist keine Telefonnummer: sie hat weniger als drei Ziffern."
        )
        expect(page.get_by_label("Nachname")).to_have_value("Müller")
        expect(page.get_by_label("Kreta")).to_be_checked()
        assert (visitor.barriers(), visitor.overflow()) == ([], 0)
        visitor.troubles.clear()  # the browser notes the answer 422


def test_it_is_sent_without_any_script_from_a_frame_of_an_allowed_page(
    browser: Browser, site: Site, form: dict[str, str], homepage: tuple[str, dict[str, str]]
) -> None:
    origin, pages = homepage
    pages["/"] = (
        f'<!doctype html><title>Büro</title><iframe title="Anfrage" src="{site.url}/f/{form["slug"]}" '
        'width="600" height="900"></iframe>'
    )
    before = len(states(site, form))
    context = browser.new_context(java_script_enabled=False, locale="de-DE")
    page = context.new_page()
    page.goto(f"{origin}/")
    frame = page.frame_locator("iframe")
    frame.get_by_label("Nachname").fill("Rahmen")
    frame.locator("input[type=email]").fill("rahmen@example.org")
    page.wait_for_timeout(2_500)
    frame.get_by_role("button", name="Absenden").click()
    expect(frame.get_by_role("heading", name="Vielen Dank")).to_be_visible()
    context.close()

    assert len(states(site, form)) == before + 1
    assert "rejected" not in states(site, form)
