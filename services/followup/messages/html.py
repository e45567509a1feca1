"""A mail's HTML: styles moved inline, cleaned by an allow-list, and its fields kept in safe places.

Fields are swapped for tokens first, so that the cleaner sees where each one stands: in a text, in an
attribute or in a link. Inside a link a value is percent-encoded, unless it is a link itself.
"""

from __future__ import annotations

import re
import secrets

import css_inline
import nh3
from inscriptis import get_text
from inscriptis.model.config import ParserConfig

from services.followup.messages.template import URL_FIELDS, TemplateProblem
from shared.errors import Text

_LIQUID = re.compile(r"\{\{(-?)(.*?)(-?)\}\}|\{%.*?%\}", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_LINK_START = re.compile(r"(?:https?://[^/?#\s]+[/?#]|mailto:|tel:)", re.IGNORECASE)
_WHOLE_LINK = re.compile(r"(?:https?://[^\s]+|mailto:[^\s]+|tel:[^\s]+|#[\w-]*)", re.IGNORECASE)

_STYLES = {
    "background-color", "border", "border-bottom", "border-collapse", "border-color", "border-left",
    "border-radius", "border-right", "border-spacing", "border-style", "border-top", "border-width",
    "color", "direction", "display", "font", "font-family", "font-size", "font-style", "font-variant",
    "font-weight", "height", "letter-spacing", "line-height", "list-style", "list-style-type", "margin",
    "margin-bottom", "margin-left", "margin-right", "margin-top", "max-width", "min-width", "padding",
    "padding-bottom", "padding-left", "padding-right", "padding-top", "table-layout", "text-align",
    "text-decoration", "text-indent", "text-transform", "vertical-align", "white-space", "width",
}  # fmt: skip
_EVERYWHERE = {"style", "dir", "lang", "title", "align", "valign", "width", "height", "bgcolor"}
_ATTRIBUTES = {
    "*": _EVERYWHERE,
    "a": {"href"},
    "img": {"src", "alt", "border"},
    "table": {"border", "cellpadding", "cellspacing", "role", "summary"},
    "td": {"colspan", "rowspan", "nowrap"},
    "th": {"colspan", "rowspan", "nowrap", "scope"},
    "ol": {"start", "type"},
    "font": {"color", "face", "size"},
}
_TAGS = {
    "a", "abbr", "address", "article", "b", "blockquote", "br", "caption", "center", "code", "col",
    "colgroup", "dd", "div", "dl", "dt", "em", "figcaption", "figure", "font", "footer", "h1", "h2", "h3",
    "h4", "h5", "h6", "header", "hr", "i", "img", "ins", "li", "main", "mark", "ol", "p", "pre", "s",
    "section", "small", "span", "strike", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th",
    "thead", "tr", "u", "ul",
}  # fmt: skip

_inliner = css_inline.CSSInliner(
    load_remote_stylesheets=False, keep_style_tags=False, keep_link_tags=False
)


class _Tokens:
    """Stand-ins for the Liquid parts of one source."""

    def __init__(self, source: str) -> None:
        self._nonce = "zq" + secrets.token_hex(6)
        self.parts: list[re.Match[str]] = []
        self.in_links: set[int] = set()
        self.one = re.compile(rf"{self._nonce}x(\d+)x")
        # A {% tag %} between table rows must not be moved out of the table: comments may stand anywhere.
        self.any = re.compile(rf"<!--{self._nonce}x(\d+)x-->|{self._nonce}x(\d+)x")
        self._in_tag = self._quote = ""
        self.source = self._hide(source)

    def _hide(self, source: str) -> str:
        hidden, position = [], 0
        for match in _LIQUID.finditer(source):
            literal = source[position : match.start()]
            hidden.append(literal)
            self._follow(literal)
            name = f"{self._nonce}x{len(self.parts)}x"
            if match.group(2) is None and self._in_tag:
                raise TemplateProblem(
                    Text(
                        "{part} stands inside an HTML tag. Put it around the whole tag.",
                        de="{part} steht in einem HTML-Tag. Setzen Sie es um das ganze Tag.",
                    ).fill(part=match.group()[:60])
                )
            hidden.append(name if match.group(2) is not None else f"<!--{name}-->")
            self.parts.append(match)
            position = match.end()
        hidden.append(source[position:])
        return "".join(hidden)

    def _follow(self, literal: str) -> None:
        """Keep track of whether the end of `literal` is inside a tag."""
        for position, char in enumerate(literal):
            if self._quote:
                if char == self._quote:
                    self._quote = ""
            elif self._in_tag:
                if char in "\"'":
                    self._quote = char
                elif char == ">":
                    self._in_tag = ""
            elif char == "<" and re.match(r"[A-Za-z/]", literal[position + 1 : position + 2]):
                self._in_tag = char

    def keep(self, tag: str, attribute: str, value: str) -> str | None:
        """nh3's question for each attribute: its value, or None to drop it."""
        if attribute in ("href", "src"):
            return self._link(tag, value)
        if attribute == "style" and self.one.search(value):
            return None
        return value

    def _link(self, tag: str, value: str) -> str | None:
        value = value.strip()
        whole = self.one.fullmatch(value)
        if whole:
            return value if tag == "a" and self._expression(int(whole[1])) in URL_FIELDS else None
        if tag == "img" and not value.lower().startswith("https://"):
            return None
        first = self.one.search(value)
        if first is None:
            return value if _WHOLE_LINK.fullmatch(value) else None
        # A value must not choose the server or the scheme.
        if not _LINK_START.match(value[: first.start()]):
            return None
        self.in_links.update(int(match[1]) for match in self.one.finditer(value))
        return value

    def _expression(self, number: int) -> str:
        return (self.parts[number].group(2) or "").strip()

    def restore(self, text: str) -> str:
        """Put the Liquid parts back."""
        return self.any.sub(self._part, text)

    def _part(self, match: re.Match[str]) -> str:
        number = int(match[1] or match[2])
        found = self.parts[number]
        if number in self.in_links:
            return f"{{{{{found[1]}{found[2]} | url_encode {found[3]}}}}}"
        return found.group()

    def check(self, text: str) -> None:
        """Raise TemplateProblem if cleaning has taken out a Liquid part."""
        seen = {int(match[1] or match[2]) for match in self.any.finditer(text)}
        lost = [m.group() for n, m in enumerate(self.parts) if n not in seen]
        if lost:
            raise TemplateProblem(
                Text(
                    "{part} stands where a field cannot stand (a style, a script, or the start of a link).",
                    de="{part} steht, wo kein Feld stehen kann (Stil, Skript oder Anfang eines Links).",
                ).fill(part=lost[0][:60])
            )


def prepare(source: str) -> tuple[str, str]:
    """The cleaned HTML fragment, and the text that says the same; both still with their fields."""
    tokens = _Tokens(_COMMENT.sub("", source))
    inlined = _inliner.inline(tokens.source) if "<style" in source.lower() else tokens.source
    cleaned = nh3.clean(
        inlined,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=tokens.keep,
        strip_comments=False,
        url_schemes={"http", "https", "mailto", "tel"},
        filter_style_properties=_STYLES,
        link_rel=None,
    )
    # Foreign comments could hide markup from the cleaner that some mail programs read.
    cleaned = _COMMENT.sub(lambda m: m.group() if tokens.any.fullmatch(m.group()) else "", cleaned)
    bare = tokens.any.sub(lambda m: m.group().removeprefix("<!--").removesuffix("-->"), cleaned)
    text = get_text(f"<html><body>{bare}</body></html>", ParserConfig(display_links=True))
    tokens.check(cleaned)
    return tokens.restore(cleaned), tokens.restore(_tidy(text))


def _tidy(text: str) -> str:
    lines = [line.rstrip() for line in text.strip().splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"
