"""What a mail says: merge fields, safe HTML, and heads that nothing can break."""

from __future__ import annotations

import email
import email.policy
import re
import time
from datetime import UTC, datetime
from email.message import EmailMessage
from types import SimpleNamespace
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.followup.messages import headers
from services.followup.messages.layout import Layout, Letter, Message, Sender
from services.followup.messages.salutation import salutation
from services.followup.messages.template import Fields, Template, TemplateProblem

SALON = Sender("Salon Größe", "info@salon.example")
MAIL_ID = UUID("01900000-0000-7000-8000-000000000001")
NOW = datetime(2026, 11, 22, 9, 34, tzinfo=UTC)
LEAVE = "http://localhost:8080/api/v1/public/unsubscribe/" + "a" * 90
EMPTY = dict.fromkeys(
    ("first_name", "last_name", "company", "city", "email", "number", "salutation", "title")
)


def values(**customer: object) -> dict[str, object]:
    return {
        "customer": EMPTY | customer,
        "attributes": {"hair": "rot"},
        "group": {"name": "Stammkunden", "path": "Stammkunden"},
        "business": {"name": "Salon Größe", "url": "https://salon.example"},
        "salutation": "Guten Tag",
        "unsubscribe_url": LEAVE,
    }


def fill(
    message: Message, *, newsletter: bool = True, name: str = "", **customer: object
) -> Letter:
    layout = Layout(message, SALON, newsletter=newsletter, business="Salon Größe")
    return layout.fill(MAIL_ID, "anna@example.de", name, values(**customer), NOW)


def read(letter: Letter) -> EmailMessage:
    found = email.message_from_bytes(letter.data, policy=email.policy.default)
    assert not found.defects
    assert b"\n" not in letter.data.replace(b"\r\n", b"")
    assert max(len(line) for line in letter.data.split(b"\r\n")) <= 998
    return found


def html_of(letter: Letter) -> str:
    return read(letter).get_body(("html",)).get_content()


def text_of(letter: Letter) -> str:
    return read(letter).get_body(("plain",)).get_content()


def test_a_mail_carries_the_customers_own_data_in_html_and_text():
    letter = fill(
        Message(
            "Hallo {{ customer.first_name }}!", "<p>Ihre Farbe: <b>{{ attributes.hair }}</b></p>"
        ),
        first_name="Änne",
        name="Änne Müller",
    )
    mail = read(letter)
    assert mail["Subject"] == "Hallo Änne!"
    assert mail["To"] == "Änne Müller <anna@example.de>"
    assert mail["From"] == "Salon Größe <info@salon.example>"
    assert mail["Message-ID"] == f"<{MAIL_ID}@salon.example>"
    assert "Ihre Farbe: <b>rot</b>" in html_of(letter)
    assert "Ihre Farbe: rot" in text_of(letter)


def test_a_newsletter_can_be_left_by_one_click_and_by_a_link_its_author_forgot():
    letter = fill(Message("Hallo", "<p>Neues</p>"))
    assert f"\r\nList-Unsubscribe: <{LEAVE}>\r\n".encode() in letter.data
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in letter.data
    assert f'href="{LEAVE}"' in html_of(letter)
    assert LEAVE in text_of(letter)


def test_a_service_mail_is_marked_as_automatic_and_advertises_nothing():
    mail = read(fill(Message("Ihre Anfrage", text="Danke."), newsletter=False))
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Unsubscribe"] is None
    assert mail.get_content() == "Danke."


awkward = st.text(
    alphabet=st.one_of(
        st.characters(codec="utf-8"),
        st.sampled_from('\r\n\0\x85\u2028=?_."<>,;:@ \tÄß🎉'),
    ),
    max_size=120,
)


@given(subject=awkward, name=awkward, city=awkward)
@settings(max_examples=400, deadline=None)
def test_no_customer_data_changes_the_head_or_the_structure(subject, name, city):
    letter = fill(
        Message(
            "{{ customer.first_name }}",
            "<p>{{ customer.city }}</p>",
            "{{ customer.city }}|{{ unsubscribe_url }}",
        ),
        first_name=subject,
        city=city,
        name=name,
    )
    mail = read(letter)
    assert [key for key, _ in mail.raw_items()] == [
        "Message-ID", "Date", "From", "To", "Subject", "List-Unsubscribe",
        "List-Unsubscribe-Post", "MIME-Version", "Content-Type",
    ]  # fmt: skip
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert mail["To"].addresses[0].addr_spec == "anna@example.de"
    assert mail["Subject"] == headers.clean(subject)[:300]
    lines = re.sub("\r\n|\r", "\n", city)
    assert text_of(letter).replace("\r\n", "\n") == f"{lines}|{LEAVE}"


@pytest.mark.parametrize(
    "hostile",
    [
        "=?utf-8?q?Hi=0D=0ABcc:_e=40x.de?=",
        "Offer =?utf-8?q?Hi=0D=0ABcc:_e=40x.de?= x",
        "x\r\nBcc: e@x.de",
        "x\u2028Bcc: e@x.de",
        "x\0y",
        "ü" * 400,
        "x" * 2000,
    ],
)
def test_a_hostile_subject_or_name_adds_no_header(hostile):
    mail = read(
        fill(Message("{{ customer.first_name }}", text="x"), first_name=hostile, name=hostile)
    )
    assert mail["Bcc"] is None
    assert mail["To"].addresses[0].addr_spec == "anna@example.de"


def test_a_head_that_is_not_ours_is_never_sent():
    head = b"Message-ID: <a@b>\r\nDate: Sun, 22 Nov 2026 09:34:00 +0000\r\nFrom: a@b\r\nTo: c@d\r\n"
    tail = b"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n"
    headers.check(head + b"Subject: x\r\n" + tail)
    for bad in (
        b"Subject: x\r\nBcc: e@x.de\r\n",
        b"Subject: x\nBcc: e@x.de\r\n",
        b"Subject: x\r\nSubject: y\r\n",
    ):
        with pytest.raises(headers.UnsafeHead):
            headers.check(head + bad + tail)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("anna@example.de", "anna@example.de"),
        ("anna@bücher.de", "anna@xn--bcher-kva.de"),
        ("o'neill+x@example.de", "o'neill+x@example.de"),
        ("x@localhost", "x@localhost"),
    ],
)
def test_an_address_is_written_in_ascii(raw, expected):
    assert headers.address(raw) == expected


@pytest.mark.parametrize(
    "raw",
    ["müller@example.de", "a b@example.de", "a@b <evil@c.de>", "a@b\r\nBcc: x@y.de", "", "a@", "@b.de",
     "a@b..de", "a" * 250 + "@x.de", '"a"@b.de', "a@-b.de", "a@b.de\0"],
)  # fmt: skip
def test_an_address_nobody_can_write_to_is_refused(raw):
    with pytest.raises(headers.BadAddress):
        headers.address(raw)


@pytest.mark.parametrize(
    "template",
    [
        "{{ customer.first_nam }}",
        "{{ kunde.vorname }}",
        "{{ customer }}",
        "{{ attributes.eyes }}",
        "{{ customer.first_name",
        "{% if customer.city %}",
        "{% include 'x' %}",
        "{{ (1..1000000000) | size }}",
        "{% for i in (1..1000000000) %}x{% endfor %}",
        "{{ customer.__class__ }}",
        "{{ customer[customer.city] }}",
        "{{ customer.city | nosuchfilter }}",
        "{{ '<script>' }}",
        "x" * 200_001,
    ],
)
def test_a_template_with_an_unknown_field_or_a_forbidden_part_is_refused(template):
    with pytest.raises(TemplateProblem) as refused:
        Template(template, html=True, fields=Fields(frozenset({"hair"})))
    assert refused.value.problem.in_language("de") != refused.value.problem.in_language("en")


@pytest.mark.parametrize(
    "template",
    [
        "{% assign s = 'aaaaaaaaaa' %}" + "{% assign s = s | append: s %}" * 40 + "{{ s }}",
        "{{ 'aaaaaaaaaa'" + " | replace: 'a', 'aaaaaaaaaa'" * 12 + " }}",
        "{{ '2026-01-01' | date: '%999999999d' }}",
        "{{ customer.first_name | truncate: customer.city }}",
    ],
)
def test_a_template_cannot_eat_time_or_memory(template):
    parsed = Template(template)
    begun = time.monotonic()
    with pytest.raises(TemplateProblem):
        parsed.fill(values(city="x"))
    assert time.monotonic() - begun < 2


def test_a_field_that_the_customer_lacks_parks_the_mail_and_an_empty_one_is_empty():
    assert Template("Hallo {{ customer.first_name }}").fill(values(first_name=None)) == "Hallo "
    with pytest.raises(TemplateProblem):
        Template("{{ attributes.eyes }}").fill(values())


def test_conditions_defaults_and_dates_work_in_html_between_table_rows():
    letter = fill(
        Message(
            "{{ customer.first_name | default: 'Sie' }}",
            "<table>{% if customer.city == 'Bonn' %}<tr><td>{{ customer.city | upcase }}</td></tr>"
            "{% else %}<tr><td>woanders</td></tr>{% endif %}</table>",
        ),
        city="Bonn",
    )
    assert "<td>BONN</td>" in html_of(letter)
    assert "woanders" not in html_of(letter)
    assert read(letter)["Subject"] == "Sie"
    assert Template("{{ '2026-12-24' | date: '%d.%m.%Y' }}").fill({}) == "24.12.2026"


@pytest.mark.parametrize(
    ("source", "gone"),
    [
        ("<script>alert(1)</script>", "script"),
        ("<img src=x onerror=alert(1)>", "onerror"),
        ('<a href="javascript:alert(1)">x</a>', "javascript"),
        ('<a href="//evil.example/">x</a>', "evil"),
        ('<img src="http://evil.example/x.png">', "evil"),
        ("<svg><style><img src=x onerror=alert(1)></style></svg>", "onerror"),
        ("<!--[if mso]><script>x</script><![endif]-->", "mso"),
        ('<form action="https://evil.example"><input name=x></form>', "form"),
        ('<base href="https://evil.example/">', "evil"),
        ('<p style="background:url(https://evil.example/x)">x</p>', "evil"),
        ("<meta http-equiv=refresh content='0;url=https://evil.example'>", "evil"),
        ("<p onclick=\"x\" style='position:fixed'>x</p>", "position"),
    ],
)
def test_what_could_do_harm_is_taken_out_of_the_html(source, gone):
    assert gone not in html_of(fill(Message("x", "<p>gut</p>" + source)))


@pytest.mark.parametrize(
    "source",
    [
        '<a href="{{ customer.company }}">x</a>',
        '<a href="https://{{ customer.company }}/">x</a>',
        '<img src="{{ customer.company }}">',
        '<p style="color:{{ customer.company }}">x</p>',
        "<script>{{ customer.company }}</script>",
        "<p {% if customer.city %}class=x{% endif %}>x</p>",
        "<style>p { color: {{ customer.company }} }</style><p>x</p>",
    ],
)
def test_customer_data_cannot_stand_where_it_would_choose_a_server_or_a_style(source):
    with pytest.raises(TemplateProblem):
        fill(Message("x", source))


def test_customer_data_is_text_in_html_and_encoded_in_links():
    letter = fill(
        Message("x", '<p title="{{ customer.city }}">{{ customer.city }}</p>'
                '<a href="https://salon.example/?c={{ customer.city }}">x</a>'),
        city='"><script>&x',
    )  # fmt: skip
    page = html_of(letter)
    assert "<script>" not in page
    assert 'title="&#34;&gt;&lt;script&gt;&amp;x"' in page
    assert "?c=%22%3E%3Cscript%3E%26x" in page


def test_styles_are_moved_inline_because_mail_programs_ignore_style_sheets():
    page = html_of(fill(Message("x", "<style>p { color: red }</style><p>Hallo</p>")))
    assert re.search(r'<p style="color: ?red;?">Hallo</p>', page)


@pytest.mark.parametrize(
    ("person", "line"),
    [
        (("Frau", "Dr.", "Änne", "Müller", "de"), "Sehr geehrte Frau Dr. Müller"),
        (("Herr", None, "Max", "Huber", None), "Sehr geehrter Herr Huber"),
        ((None, None, "Kim", "Huber", "de"), "Guten Tag Kim Huber"),
        (("Frau", None, "Änne", None, "de"), "Guten Tag Änne"),
        ((None, None, None, None, "de"), "Sehr geehrte Damen und Herren"),
        (("Mr", None, "John", "Smith", "en"), "Dear Mr Smith"),
        ((None, None, "John", "Smith", "en-GB"), "Hello John Smith"),
    ],
)
def test_customers_are_addressed_as_is_usual(person, line):
    names = ("salutation", "title", "first_name", "last_name", "language")
    assert salutation(SimpleNamespace(**dict(zip(names, person, strict=True)))) == line
