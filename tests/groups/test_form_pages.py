"""A web form's page as people meet it, without any script."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import pytest

from services.groups.webforms.tokens import Tokens
from shared.db import utcnow
from tests.groups.filling import Stranger, words_of
from tests.groups.test_form_submissions import ANN, YES, ann, kept
from tests.groups.test_forms import FIELDS, form


@pytest.fixture
def dialect():
    """What the page shows does not depend on the database."""
    return "sqlite"


@pytest.fixture
def app(app_of):
    return app_of("groups", form_min_seconds=0, business_name="Reisebüro Sonnenschein")


@pytest.fixture
def groups(app, groups):
    return groups


@pytest.fixture
def made(groups):
    reisen = groups.group("Reisen")
    kreta = groups.group("Reisen/Kreta")
    groups.attribute("Beruf", "choice", choices=["Maurer", "Lehrer"], help="Nur fürs Protokoll")
    groups.attribute("Raucher", "yes_no")
    return form(
        groups,
        intro="Wir freuen uns.",
        fields=[
            *FIELDS,
            {"field": "note"},
            {"attribute": "beruf"},
            {"attribute": "raucher"},
        ],
        groups=[{"group_id": reisen}, {"group_id": kreta, "preselected": True}],
        groups_label="Wohin?",
        consent_text=YES,
        success_text="Danke, wir melden uns.",
    )


def tag(page, name):
    return re.search(rf'<(?:input|select|textarea)[^>]* name="{name}"[^>]*>', page.text)[0]


def test_the_page_shows_what_the_form_asks(app, made):
    page = ann(app, made).page(**{"Accept-Language": "de"})

    words = words_of(page)
    assert page.status_code == 200
    for expected in (
        "Anfrage für Griechenland",
        "Wir freuen uns.",
        "Wohin?",
        "Nur fürs Protokoll",
        YES,
    ):
        assert expected in words
    assert "Nachname (Pflichtangabe)" in words
    assert "E-Mail (Pflichtangabe)" in words, "whoever may agree to mail has to say where"
    boxes = re.findall(r'<input type="checkbox" name="groups"[^>]*>', page.text)
    assert [" checked" in box for box in boxes] == [False, True]
    assert page.text.count("<ul>") == page.text.count("</ul>") == 2
    assert page.text.count("<li>") == page.text.count("</li>") == 2
    assert "checked" not in tag(page, "consent")
    assert "<script" not in page.text


def test_the_page_speaks_the_readers_language(app, made):
    stranger = ann(app, made)

    english = stranger.page(**{"Accept-Language": "en-GB"})
    chosen = stranger.page("?lang=de", **{"Accept-Language": "en-GB"})

    assert '<html lang="en">' in english.text
    assert "Last name (required)" in words_of(english)
    assert '<h1 lang="de">' in english.text
    assert '<html lang="de">' in chosen.text


def test_only_allowed_pages_may_show_it_in_a_frame(app, groups, made):
    closed = ann(app, made).page().headers["Content-Security-Policy"]
    groups.patch(f"/forms/{made['id']}", {"allowed_origins": ["https://www.example.de"]}, 1)
    opened = ann(app, made).page().headers["Content-Security-Policy"]

    assert closed.endswith("frame-ancestors 'self'")
    assert opened.endswith("frame-ancestors 'self' https://www.example.de")
    assert opened.startswith("default-src 'none'")


def test_what_was_sent_by_the_page_is_taken(app, groups, made):
    kreta = groups.named("Reisen/Kreta")["id"]
    answer = ann(app, made).submits(
        {
            **ANN,
            "note": "Zeile 1\r\nZeile 2",
            "attribute:beruf": "Lehrer",
            "attribute:raucher": "nein",
            "groups": [kreta],
            "consent": "yes",
            "homepage": "",
        },
        **{"Accept-Language": "de"},
    )

    assert answer.status_code == 200
    assert "Danke, wir melden uns." in words_of(answer)
    assert "E-Mail mit einem Link" in words_of(answer)
    [stored] = kept(groups, made)
    assert stored["fields"]["note"] == "Zeile 1\nZeile 2"
    assert stored["customer_values"] == {"beruf": "Lehrer", "raucher": False}
    assert (stored["group_ids"], stored["consent_version"]) == ([kreta], 1)


def test_what_is_wrong_stands_at_its_place_and_nothing_typed_is_lost(app, groups, made):
    reisen = groups.named("Reisen")["id"]
    answer = ann(app, made).submits(
        {
            "last_name": "",
            "email": 'ann@"><script>',
            "note": "</textarea><b>fett",
            "attribute:beruf": "Lehrer",
            "groups": [reisen],
            "consent": "yes",
        },
        **{"Accept-Language": "de"},
    )

    assert answer.status_code == 422
    assert "Das muss angegeben werden." in words_of(answer)
    for name in ("last_name", "email"):
        field = tag(answer, name)
        assert 'aria-invalid="true"' in field
        [described] = re.findall(r'aria-describedby="([^"]+)"', field)
        assert f'id="{described}"' in answer.text
    assert "<script" not in answer.text
    assert "<b>" not in answer.text
    assert "&lt;/textarea&gt;&lt;b&gt;fett" in answer.text
    assert 'value="Lehrer" selected' in answer.text
    boxes = re.findall(r'<input type="checkbox" name="groups"[^>]*>', answer.text)
    assert [" checked" in box for box in boxes] == [True, False]
    assert "checked" in tag(answer, "consent")
    corrected = ann(app, made).submits({**ANN, "token": _token(answer)})
    assert corrected.status_code == 200
    assert len(kept(groups, made)) == 1


def test_a_page_that_was_open_for_days_is_sent_again_without_typing(app_of, app, groups, made):
    app.extensions["settings"] = app.extensions["settings"].model_copy(
        update={"form_min_seconds": 60}
    )
    old = Tokens(app.extensions["settings"]).make(UUID(made["id"]), utcnow() - timedelta(days=3), 1)
    stranger = ann(app, made)

    again = stranger.submits({**ANN, "token": old}, **{"Accept-Language": "de"})
    taken = stranger.submits({**ANN, "token": _token(again)})

    assert again.status_code == 422
    assert "Es ist nichts verloren" in words_of(again)
    assert 'value="Müller"' in again.text
    assert taken.status_code == 200
    assert [one["state"] for one in kept(groups, made)] == ["waiting"]


def test_what_is_not_possible_is_said_in_words(app, groups, made):
    stranger = ann(app, made)
    for i in range(30):
        stranger.submits({**ANN, "email": f"{i}@example.de", "token": _token(stranger.page())})

    often = stranger.submits(ANN, **{"Accept-Language": "de"})
    missing = Stranger(app, "nirgends").page(**{"Accept-Language": "de"})

    assert often.status_code == 429
    assert often.headers["Retry-After"]
    assert "später noch einmal" in words_of(often)
    assert missing.status_code == 404
    assert "Dieses Formular gibt es nicht." in words_of(missing)
    assert {often.mimetype, missing.mimetype} == {"text/html"}


def test_an_attribute_reads_as_it_is_defined_now_and_is_not_lost(app, groups, made):
    [attribute] = [a for a in groups.get("/attributes").json["items"] if a["key"] == "beruf"]
    path = f"/attributes/{attribute['id']}"

    refused = groups.delete(path, 1, confirm="true")
    groups.patch(path, {"label": {"de": "Tätigkeit"}, "required": {"form": True}}, 1)

    assert refused.status_code == 409
    assert made["title"] in refused.json["detail"]
    words = words_of(ann(app, made).page(**{"Accept-Language": "de"}))
    assert "Tätigkeit (Pflichtangabe)" in words
    assert ann(app, made).submits(ANN).status_code == 422


def test_what_counts_is_the_wording_that_stood_there(app, groups, made):
    stranger = ann(app, made)
    before = _token(stranger.page())
    groups.patch(f"/forms/{made['id']}", {"consent_text": "Ja, täglich!"}, 1)

    taken = stranger.submits({**ANN, "consent": "yes", "token": before})
    again = stranger.submits({"email": "x", "consent": "yes", "token": before})

    assert taken.status_code == 200
    [told] = groups.told("form_submitted")
    assert told["consent"]["wording"] == YES
    assert kept(groups, made)[0]["consent_version"] == 1
    assert "Ja, täglich!" in words_of(again)
    assert "checked" not in tag(again, "consent"), "nobody has agreed to these words yet"


def test_a_tree_of_any_depth_is_shown(app, groups):
    groups_of = []
    parent = None
    for level in range(200):
        made = groups.post("/groups", {"name": f"Ebene {level}", "parent_id": parent}).json
        parent = made["id"]
        groups_of.append({"group_id": parent})
    deep = form(groups, groups=groups_of)

    page = ann(app, deep).page()
    asked = ann(app, deep).asked()

    assert page.status_code == 200
    assert page.text.count("<ul>") == page.text.count("</ul>") == 200
    assert asked.json["groups"][-1]["depth"] == 199


@pytest.mark.parametrize(
    "body",
    [
        b"", b"\x00", b"last_name=%00", b"last_name=%ff%fe", b"last_name=\xed\xa0\x80", b"=&=&=",
        b"groups=x&groups=%00", b"token=" + b"x" * 600, b"last_name=" + b"x" * 100_000, b"x=" * 5000,
        b"consent=%00&email=a%0d%0aBcc:b@example.de", b"homepage=" + b"y" * 2000,
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["page", "api"])
def test_nothing_that_is_sent_makes_it_fail(app, groups, made, body, kind):
    stranger = ann(app, made)
    token = stranger.token().encode()
    path = f"/f/{made['slug']}"
    if kind == "api":
        path = f"/api/v1/public/forms/{made['slug']}/submissions"

    for data in (body, b"token=" + token + b"&" + body):
        answer = stranger.client.post(
            path, data=data, content_type="application/x-www-form-urlencoded"
        )
        assert 400 <= answer.status_code < 500, answer.text[:200]


def test_a_body_that_is_too_large_is_refused(app, groups, made):
    answer = ann(app, made).submits({**ANN, "token": "x", "note": "x" * 300_000})

    assert answer.status_code == 413
    assert answer.mimetype == "text/html"
    assert kept(groups, made) == []


def _token(page):
    return re.search(r'name="token" value="([^"]+)"', page.text)[1]
