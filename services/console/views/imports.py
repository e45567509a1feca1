"""Importing customer files: upload, understand, preview, start, watch, mend."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response as FlaskResponse
from flask import make_response, redirect, render_template, request, url_for
from flask_babel import get_locale, gettext
from werkzeug.wrappers import Response

from services.console import words
from services.console.backend import Refused, groups, importer
from services.console.forms import ImportForm, choices
from services.console.forms.imports import DELIMITERS, ENCODINGS
from services.console.pages import Pages, needs, part, say
from shared.db import new_id
from shared.errors import Unavailable

blueprint = Pages("imports", __name__)

OPEN = ("uploaded", "ready")


@blueprint.get("/imports")
@needs("imports:write")
def listing() -> str:
    page = importer.get("/imports", limit=20, cursor=request.args.get("cursor"))
    return render_template("imports/list.html", page=page, once=new_id())


@blueprint.post("/imports")
@needs("imports:write")
def upload() -> FlaskResponse:
    """Take a file. The browser goes on to the page that shows what was understood."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return part("imports/refused.html", problem=gettext("Please choose a file."))
    try:
        made = importer.upload(
            "/imports",
            {"file": (file.filename, file.stream, file.mimetype or "application/octet-stream")},
            once=request.form.get("once") or str(new_id()),
        )
    except Refused as error:
        reasons = [m for messages in (error.errors or {}).values() for m in messages]
        return part("imports/refused.html", problem=" ".join([str(error.text), *reasons]))
    response = make_response("", 204)
    response.headers["HX-Redirect"] = url_for("imports.show", import_id=made["id"])
    return response


@blueprint.get("/imports/<uuid:import_id>")
@needs("imports:write")
def show(import_id: UUID) -> str:
    found = importer.get(f"/imports/{import_id}")
    if found["state"] not in OPEN:
        return render_template("imports/show.html", found=found)
    return _understood(found, _filled(found))


@blueprint.post("/imports/<uuid:import_id>")
@needs("imports:write")
def change(import_id: UUID) -> str:
    """Store how the file is to be understood, and show what would happen then."""
    found = importer.get(f"/imports/{import_id}")
    form = _offered(ImportForm(), found)
    if not form.validate():
        return _understood(found, form)
    mapping = {
        column["name"]: request.form.get(f"target-{index}") or None
        for index, column in enumerate(found["detected"]["columns"])
    }
    try:
        found = importer.patch(
            f"/imports/{import_id}", {"options": form.options(mapping)}, version=found["version"]
        )
        # Other characters or another separator make other columns: they are shown before a preview.
        preview = importer.post(f"/imports/{import_id}/preview")
    except Refused as error:
        form.refused(error)
        return _understood(importer.get(f"/imports/{import_id}"), form)
    return _understood(found, _filled(found), preview=preview)


@blueprint.post("/imports/<uuid:import_id>/<any(start, cancel, undo):verb>")
@needs("imports:write")
def act(import_id: UUID, verb: str) -> Response:
    try:
        importer.post(f"/imports/{import_id}/{verb}", once=request.form.get("once"))
    except Refused as error:
        say(str(error.text), "danger")
    return redirect(url_for("imports.show", import_id=import_id))


@blueprint.get("/imports/<uuid:import_id>/progress")
@needs("imports:write")
def progress(import_id: UUID) -> FlaskResponse:
    return part("imports/progress.html", found=importer.get(f"/imports/{import_id}"))


@blueprint.get("/imports/<uuid:import_id>/errors")
@needs("imports:write")
def errors(import_id: UUID) -> FlaskResponse:
    page = importer.get(f"/imports/{import_id}/errors", limit=50, cursor=request.args.get("cursor"))
    return part("imports/errors.html", page=page, import_id=import_id)


@blueprint.get("/imports/<uuid:import_id>/errors.csv")
@needs("imports:write")
def errors_csv(import_id: UUID) -> FlaskResponse:
    return _download(f"/imports/{import_id}/errors.csv", "fehler.csv")


@blueprint.get("/imports/template.<any(csv, xlsx):kind>")
@needs("imports:write")
def template(kind: str) -> FlaskResponse:
    return _download(f"/imports/template.{kind}", f"kundenliste.{kind}")


def _download(path: str, name: str) -> FlaskResponse:
    answer = importer.file(path)
    response = make_response(answer.content)
    response.headers["Content-Type"] = answer.headers.get(
        "Content-Type", "application/octet-stream"
    )
    response.headers["Content-Disposition"] = answer.headers.get(
        "Content-Disposition", f'attachment; filename="{name}"'
    )
    return response


def _understood(
    found: dict[str, Any], form: ImportForm, preview: dict[str, Any] | None = None
) -> str:
    return render_template(
        "imports/understood.html",
        found=found,
        detected=found["detected"],
        form=form,
        targets=_targets(),
        preview=preview,
        once=new_id(),
    )


def _offered(form: ImportForm, found: dict[str, Any]) -> ImportForm:
    """Offer what can be chosen, and what the importer has found even if we had not thought of it."""
    detected = found["detected"]
    form.encoding.choices = choices(_with(ENCODINGS, detected.get("encoding")))
    form.delimiter.choices = choices(_with(DELIMITERS, detected.get("delimiter")))
    sheets = detected.get("sheets") or ([detected["sheet"]] if detected.get("sheet") else [])
    form.sheet.choices = choices([(name, name) for name in sheets])
    return form


def _filled(found: dict[str, Any]) -> ImportForm:
    form = _offered(ImportForm(formdata=None), found)
    options, detected = found.get("options") or {}, found["detected"]
    for name in ("encoding", "delimiter", "sheet"):
        form[name].data = options.get(name) or detected.get(name)
    for name in ("mode", "on_empty", "start_sequences", "profile"):
        form[name].data = options.get(name) or form[name].data
    form.match_on.data = ",".join(options.get("match_on") or ["id", "number", "email"])
    chosen = options.get("groups") or {}
    form.groups_mode.data = chosen.get("mode") or "add"
    form.create_missing.data = chosen.get("create_missing", True)
    form.start_sequences.data = form.start_sequences.data or "yes"
    form.consent_wording.data = options.get("opt_in_evidence") or ""
    return form


def _with(labels: dict[str, Any], found: str | None) -> list[tuple[str, Any]]:
    listed = list(labels.items())
    return listed if not found or found in labels else [(found, found), *listed]


def _targets() -> list[tuple[str, list[tuple[str, Any]]]]:
    """Return what a column can be, under two headings."""
    fields = [(key, label) for key, label in words.CUSTOMER_FIELD.items()]
    language = str(get_locale())
    try:
        own = [
            (f"attribute:{a['key']}", a["label"].get(language) or a["label"]["de"])
            for a in groups.pages("/attributes", scope="customer")
        ]
    except (Refused, Unavailable):
        own = []
    return [(gettext("Master data"), fields), (gettext("Attributes"), own)]
