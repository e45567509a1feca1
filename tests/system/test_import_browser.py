"""Lists in and out in a real browser: dropped, corrected cell by cell, brought again, exported."""

from __future__ import annotations

import base64
import csv
import io

from playwright.sync_api import Browser, Page, expect

from tests.system.site import Site, Visitor

LIST = (
    "Kundennummer alt;Vorname;Nachname;E-Mail;Geburtstag;Gruppen\r\n"
    "A1;Jörg;Böhm;joerg@example.com;24.12.1980;Stammkunden\r\n"
    "A2;Anna;Ähm;anna@example.com;31.02.1975;Stammkunden\r\n"
    "A3;Öcal;Ünal;oecal(at)example.com;1.5.1990;Test\r\n"
    "A4;Eva;Groß;eva@example.com;1.5.1991;Stammgast | Probe\r\n"
).encode("cp1252")

DROP = """
async ([name, content]) => {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const dropped = new DataTransfer();
  dropped.items.add(new File([bytes], name, {type: "text/csv"}));
  const area = document.querySelector(".drop");
  for (const kind of ["dragover", "drop"])
    area.dispatchEvent(new DragEvent(kind, {dataTransfer: dropped, bubbles: true, cancelable: true}));
}
"""


def dropped(visitor: Visitor, name: str, content: bytes = LIST) -> Page:
    """Drop a file on the page, and stand on the page that says what was understood."""
    page = visitor.go("/imports")
    page.evaluate(DROP, [name, base64.b64encode(content).decode()])
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    return page


def previewed(page: Page) -> None:
    page.get_by_role("button", name="Vorschau").click()
    expect(page.get_by_role("region", name="Vorschau: das würde geschehen")).to_be_visible()
    page.wait_for_load_state("networkidle")


def test_a_dropped_list_is_mended_and_imported(visitor: Visitor, site: Site) -> None:
    with site.api() as api:
        api.post("/groups", json={"name": "Stammkunden"})
    page = visitor.go("/imports")
    expect(page.get_by_role("progressbar")).to_be_hidden()
    page.evaluate("document.querySelector('form[data-most]').dataset.most = 10")
    page.evaluate(DROP, ["zu-gross.csv", base64.b64encode(LIST).decode()])
    expect(page.get_by_text("Die Datei ist größer als 200 MB.")).to_be_visible()
    page = dropped(visitor, "liste.csv")
    expect(page.get_by_text("4 Zeilen, 6 Spalten · CSV · Windows-1252")).to_be_visible()
    assert visitor.barriers() == []

    previewed(page)
    assert visitor.overflow() == 0
    expect(page.locator("td.wrong")).to_have_count(2)
    row = page.get_by_role("form", name="Zeile 3")
    row.get_by_label("Geburtstag").fill("28.02.1975")
    row.get_by_label("Geburtstag").press("Enter")
    expect(row.get_by_text("jetzt in Ordnung")).to_be_visible()
    expect(row.get_by_text("In der Datei: 31.02.1975")).to_be_visible()

    page.get_by_label("Stammgast 1 Zeile").select_option(label="andere Gruppe verwenden")
    page.get_by_label("Gruppe statt Stammgast").fill("Stammkunden")
    page.get_by_label("Probe 1 Zeile").select_option(label="weglassen")
    previewed(page)
    expect(page.get_by_text("Stammkunden: 3")).to_be_visible()
    expect(page.locator("td.mended")).to_have_text("28.02.1975")
    # Only before another page: what axe touches has a style afterwards, and scripts copy that.
    assert visitor.barriers() == []

    page.get_by_role("button", name="Import starten").click()
    expect(page.get_by_role("heading", name="Ergebnis")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("4 von 4 Zeilen")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Abgelehnte Zeilen herunterladen").click()
    text = download.value.path().read_bytes().decode("utf-8-sig")
    [heading, refused] = csv.reader(io.StringIO(text), delimiter=";")
    assert (heading[-1], refused[0]) == ("Fehler", "A3")

    row = page.get_by_role("form", name="Zeile 4")
    row.get_by_label("E-Mail").fill("oecal@example.com")
    row.get_by_role("button", name="Übernehmen").click()
    expect(row.get_by_text("jetzt in Ordnung")).to_be_visible()
    assert visitor.barriers() == []
    page.get_by_role("button", name="Diese Zeilen noch einmal importieren").click()
    expect(page.get_by_text("1 Zeilen, 6 Spalten")).to_be_visible()
    previewed(page)
    page.get_by_role("button", name="Import starten").click()
    expect(page.get_by_text("1 von 1 Zeilen")).to_be_visible(timeout=60_000)
    with site.api() as api:
        assert api.get("/customers").json()["total"] == 4
        assert [group["path"] for group in api.get("/groups").json()["items"]] == [
            "Stammkunden",
            "Test",
        ]

    page.get_by_role("link", name="Rückgängig machen").click()
    expect(page.get_by_text("1 neuer Kunde aus dieser Datei wird wieder entfernt.")).to_be_visible()
    assert visitor.barriers() == []
    page.get_by_role("button", name="Import rückgängig machen").click()
    expect(page.get_by_text("rückgängig gemacht", exact=True)).to_be_visible(timeout=60_000)
    with site.api() as api:
        assert api.get("/customers").json()["total"] == 3


def test_many_problems_come_page_by_page(visitor: Visitor) -> None:
    wrong = "Meier;;31.02.1980\r\n" * 25
    good = "Gut;;1.1.1980\r\n" * 3_000
    page = dropped(visitor, "viele.csv", f"Nachname;E-Mail;Geburtstag\r\n{wrong}{good}".encode())
    previewed(page)

    expect(page.locator("form.fix")).to_have_count(20)
    page.get_by_role("link", name="Mehr zeigen").click()
    expect(page.locator("form.fix")).to_have_count(25)
    expect(page.get_by_role("form", name="Zeile 26")).to_be_visible()
    expect(page.get_by_role("link", name="Mehr zeigen")).to_have_count(0)


def test_on_a_phone_everything_fits(phone: Visitor) -> None:
    page = dropped(phone, "telefon.csv", LIST.replace(b"example.com", b"example.org"))
    assert phone.overflow() == 0
    previewed(page)
    assert phone.overflow() == 0
    assert phone.barriers() == []
    page = phone.go("/exports")
    assert phone.overflow() == 0
    assert phone.barriers() == []


def test_customers_are_exported_by_hand(visitor: Visitor, site: Site) -> None:
    page = visitor.go("/customers")
    page.get_by_role("link", name="Export").last.click()
    page.get_by_label("Kunden", exact=True).select_option(label="alle, aktive und inaktive")
    assert visitor.barriers() == []
    page.get_by_role("button", name="Datei erstellen").click()
    expect(page.get_by_role("heading", name="Die Datei ist fertig")).to_be_visible(timeout=60_000)
    assert visitor.barriers() == []

    with page.expect_download() as download:
        page.get_by_role("link", name="Herunterladen").click()
    assert "Böhm" in download.value.path().read_bytes().decode("utf-8-sig")
    page.goto(site.url + "/exports")
    expect(page.get_by_text("fertig").first).to_be_visible()


def test_without_scripts_a_file_can_be_uploaded_too(browser: Browser, site: Site) -> None:
    context = browser.new_context(java_script_enabled=False, locale="de-DE")
    page = context.new_page()
    page.goto(site.url + "/sign-in")
    page.get_by_label("Anmeldename").fill(site.login)
    page.get_by_label("Passwort", exact=True).fill(site.password)
    page.get_by_role("button", name="Anmelden", exact=True).click()
    page.goto(site.url + "/imports")

    page.locator("#file").set_input_files(
        {"name": "ohne.csv", "mimeType": "text/csv", "buffer": LIST}
    )
    page.get_by_role("button", name="Hochladen").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("ohne.csv")
    page.get_by_role("button", name="Vorschau zeigen").click()
    expect(page.get_by_role("region", name="Vorschau: das würde geschehen")).to_be_visible()
    context.close()
