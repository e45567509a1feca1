"""The console in a real browser: a travel agency takes its customer list in and writes to its customers."""

from __future__ import annotations

import csv
import io
from contextlib import suppress

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from playwright.sync_api import TimeoutError as Unanswered

from deploy.demo import ATTRIBUTES
from tests.servers.processes import wait_until
from tests.structure import ROOT
from tests.system.site import DESK, PHONE, Site, Visitor, visiting

FILE = ROOT / "examples" / "kundenliste.csv"
ROWS, REFUSED = 500, 9
EVIDENCE = "Anmeldekarte im Reisebüro, Unterschrift liegt vor"
HTML = (
    "<p>{{ salutation }},</p><p>schön, dass Sie dabei sind.</p>"
    "<p><a href='{{ unsubscribe_url }}'>Abmelden</a></p>"
)


@pytest.fixture(scope="module")
def sequence(browser: Browser, site: Site) -> str:
    """A group, and a sequence that starts with it, both made by hand. Its id."""
    with visiting(browser, site, DESK) as visitor:
        visitor.sign_in()
        page = visitor.go("/groups/new")
        page.get_by_label("Name").fill("Reiseangebote")
        page.get_by_label("Farbe").select_option(label="Petrol")
        page.get_by_role("button", name="Speichern").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Reiseangebote")

        with site.api() as api:
            for attribute in ATTRIBUTES[1:]:
                assert api.post("/attributes", json={**attribute, "scope": "customer"}).is_success
        page = visitor.go("/attributes/new")
        page.get_by_label("Bezeichnung, deutsch").fill("Reisebudget")
        page.get_by_label("Typ").select_option(label="Dezimalzahl")
        page.get_by_role("button", name="Speichern").click()
        expect(page.get_by_role("link", name="Reisebudget")).to_be_visible()

        page = visitor.go("/sequences/new")
        page.get_by_label("Name", exact=True).fill("Reisepost")
        page.get_by_role("group", name="Startet, wenn ein Kunde").get_by_label(
            "Reiseangebote"
        ).check()
        first = page.locator("[data-message]").nth(0)
        first.get_by_label("Betreff").fill("Willkommen, {{ customer.first_name }}!")
        first.get_by_label("Text der E-Mail (HTML)").fill(HTML)
        page.get_by_role("button", name="Weitere E-Mail").click()
        second = page.locator("[data-message]").nth(1)
        second.get_by_label("Warten").fill("3")
        second.get_by_label("Einheit").select_option(label="Tage")
        second.get_by_label("Betreff").fill("Noch zum Frühbucherpreis")
        second.get_by_label("Text der E-Mail (HTML)").fill(HTML)
        page.get_by_role("button", name="Speichern").click()
        expect(page.get_by_text("Die Sequenz ist als Entwurf gespeichert.")).to_be_visible()

        page.get_by_role("button", name="Aktivieren …").click()
        page.get_by_role("button", name="So aktivieren").first.click()
        expect(page.get_by_text("Die Sequenz ist aktiv.")).to_be_visible()
        return page.url.rpartition("/")[2]


@pytest.fixture(scope="module")
def imported(browser: Browser, site: Site, sequence: str) -> str:
    """The example file, taken in through the page with everything that is asked. Its address."""
    with visiting(browser, site, DESK) as visitor:
        visitor.sign_in()
        page = visitor.go("/imports")
        page.locator("#file").set_input_files(FILE)
        expect(page.get_by_role("heading", level=1)).to_have_text("kundenliste.csv")
        expect(page.get_by_text("500 Zeilen, 24 Spalten · CSV · Windows-1252")).to_be_visible()
        expect(page.get_by_label("Straße", exact=True)).to_have_value("street")
        assert visitor.barriers() == []

        page.get_by_label("Nachweis für die OptIns in der Datei").fill(EVIDENCE)
        page.get_by_role("button", name="Vorschau zeigen").click()
        preview = page.get_by_role("region", name="Vorschau: das würde geschehen")
        expect(preview).to_contain_text("491")
        expect(preview).to_contain_text("31.02.1974")
        expect(preview).to_contain_text("Reiseangebote/Griechenland/Kreta")
        assert visitor.barriers() == []
        visitor.picture("import")

        page.get_by_role("button", name="Import starten").click()
        expect(page.get_by_role("heading", name="Ergebnis")).to_be_visible(timeout=60_000)
        expect(page.get_by_text("500 von 500 Zeilen")).to_be_visible()
        return page.url.removeprefix(site.url)


def test_a_wrong_password_is_refused_in_words(browser: Browser, site: Site) -> None:
    with visiting(browser, site, DESK) as visitor:
        page = visitor.go("/")
        page.get_by_label("Anmeldename").fill(site.login)
        page.get_by_label("Passwort", exact=True).fill("falsch")
        page.get_by_role("button", name="Anmelden", exact=True).click()

        expect(page.get_by_role("alert")).to_contain_text(
            "Anmeldename oder Passwort stimmen nicht."
        )
        assert visitor.barriers() == []
        visitor.troubles = [t for t in visitor.troubles if "401" not in t]


def test_signing_in_needs_no_mouse(browser: Browser, site: Site) -> None:
    with visiting(browser, site, DESK) as visitor:
        page = visitor.go("/")
        page.keyboard.type(site.login)
        page.keyboard.press("Tab")
        page.keyboard.type(site.password)
        page.keyboard.press("Enter")
        page.wait_for_url(site.url + "/")

        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Zum Inhalt springen")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#content")).to_be_focused()


def test_refused_rows_are_shown_and_come_as_a_file_to_correct(
    visitor: Visitor, imported: str
) -> None:
    page = visitor.go(imported)

    refused = page.get_by_role("region", name="Abgelehnte Zeilen")
    expect(refused.locator("input[value='karin.möllner(at)example.com']")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Abgelehnte Zeilen herunterladen").click()
    text = download.value.path().read_bytes().decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert rows[0][-1] == "Fehler"
    assert len(rows) == 1 + REFUSED


def test_the_list_finds_umlauts_by_any_spelling(visitor: Visitor, imported: str) -> None:
    page = visitor.go("/customers")
    expect(page.get_by_text("Kunden", exact=True).first).to_be_visible()

    expect(page.locator('th[aria-sort="ascending"]')).to_have_text("Name")
    visitor.picture("customers")
    page.locator("#q").press_sequentially("Suessebierweg")
    expect(page.locator("#results")).to_contain_text("Niemand gefunden")
    page.locator("#q").fill("bahr")
    expect(page.locator("#results tbody tr").first).to_contain_text("Bähr")
    assert "q=bahr" in page.url


def test_inactive_customers_are_marked_by_colour_and_word(visitor: Visitor, imported: str) -> None:
    page = visitor.go("/customers")
    page.get_by_label("Anzeigen").select_option(label="nur inaktive")

    first = page.locator("#results tbody tr").first
    expect(first).to_contain_text("inaktiv")
    expect(first.locator("td").first).to_have_css("background-color", "rgb(255, 246, 214)")


def test_a_change_by_somebody_else_is_shown_beside_ones_own(
    visitor: Visitor, site: Site, imported: str
) -> None:
    with site.api() as api:
        customer = api.get("/customers", params={"limit": 1}).json()["items"][0]
        page = visitor.go(f"/customers/{customer['id']}/edit")
        etag = f'"{customer["version"]}"'
        changed = api.patch(
            f"/customers/{customer['id']}", json={"city": "Kiel"}, headers={"If-Match": etag}
        )
        assert changed.status_code == 200

        page.get_by_label("Ort").fill("Lübeck")
        page.get_by_role("button", name="Speichern").click()
        expect(page.get_by_role("alert")).to_contain_text("Jemand anderes hat diesen Kunden")
        expect(page.get_by_text("Inzwischen gespeichert: Kiel")).to_be_visible()
        assert visitor.barriers() == []

        page.get_by_role("button", name="Speichern").click()
        expect(page.get_by_text("Gespeichert.")).to_be_visible()
        assert api.get(f"/customers/{customer['id']}").json()["city"] == "Lübeck"


def test_a_customer_joins_and_leaves_a_group_and_has_attributes(
    visitor: Visitor, site: Site, imported: str
) -> None:
    with site.api() as api:
        made = api.post(
            "/customers", json={"last_name": "Öztürk", "email": "oe@example.com"}
        ).json()
    page = visitor.go(f"/customers/{made['id']}")

    page.get_by_label("Zur Gruppe hinzufügen").select_option(label="Stammkunden")
    page.get_by_role("button", name="Hinzufügen").click()
    member = page.get_by_role("region", name="Gruppen").get_by_role("link", name="Stammkunden")
    expect(member).to_be_visible()
    page.get_by_role("button", name="Aus Stammkunden herausnehmen").click()
    expect(member).not_to_be_visible()


def test_an_opt_in_given_on_paper_is_recorded_with_its_proof(
    visitor: Visitor, site: Site, imported: str
) -> None:
    with site.api() as api:
        made = api.post("/customers", json={"last_name": "Papier", "email": "p@example.com"}).json()
    page = visitor.go(f"/customers/{made['id']}")
    card = page.get_by_role("region", name="Newsletter-OptIn")
    expect(card).to_contain_text("kein OptIn")

    card.get_by_text("Ein anders gegebenes OptIn eintragen").click()
    card.get_by_role("button", name="OptIn eintragen").click()
    expect(card.get_by_text("Bitte ausfüllen.")).to_be_visible()
    card.get_by_label("Nachweis").fill("Karte vom 3. März, Ordner 7")
    card.get_by_role("button", name="OptIn eintragen").click()

    expect(card).to_contain_text("bestätigt")
    card.get_by_text("Nachweise (1 Eintrag)").click()
    expect(card.get_by_text("Karte vom 3. März, Ordner 7")).to_be_visible()


def test_the_tree_folds_and_a_subgroup_can_be_moved(
    visitor: Visitor, site: Site, imported: str
) -> None:
    page = visitor.go("/groups")
    kreta = page.get_by_role("link", name="Kreta")
    expect(kreta).to_be_visible()
    page.get_by_role("button", name="Untergruppen von Griechenland").click()
    expect(kreta).not_to_be_visible()
    page.get_by_role("button", name="Untergruppen von Griechenland").click()

    kreta.click()
    expect(page.get_by_role("region", name="Mitglieder").locator("tbody tr").first).to_be_visible()
    page.get_by_role("link", name="Bearbeiten oder verschieben").click()
    page.get_by_label("Unter der Gruppe").select_option(label="Stammkunden")
    page.get_by_role("button", name="Speichern").click()
    expect(page.get_by_text("Gespeichert.")).to_be_visible()
    with site.api() as api:
        paths = {g["path"] for g in api.get("/groups", params={"limit": 100}).json()["items"]}
    assert "Stammkunden/Kreta" in paths


def test_a_group_in_use_is_deleted_only_after_a_second_question(
    visitor: Visitor, imported: str
) -> None:
    page = visitor.go("/groups")
    page.get_by_role("link", name="Gutscheinkäufer").click()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Löschen").click()

    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_role("link", name="Gruppe behalten").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Gutscheinkäufer")


def test_a_sequence_says_who_is_in_it_and_what_was_sent(
    visitor: Visitor, sequence: str, imported: str
) -> None:
    page = visitor.go(f"/sequences/{sequence}")

    sent = page.get_by_role("region", name="Was verschickt wurde")
    sent.get_by_label("Stand").select_option(label="verschickt")
    expect(sent.get_by_role("link", name="Willkommen,").first).to_be_visible()
    members = page.get_by_role("region", name="Wer darin ist")
    members.get_by_label("Stand").select_option(label="wartet auf das OptIn")
    expect(members.locator("tbody tr").first).to_contain_text("kein bestätigtes OptIn")
    visitor.picture("sequence")


def test_a_preview_uses_a_real_customer_and_names_what_is_wrong(
    visitor: Visitor, sequence: str, imported: str
) -> None:
    page = visitor.go(f"/sequences/{sequence}/edit")
    page.get_by_label("Vorschau mit diesem Kunden").select_option(index=1)
    step = page.locator("[data-message]").nth(0)
    step.get_by_label("Betreff").fill("Für {{ kunde.name }}")
    step.get_by_role("button", name="Vorschau zeigen").click()

    frame = step.frame_locator("iframe")
    expect(frame.get_by_text("{{ kunde.name }}")).to_be_visible()
    step.get_by_label("Betreff").fill("Für {{ customer.last_name }}")
    step.get_by_role("button", name="Vorschau zeigen").click()
    expect(frame.get_by_text("schön, dass Sie dabei sind.")).to_be_visible()


def opened_by(visitor: Visitor, link: Locator) -> Page:
    """The page that a mail's link opens.

    The mail's frame is a process of its own in Chromium. Shown a moment ago, it may not be where clicks
    are handed out yet, and the click is gone: then a person would click again.
    """
    for _ in range(5):
        with suppress(Unanswered):
            with visitor.context.expect_page(timeout=3_000) as opened:
                link.click()
            opened.value.wait_for_load_state()
            return opened.value
    raise AssertionError("the link opened no page")


def test_a_mail_in_the_local_mailbox_can_be_read_and_unsubscribed_from(
    visitor: Visitor, site: Site, imported: str
) -> None:
    page = visitor.go("/mailbox")
    page.get_by_role("link", name="Willkommen,").first.click()
    letter = page.frame_locator("iframe")
    expect(letter.get_by_text("schön, dass Sie dabei sind.")).to_be_visible()
    page.get_by_role("tab", name="Kopfzeilen").click()
    expect(page.get_by_text("List-Unsubscribe-Post", exact=True)).to_be_visible()
    page.get_by_role("tab", name="Ansicht").click()

    farewell = opened_by(visitor, letter.get_by_role("link", name="Abmelden"))
    assert "/public/unsubscribe/" in farewell.url
    farewell.get_by_role("button").first.click()
    farewell.wait_for_load_state()
    with site.api() as api:
        revoked = api.get("/customers", params={"opt_in": "revoked", "active": "all"}).json()
    assert revoked["total"] >= 1


def test_a_mail_cannot_reach_out_of_its_frame(visitor: Visitor, site: Site, imported: str) -> None:
    elsewhere = "http://127.0.0.1:9/pixel.png"
    (site.data / "mail" / "new" / "hostile.eml").write_text(
        "From: a@example.com\nTo: b@example.com\nSubject: boese\nContent-Type: text/html\n\n"
        f"<img src='{elsewhere}'><style>@import url({elsewhere});</style>"
        f"<meta http-equiv=refresh content='0;url={elsewhere}'><link rel=stylesheet href='{elsewhere}'>"
        "<script>parent.document.title='uebernommen'</script><p>Guten Tag</p>"
    )
    answered: list[str] = []
    visitor.page.on("response", lambda response: answered.append(response.url))
    visitor.page.on("requestfailed", lambda request: answered.append(str(request.failure)))

    page = visitor.go("/mailbox/hostile.eml")
    expect(page.frame_locator("iframe").get_by_text("Guten Tag")).to_be_visible()
    page.wait_for_timeout(500)

    assert page.title().startswith("boese")
    assert not [url for url in answered if "pixel" in url]
    refused = [t for t in visitor.troubles if "Content Security Policy" in t]
    assert refused, "the mail asked for nothing: this test proves nothing"
    visitor.troubles.clear()


def test_everything_can_be_said_in_english(visitor: Visitor, imported: str) -> None:
    page = visitor.go("/customers")
    page.get_by_role("button", name="English").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Customers")
    assert page.locator("html").get_attribute("lang") == "en"
    page.get_by_role("button", name="Deutsch").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Kunden")


PAGES = (
    "/", "/customers?active=all", "/customers/new", "/groups", "/groups/new", "/attributes",
    "/attributes/new", "/imports", "/sequences", "/sequences/new", "/mails", "/mailbox", "/users",
    "/users/new", "/api-clients", "/api-clients/new", "/account",
)  # fmt: skip


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_every_page_is_free_of_barriers_and_fits_the_screen(
    browser: Browser, site: Site, imported: str, sequence: str, size: dict[str, int]
) -> None:
    with site.api() as api:
        sent = {"state": "sent", "limit": 1}
        wait_until(lambda: api.get("/mails", params=sent).json()["items"], "a mail", within=60)
        mail = api.get("/mails", params=sent).json()["items"][0]
        group = api.get("/groups", params={"limit": 1}).json()["items"][0]
        attribute = api.get("/attributes").json()["items"]
    single = [
        f"/customers/{mail['customer_id']}", f"/customers/{mail['customer_id']}/edit", imported,
        f"/groups/{group['id']}", f"/mails/{mail['id']}", f"/sequences/{sequence}",
        f"/sequences/{sequence}/edit", *(f"/attributes/{a['id']}" for a in attribute[:1]),
    ]  # fmt: skip
    with visiting(browser, site, size) as visitor:
        visitor.sign_in()
        found: list[str] = []
        for path in (*PAGES, *single):
            visitor.go(path)
            found += visitor.barriers()
            if visitor.overflow() > 0:
                found.append(f"{path} is {visitor.overflow()} pixels too wide")
        assert found == []
        visitor.go(single[0])
        visitor.picture("customer" if size == DESK else "customer-phone")
        if size == DESK:
            visitor.go("/")
            visitor.picture("overview")
