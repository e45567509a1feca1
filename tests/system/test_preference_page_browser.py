"""The page for choosing topics in a real browser, on a desk and on a phone, with keys alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.servers.processes import wait_until
from tests.system.site import DESK, PHONE, Site, visiting

TOPICS = (
    {"name": "Kurse", "topic": True, "description": "Wann welcher Kurs beginnt."},
    {"name": "Reisen nach Griechenland und in die Ägäis", "topic": True},
)


@pytest.fixture(scope="module")
def page_path(site: Site) -> str:
    """The page of a customer who is in the first topic."""
    with site.api() as api:
        groups = [api.post("/groups", json=topic).json() for topic in TOPICS]
        below = {"name": "Yoga", "topic": True, "parent_id": groups[0]["id"]}
        api.post("/groups", json=below).raise_for_status()
        anna = api.post("/customers", json={"last_name": "Jäger", "email": "j@example.org"}).json()
        api.put(f"/groups/{groups[0]['id']}/members/{anna['id']}").raise_for_status()

        def shown() -> dict:
            return api.get(f"/followup/preferences/{anna['id']}").json()

        wait_until(
            lambda: [t["chosen"] for t in shown().get("topics", [])] == [True, False, False],
            "the topics",
            server=site.process,
        )
        return str(shown()["url"]).removeprefix(site.url)


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_page_is_open_to_everybody(browser, site, page_path, size):
    with visiting(browser, site, size) as visitor:
        page = visitor.go(page_path)

        expect(page.get_by_role("heading", level=1)).to_have_text("Ihre Themen")
        expect(page.get_by_label("Kurse")).to_be_checked()
        expect(page.get_by_label("Kurse")).to_have_accessible_description(
            "Wann welcher Kurs beginnt."
        )
        assert visitor.barriers() == []
        assert visitor.overflow() <= 0
        if size == DESK:
            visitor.picture("preferences")


def test_topics_are_chosen_with_keys_alone(browser, site, page_path):
    with visiting(browser, site, DESK) as visitor:
        page = visitor.go(page_path)
        page.keyboard.press("Tab")
        page.keyboard.press("Space")  # no more courses
        page.keyboard.press("Tab")
        page.keyboard.press("Space")  # but yoga
        page.keyboard.press("Enter")

        expect(page.get_by_role("status")).to_have_text("Ihre Auswahl ist gespeichert.")
        expect(page.get_by_label("Kurse")).not_to_be_checked()
        expect(page.get_by_label("Yoga")).to_be_checked()
        assert visitor.barriers() == []
