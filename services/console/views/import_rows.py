"""The rows of a file on its way in: shown as they are read, and corrected where they are wrong."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from services.console.backend import Refused, importer
from services.console.pages import Pages, is_part, needs, part, reason

blueprint = Pages("import_rows", __name__)

FIRST_ROWS = 15
PROBLEMS = 20
CHANGED_MEANWHILE = 412
NAMING = ("first_name", "last_name", "full_name", "company", "email", "city")


@blueprint.get("/imports/<uuid:import_id>/rows")
@needs("imports:write")
def first(import_id: UUID) -> Response:
    """The first rows as they stand in the file, with what is wrong marked."""
    found = importer.get(f"/imports/{import_id}")
    page = importer.get(f"/imports/{import_id}/rows", limit=FIRST_ROWS)
    rows = [(row, _by_column(row)) for row in page["items"]]
    return part("imports/grid.html", found=found, rows=rows)


@blueprint.get("/imports/<uuid:import_id>/problems")
@needs("imports:write")
def problems(import_id: UUID) -> Response:
    """Rows with problems, each with a field for every cell that is wrong."""
    found = importer.get(f"/imports/{import_id}")
    page = importer.get(
        f"/imports/{import_id}/rows",
        status="problem",
        limit=PROBLEMS,
        cursor=request.args.get("cursor"),
    )
    shown = [_shown(found, row) for row in page["items"]]
    return part("imports/problems.html", found=found, page=page, shown=shown)


@blueprint.post("/imports/<uuid:import_id>/rows/<int:line>")
@needs("imports:write")
def correct(import_id: UUID, line: int) -> Response:
    """Keep what was typed over a row's cells, and show what is still wrong with it."""
    found = importer.get(f"/imports/{import_id}")
    address = f"/imports/{import_id}/rows/{line}"
    row = importer.get(address)
    columns = [column["name"] for column in found["detected"]["columns"]]
    typed = _typed(columns)
    back = request.form.get("back")
    if back in columns:
        cells: dict[str, str | None] = {str(back): None}
    else:
        now = dict(zip(columns, row["cells"], strict=False))
        cells = {c: text for c, text in typed.items() if not row["whole"] or text != now.get(c)}
    problem = None
    if cells:
        try:
            row = importer.patch(address, {"cells": cells}, version=request.form.get("version"))
        except Refused as error:
            problem = reason(error)
            if error.status == CHANGED_MEANWHILE:
                problem = gettext("Somebody else has corrected this row meanwhile.")
            row = importer.get(address)
    if not is_part():
        return redirect(url_for("imports.show", import_id=import_id))
    shown = _shown(found, row, typed if problem else {})
    return part("imports/row.html", found=found, problem=problem, saved=bool(cells), **shown)


def _typed(columns: list[str]) -> dict[str, str]:
    return {
        column: request.form[f"cell-{index}"].replace("\r\n", "\n")
        for index, column in enumerate(columns)
        if f"cell-{index}" in request.form
    }


def _shown(
    found: dict[str, Any], row: dict[str, Any], typed: dict[str, str] | None = None
) -> dict[str, Any]:
    """Return a row's cells: those to look at first, then the others."""
    wrong = _by_column(row)
    cells = []
    for index, column in enumerate(found["detected"]["columns"]):
        name = column["name"]
        text = row["cells"][index] if index < len(row["cells"]) else ""
        cells.append(
            {
                "index": index,
                "column": name,
                "text": (typed or {}).get(name, text),
                "reasons": wrong.get(name, []),
                "was": row["corrected"].get(name),
            }
        )
    marked = [c for c in cells if c["reasons"] or c["was"] is not None or not row["whole"]]
    return {
        "row": row,
        "cells": marked,
        "others": [c for c in cells if c not in marked],
        "summary": _summary(found, row),
        "general": wrong.get(None, []),
    }


def _summary(found: dict[str, Any], row: dict[str, Any]) -> str:
    """Say whom a row is about, by its names and addresses; else by its first cells."""
    columns = found["detected"]["columns"]
    named = {
        column["target"]: text
        for column, text in zip(columns, row["cells"], strict=False)
        if text.strip()
    }
    naming = [named[target] for target in NAMING if target in named]
    return " · ".join(naming or [text for text in row["cells"] if text.strip()][:4])


def _by_column(row: dict[str, Any]) -> dict[str | None, list[str]]:
    wrong: dict[str | None, list[str]] = {}
    for problem in row["problems"]:
        wrong.setdefault(problem["column"], []).append(problem["reason"])
    return wrong
