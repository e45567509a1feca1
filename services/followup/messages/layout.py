"""A step's message, parsed and laid out once, filled per recipient straight into the bytes of a mail.

What does not change is encoded (quoted-printable) beforehand; each value goes between soft line breaks,
so that lines keep their length whatever it holds. Building the same with the email package takes
twenty times as long.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from liquid import RenderContext
from liquid.ast import Node
from markupsafe import escape

from services.followup.messages import headers, html
from services.followup.messages.template import Field, Fields, Piece, Template, Values

LONGEST_SUBJECT = 300
# "=_" cannot occur in quoted-printable text, so no content can end a part.
_BOUNDARY = b"=_stammkunde_part"
_SOFT_BREAK = b"=\r\n"
_PART = (
    b"Content-Type: text/%s; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
)

_PAGE = (
    '<!DOCTYPE html>\n<html lang="{language}"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1"></head>\n<body>\n'
)
_PAGE_END = "\n</body></html>\n"
_LEAVE_HTML = (
    '\n<p style="font-size:12px;color:#555">{business} · '
    '<a href="{{{{ unsubscribe_url }}}}" style="color:#555">{leave}</a></p>'
)
_LEAVE = {"de": "Newsletter abbestellen", "en": "Unsubscribe"}


@dataclass(frozen=True, slots=True)
class Message:
    """What staff wrote: a subject, and HTML or a text or both."""

    subject: str
    html: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Sender:
    name: str
    address: str
    reply_to: str | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """A finished mail."""

    subject: str
    message_id: str
    data: bytes


class Layout:
    """A message ready to be filled. Raises TemplateProblem or BadAddress if it cannot be used."""

    def __init__(
        self,
        message: Message,
        sender: Sender,
        *,
        newsletter: bool,
        language: str = "de",
        business: str = "",
        fields: Fields = Fields(),  # noqa: B008
    ) -> None:
        self.subject = Template(message.subject, fields=fields)
        page, text = message.html, message.text
        if page:
            page, derived = html.prepare(page)
            text = text or derived
        parts = [Template(text, fields=fields)]
        if page:
            parts.append(Template(page, html=True, fields=fields))
        if newsletter:
            # Who gets a newsletter must be able to leave by it, whatever its author forgot.
            parts = [
                part
                if self._can_leave(part)
                else Template(source + added, html=is_html, fields=fields)
                for part, source, added, is_html in zip(
                    parts,
                    (text, page),
                    self._leave(business, language),
                    (False, True),
                    strict=False,
                )
            ]
        self.paths = {path for part in (self.subject, *parts) for path in part.paths}
        self.customer_fields = tuple(path[1] for path in self.paths if path[0] == "customer")
        self.plain = parts[0]
        self.page = parts[1] if page else None
        self._fillers = [_filler(parts[0])]
        if self.page is not None:
            start = _PAGE.format(language=language)
            self._fillers.append(_filler(self.page, before=start, after=_PAGE_END))
        self._newsletter = newsletter
        from_address = headers.address(sender.address)
        self.sender_address = from_address
        self._domain = from_address.rpartition("@")[2]
        self._from = headers.mailbox(sender.name, from_address)
        self._after_to = b"\r\n"
        if sender.reply_to:
            reply_to = headers.address(sender.reply_to).encode("ascii")
            self._after_to = b"\r\nReply-To: " + reply_to + b"\r\n"

    def fill(self, mail_id: UUID, to: str, name: str, values: Values, now: datetime) -> Letter:
        """The mail to one recipient. Raises TemplateProblem, BadAddress or UnsafeHead."""
        subject = headers.clean(self.subject.fill(values))[:LONGEST_SUBJECT]
        message_id = headers.message_id(mail_id, self._domain)
        head = [
            b"Message-ID: ", message_id.encode("ascii"),
            b"\r\nDate: ", headers.date(now),
            b"\r\nFrom: ", self._from,
            b"\r\nTo: ", headers.mailbox(name, headers.address(to)), self._after_to,
            b"Subject: ", headers.words(subject), b"\r\n",
        ]  # fmt: skip
        if self._newsletter:
            leave = values["unsubscribe_url"].encode("ascii")
            head += [
                b"List-Unsubscribe: <", leave, b">\r\n",
                b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
            ]  # fmt: skip
        else:
            head.append(b"Auto-Submitted: auto-generated\r\n")
        head.append(b"MIME-Version: 1.0\r\n")
        if len(self._fillers) == 1:
            head.append(
                b"Content-Type: text/plain; charset=utf-8\r\n"
                b"Content-Transfer-Encoding: quoted-printable\r\n"
            )
            body = [b"\r\n", *self._fillers[0](values)]
        else:
            head.append(b'Content-Type: multipart/alternative; boundary="' + _BOUNDARY + b'"\r\n')
            body = [b"\r\n--", _BOUNDARY, b"\r\n", _PART % b"plain", *self._fillers[0](values)]
            body += [b"\r\n--", _BOUNDARY, b"\r\n", _PART % b"html", *self._fillers[1](values)]
            body += [b"\r\n--", _BOUNDARY, b"--\r\n"]
        start = b"".join(head)
        headers.check(start)
        return Letter(subject, message_id, start + b"".join(body))

    def _can_leave(self, part: Template) -> bool:
        return ("unsubscribe_url",) in part.paths

    def _leave(self, business: str, language: str) -> tuple[str, str]:
        words = _LEAVE.get(language, _LEAVE["en"])
        # The business's name is no template.
        plain_name = business.replace("{", "(").replace("}", ")")
        page = _LEAVE_HTML.format(business=escape(plain_name), leave=words)
        return f"\n-- \n{plain_name}\n{words}: {{{{ unsubscribe_url }}}}\n", page


_Filler = Callable[[Values], list[bytes]]


def _filler(template: Template, *, before: str = "", after: str = "") -> _Filler:
    """A function that gives the template's quoted-printable bytes for one recipient's values."""
    pieces: list[Piece] = [before, *template.pieces, after]
    fixed: list[bytes | None] = []
    fills: list[tuple[int, Piece]] = []
    literal = ""
    for piece in pieces:
        if isinstance(piece, str):
            literal += piece
            continue
        fixed += [quoted(literal) + _SOFT_BREAK, None, _SOFT_BREAK]
        fills.append((len(fixed) - 2, piece))
        literal = ""
    fixed.append(quoted(literal))
    islands = any(isinstance(piece, Node) for _, piece in fills)

    def fill(values: Values) -> list[bytes]:
        context: RenderContext | None = template.context(values) if islands else None
        filled: list[bytes] = fixed.copy()  # type: ignore[assignment]
        for position, piece in fills:
            if isinstance(piece, Field):
                filled[position] = quoted(template.field(piece, values))
            else:
                filled[position] = quoted(template.value(piece, values, context))
        return filled

    return fill


def quoted(text: str) -> bytes:
    """The text in UTF-8 and quoted-printable, lines ending in CR LF."""
    data = text.encode("utf-8", "replace")
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    encoded = binascii.b2a_qp(data, istext=True)
    return encoded.replace(b"\n", b"\r\n") if b"\n" in encoded else encoded
