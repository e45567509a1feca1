"""The Liquid that staff may write: which tags and filters there are, and how much work they may make."""

from __future__ import annotations

import re
from collections.abc import Callable

from liquid import Environment, StrictUndefined
from liquid.builtin import content, illegal, output
from liquid.builtin.filters import misc, string
from liquid.builtin.tags import (
    assign_tag,
    case_tag,
    comment_tag,
    for_tag,
    if_tag,
    inline_comment_tag,
    unless_tag,
)

LONGEST_OUTPUT = 500_000
_LONGEST_VALUE = 100_000
_DATE_FORMAT = re.compile(r"(?:%[aAbBdejmUuVwyYHMp%]|[^%])*")


def _bounded(filter_: Callable[..., str]) -> Callable[..., str]:
    """A text filter that neither takes nor gives more than a mail can need."""

    def bounded(value: object, *args: object) -> str:
        if any(isinstance(part, str) and len(part) > _LONGEST_VALUE for part in (value, *args)):
            raise ValueError("too long")
        return filter_(value, *args)

    return bounded


def _replace(value: object, old: object, new: object = "") -> str:
    text, old, new = str(value), str(old), str(new)
    # The length is known before the text is made: chained replacing grows without limit.
    if len(text) + (text.count(old) * len(new)) > _LONGEST_VALUE:
        raise ValueError("too long")
    return text.replace(old, new)


def _date(value: object, wanted: object, *args: object) -> str:
    # Widths ("%999999999d") make the C library write as many characters.
    if len(str(value)) > 40 or not _DATE_FORMAT.fullmatch(str(wanted)):
        raise ValueError("not a date format")
    return (
        "" if value in (None, "") else str(misc.date(value, str(wanted), *args, environment=PLAIN))
    )


class _Environment(Environment):
    loop_iteration_limit = 1_000
    local_namespace_limit = _LONGEST_VALUE
    output_stream_limit = LONGEST_OUTPUT
    context_depth_limit = 20
    block_nesting_limit = 20

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:  # noqa: ARG002
        for tag in (
            content.Literal, output.Output, illegal.Illegal, if_tag.IfTag, unless_tag.UnlessTag,
            case_tag.CaseTag, for_tag.ForTag, for_tag.BreakTag, for_tag.ContinueTag,
            assign_tag.AssignTag, comment_tag.CommentTag, inline_comment_tag.InlineCommentTag,
        ):  # fmt: skip
            self.add_tag(tag)
        for name in ("capitalize", "downcase", "upcase", "strip", "lstrip", "rstrip", "squish"):
            self.add_filter(name, _bounded(getattr(string, name)))
        for name in ("append", "prepend", "remove", "truncate", "truncatewords", "strip_newlines"):
            self.add_filter(name, _bounded(getattr(string, name)))
        self.add_filter("escape", string.escape)
        self.add_filter("newline_to_br", string.newline_to_br)
        self.add_filter("url_encode", string.url_encode)
        self.add_filter("default", misc.default)
        self.add_filter("size", misc.size)
        self.add_filter("replace", _replace)
        self.add_filter("date", _date)


PLAIN = _Environment(undefined=StrictUndefined)
HTML = _Environment(undefined=StrictUndefined, autoescape=True)
