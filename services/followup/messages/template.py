"""Liquid for texts that staff write: only known fields, only harmless filters, bounded work.

A template is parsed and checked once. Filling the usual `{{ customer.first_name }}` then needs no
Liquid any more; what is more than a field (a filter, an if) is rendered by python-liquid as an island.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote_plus

from liquid import RenderContext
from liquid.ast import Node
from liquid.builtin import content, output
from liquid.builtin.expressions import FilteredExpression, Path
from liquid.builtin.expressions.primitive import RangeLiteral, StringLiteral
from liquid.exceptions import LiquidError
from liquid.expression import Expression
from liquid.output import LimitedStringIO
from liquid.template import BoundTemplate
from markupsafe import escape

from services.followup.messages.dialect import HTML, LONGEST_OUTPUT, PLAIN
from shared.errors import Text

LONGEST_TEMPLATE = 200_000

Values = Mapping[str, Any]
"""What a mail is filled with: plain strings, numbers and mappings of them."""


class TemplateProblem(Exception):
    """A template that cannot be used, or not for this customer."""

    def __init__(self, problem: Text) -> None:
        super().__init__(str(problem))
        self.problem = problem


class Fields(NamedTuple):
    """The merge fields a template may use. `attributes` None: any key (they are looked at when filling)."""

    attributes: frozenset[str] | None = None

    def known(self, path: tuple[str, ...]) -> bool:
        if len(path) == 1:
            return path[0] in SINGLE_FIELDS
        root, key = path[0], path[1]
        if len(path) > 2:
            return False
        if root == "attributes":
            return self.attributes is None or key in self.attributes
        return key in FIELDS.get(root, ())


FIELDS: dict[str, tuple[str, ...]] = {
    "customer": (
        "number", "salutation", "title", "first_name", "last_name", "company", "email", "phone",
        "mobile", "street", "postal_code", "city", "country", "birthday", "language",
    ),
    "group": ("name", "path"),
    "business": ("name", "url"),
}  # fmt: skip
SINGLE_FIELDS = ("salutation", "unsubscribe_url", "preferences_url", "confirm_url", "wording")
URL_FIELDS = frozenset({"unsubscribe_url", "preferences_url", "confirm_url", "business.url"})


class Field(NamedTuple):
    """A merge field by its path; `encoded` inside a link, where its value is percent-encoded."""

    path: tuple[str, ...]
    encoded: bool = False


Piece = str | Field | Node
"""Literal text, a field, or an island of Liquid."""


class Template:
    """A checked template as pieces. Raises TemplateProblem if it cannot be parsed or is not allowed."""

    def __init__(self, source: str, *, html: bool = False, fields: Fields = Fields()) -> None:  # noqa: B008
        if len(source) > LONGEST_TEMPLATE:
            raise TemplateProblem(Text("The text is too long.", de="Der Text ist zu lang."))
        environment = HTML if html else PLAIN
        try:
            self._template: BoundTemplate = environment.from_string(source)
        except (LiquidError, RecursionError, ValueError) as error:
            raise TemplateProblem(_syntax_problem(error)) from error
        self._html = html
        self.paths: set[tuple[str, ...]] = set()
        self._check(self._template.nodes, fields, {"forloop"})
        self.pieces: list[Piece] = list(_pieces(self._template.nodes))
        self.islands = any(isinstance(piece, Node) for piece in self.pieces)

    def fill(self, values: Values) -> str:
        """The whole text. Raises TemplateProblem if a field is missing or a limit is hit."""
        return "".join(text for text, _ in self.parts(values))

    def parts(self, values: Values) -> Iterator[tuple[str, bool]]:
        """The text in order, and for each part whether it was filled in."""
        context = self.context(values) if self.islands else None
        for piece in self.pieces:
            if isinstance(piece, str):
                yield piece, False
            else:
                yield self.value(piece, values, context), True

    def context(self, values: Values) -> RenderContext:
        return RenderContext(self._template, globals=values)

    def value(self, piece: Piece, values: Values, context: RenderContext | None) -> str:
        """What stands in the place of a field or an island."""
        if isinstance(piece, Field):
            return self.field(piece, values)
        assert isinstance(piece, Node)
        assert context is not None
        return _render_island(piece, context)

    def field(self, field: Field, values: Values) -> str:
        text = field_text(values, field.path)
        if field.encoded:
            return quote_plus(text)
        return str(escape(text)) if self._html else text

    def _check(self, nodes: Iterable[Node], fields: Fields, names: set[str]) -> None:
        """Refuse ranges, unknown fields and markup in literals; names are set by assign and for."""
        for node in nodes:
            for expression in node.expressions():
                _check_filters(expression)
                self._check_expression(expression, fields, names)
            names.update(str(name) for name in node.template_scope())
            inner = names | {str(name) for name in node.block_scope()}
            self._check(node.children(None), fields, inner)  # type: ignore[arg-type]
            names.update(inner - {str(name) for name in node.block_scope()})

    def _check_expression(self, expression: Expression, fields: Fields, names: set[str]) -> None:
        if isinstance(expression, RangeLiteral):
            raise TemplateProblem(
                Text(
                    "Ranges such as (1..10) cannot be used in a mail.",
                    de="Bereiche wie (1..10) gibt es in einer Mail nicht.",
                )
            )
        if isinstance(expression, StringLiteral) and "<" in expression.value:
            # In HTML a literal is taken as it is: it must not smuggle in what was taken out.
            raise TemplateProblem(
                Text(
                    "A text inside {{ … }} or {% … %} cannot contain '<'.",
                    de="Ein Text in {{ … }} oder {% … %} darf kein '<' enthalten.",
                )
            )
        if isinstance(expression, Path):
            self._check_path(expression, fields, names)
        for child in expression.children():
            self._check_expression(child, fields, names)

    def _check_path(self, path: Path, fields: Fields, names: set[str]) -> None:
        if path.path[0] in names:
            return
        plain = tuple(str(segment) for segment in path.path)
        if any(isinstance(segment, Path) for segment in path.path) or not fields.known(plain):
            raise TemplateProblem(
                Text(
                    "There is no field {{{{ {field} }}}}.",
                    de="Das Feld {{{{ {field} }}}} gibt es nicht.",
                ).fill(field=str(path))
            )
        self.paths.add(plain)


def _check_filters(expression: Expression) -> None:
    for used in getattr(expression, "filters", None) or ():
        if used.name not in PLAIN.filters:
            raise TemplateProblem(
                Text(
                    "There is no filter '{name}'. These exist: {known}.",
                    de="Den Filter „{name}“ gibt es nicht. Es gibt: {known}.",
                ).fill(name=used.name, known=", ".join(sorted(PLAIN.filters)))
            )


def field_text(values: Values, path: tuple[str, ...]) -> str:
    """A field's value as text; an empty one is ''. Raises TemplateProblem if there is no such field."""
    value: Any = values
    try:
        for name in path:
            value = value[name]
    except KeyError:
        raise TemplateProblem(
            Text(
                "The field {field} is missing for this customer.",
                de="Das Feld {field} fehlt bei diesem Kunden.",
            ).fill(field=".".join(path))
        ) from None
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else str(value)


def _pieces(nodes: Iterable[Node]) -> Iterator[Piece]:
    for node in nodes:
        if isinstance(node, content.ContentNode):
            yield node.text
            continue
        yield _field(node) or node


def _field(node: Node) -> Field | None:
    """The node as a plain field, if that is all it is."""
    expression = node.expression if isinstance(node, output.OutputNode) else None
    if not isinstance(expression, FilteredExpression) or not isinstance(expression.left, Path):
        return None
    path = tuple(str(segment) for segment in expression.left.path)
    filters = [str(used) for used in expression.filters or ()]
    if filters not in ([], ["url_encode"]) or not Fields().known(path):
        return None
    return Field(path, encoded=bool(filters))


def _render_island(node: Node, context: RenderContext) -> str:
    buffer = LimitedStringIO(limit=LONGEST_OUTPUT)
    try:
        node.render(context, buffer)
    except LiquidError as error:
        raise TemplateProblem(_syntax_problem(error)) from error
    except Exception as error:  # filters raise whatever their input makes them raise
        raise TemplateProblem(
            Text(
                "{part} cannot be filled in for this customer.",
                de="{part} lässt sich bei diesem Kunden nicht ausfüllen.",
            ).fill(part=str(node)[:80])
        ) from error
    return str(buffer.getvalue())


def _syntax_problem(error: Exception) -> Text:
    message = error.message if isinstance(error, LiquidError) else error
    line = ""
    token = getattr(error, "token", None)
    if token is not None and token.start_index >= 0:
        line = str(token.source.count("\n", 0, token.start_index) + 1)
    return Text(
        "The template cannot be read: {message} (line {line}).",
        de="Die Vorlage ist nicht lesbar: {message} (Zeile {line}).",
    ).fill(message=message, line=line or "?")
