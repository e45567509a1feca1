"""Reading the rows of a batch: five thousand in a few milliseconds, each with its own refusals.

msgspec reads the JSON; the fields' readers say what is wrong with a value, as they do for a single customer.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET
from msgspec.structs import astuple

from services.customers import errors, fields
from services.customers.errors import BatchRefused, BatchUnreadable
from services.customers.fields import read_field
from shared.errors import Text
from shared.values import ValueRefused, clean_text

MOST_ROWS = 5_000
KEYS = ("id", "number", "email")
MODES = ("upsert", "create", "update")
STALE = ("refuse", "merge")

Mode = Literal["upsert", "create", "update"]
Errors = dict[str, list[Text]]

TOO_MANY = Text(
    "A batch has at most {most} rows; this one has {given}.",
    de="Ein Stapel hat höchstens {most} Zeilen; dieser hat {given}.",
)
ROWS_NEEDED = Text("rows is a list of objects.", de="rows ist eine Liste von Objekten.")
ONE_OF = Text("Possible is: {values}.", de="Möglich ist: {values}.")
KEYS_NEEDED = Text(
    "match_on is a list of: id, number, email.",
    de="match_on ist eine Liste aus: id, number, email.",
)


class Permission(msgspec.Struct, frozen=True):
    """A permission that was given elsewhere, with what proves it."""

    confirmed_at: datetime
    evidence: str


class Line(msgspec.Struct, gc=False):
    """One row as it was understood. With `errors` it is not taken."""

    ref: str | int | None
    id: UUID | None = None
    number: int | None = None
    version: int | None = None
    values: dict[str, Any] = {}
    permission: Permission | None = None
    errors: Errors = {}


class Batch(msgspec.Struct):
    """A batch as it was understood.

    `on_stale`: what becomes of a row with an older version than the customer's. `reference`: the import.
    """

    lines: list[Line]
    match_on: tuple[str, ...]
    mode: Mode
    source: str
    dry_run: bool
    on_stale: Literal["refuse", "merge"]
    reference: UUID | None


class _Row(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    ref: Any = None
    id: Any = None
    number: Any = None
    version: Any = None
    opt_in: Any = None
    salutation: Any = UNSET
    title: Any = UNSET
    first_name: Any = UNSET
    last_name: Any = UNSET
    company: Any = UNSET
    email: Any = UNSET
    phone: Any = UNSET
    mobile: Any = UNSET
    street: Any = UNSET
    postal_code: Any = UNSET
    city: Any = UNSET
    country: Any = UNSET
    birthday: Any = UNSET
    language: Any = UNSET
    note: Any = UNSET
    active: Any = UNSET
    registered_at: Any = UNSET


class _Body(msgspec.Struct, forbid_unknown_fields=True):
    rows: Any
    match_on: Any = UNSET
    mode: Any = UNSET
    source: Any = UNSET
    dry_run: Any = UNSET
    on_stale: Any = UNSET
    reference: Any = None


class _GoodBody(_Body, forbid_unknown_fields=True):
    rows: list[_Row]


_good = msgspec.json.Decoder(_GoodBody)
_any = msgspec.json.Decoder(_Body)
_READERS = tuple(fields.READERS.items())
_KNOWN = frozenset(_Row.__struct_fields__)
_FIRST_FIELD = len(_Row.__struct_fields__) - len(_READERS)
assert _Row.__struct_fields__[_FIRST_FIELD:] == tuple(fields.READERS), "their order is one"


def read_batch(body: bytes) -> Batch:
    """Read a batch from JSON. Raises BatchUnreadable, or BatchRefused where it is wrong as a whole."""
    try:
        try:
            parsed: _Body = _good.decode(body)
        except msgspec.ValidationError:
            parsed = _any.decode(body)
    except msgspec.ValidationError as error:
        raise BatchRefused(errors={"_schema": [str(error)]}) from None
    except msgspec.DecodeError as error:
        raise BatchUnreadable(reason=error) from None
    except (RecursionError, UnicodeDecodeError) as error:
        raise BatchUnreadable(reason=type(error).__name__) from None
    options, wrong = _options(parsed)
    rows = parsed.rows
    if not isinstance(rows, list):
        wrong["rows"] = [ROWS_NEEDED]
    elif len(rows) > MOST_ROWS:
        wrong["rows"] = [TOO_MANY.fill(most=MOST_ROWS, given=len(rows))]
    if wrong:
        raise BatchRefused(errors=wrong)
    return Batch(lines=[_line(row, i) for i, row in enumerate(rows)], **options)


def _options(parsed: _Body) -> tuple[dict[str, Any], Errors]:
    wrong: Errors = {}
    match_on = KEYS if parsed.match_on is UNSET else parsed.match_on
    if not isinstance(match_on, list | tuple) or not all(
        isinstance(key, str) and key in KEYS for key in match_on
    ):
        wrong["match_on"] = [KEYS_NEEDED]
        match_on = ()
    mode = "upsert" if parsed.mode is UNSET else parsed.mode
    if not isinstance(mode, str) or mode not in MODES:
        wrong["mode"] = [ONE_OF.fill(values=", ".join(MODES))]
    source = "api" if parsed.source is UNSET else parsed.source
    if not isinstance(source, str) or source not in fields.SOURCES:
        wrong["source"] = [ONE_OF.fill(values=", ".join(fields.SOURCES))]
    dry_run = False if parsed.dry_run is UNSET else parsed.dry_run
    if type(dry_run) is not bool:
        wrong["dry_run"] = [fields.NOT_YES_NO]
    on_stale = "refuse" if parsed.on_stale is UNSET else parsed.on_stale
    if not isinstance(on_stale, str) or on_stale not in STALE:
        wrong["on_stale"] = [ONE_OF.fill(values=", ".join(STALE))]
    reference = None
    if parsed.reference is not None:
        reference = _id(parsed.reference, wrong, "reference")
    return {
        "match_on": tuple(match_on),
        "mode": mode,
        "source": source,
        "dry_run": dry_run,
        "on_stale": on_stale,
        "reference": reference,
    }, wrong


def _line(row: _Row | Any, position: int) -> Line:
    wrong: Errors = {}
    if type(row) is not _Row:
        if not isinstance(row, dict):
            return Line(ref=position, errors={"_schema": [errors.NOT_AN_OBJECT]})
        for name in row.keys() - _KNOWN:
            wrong[_shown(name)] = [errors.UNKNOWN_FIELD]
        row = msgspec.convert({k: v for k, v in row.items() if k in _KNOWN}, _Row)
    values = _values(row, wrong)
    line = Line(ref=position if row.ref is None else row.ref, values=values)
    if type(line.ref) not in (str, int) or len(str(line.ref)) > 200:
        line.ref = position
        wrong["ref"] = [errors.BAD_REF]
    if row.id is not None:
        line.id = _id(row.id, wrong)
    if row.number is not None:
        line.number = _positive("number", row.number, wrong)
    if row.version is not None:
        line.version = _positive("version", row.version, wrong)
    if row.opt_in is not None:
        line.permission = _permission(row.opt_in, wrong)
    if wrong:
        line.errors = wrong
    return line


def _values(row: _Row, wrong: Errors) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for (name, read), value in zip(_READERS, astuple(row)[_FIRST_FIELD:], strict=True):
        if value is UNSET:
            continue
        try:
            values[name] = read(value) if value is not None else read_field(name, None)
        except ValueRefused as refused:
            wrong[name] = [refused.text]
    return values


def _shown(name: str) -> str:
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name[:60])


def _id(raw: Any, wrong: Errors, name: str = "id") -> UUID | None:
    try:
        if type(raw) is str and len(raw) == 36:
            return UUID(raw)
    except ValueError:
        pass
    wrong[name] = [errors.NOT_AN_ID]
    return None


def _positive(name: str, raw: Any, wrong: Errors) -> int | None:
    if type(raw) is int and 0 < raw < 2**63:
        return raw
    wrong[name] = [errors.NOT_A_NUMBER]
    return None


def _permission(raw: Any, wrong: Errors) -> Permission | None:
    if not isinstance(raw, dict) or not raw.keys() <= {"confirmed_at", "evidence"}:
        wrong["opt_in"] = [errors.OPT_IN_SHAPE]
        return None
    found: dict[str, Any] = {}
    try:
        found["confirmed_at"] = fields.past_moment(raw.get("confirmed_at"))
    except ValueRefused as refused:
        wrong["opt_in.confirmed_at"] = [refused.text]
    try:
        found["evidence"] = clean_text(raw.get("evidence") or "", longest=2_000, multiline=True)
    except ValueRefused as refused:
        wrong["opt_in.evidence"] = [refused.text]
    else:
        if not found["evidence"]:
            wrong["opt_in.evidence"] = [errors.NO_EVIDENCE]
    return Permission(**found) if len(found) == 2 and found["evidence"] else None
