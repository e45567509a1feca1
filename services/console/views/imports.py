"""Importing customer files, once they are here: understand, preview, start, watch, take back."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from flask import Response as FlaskResponse
from flask import redirect, render_template, request, url_for
from flask_babel import get_locale, gettext
from werkzeug.wrappers import Response

from services.console import words
from services.console.backend import PATIENT, Refused, groups, importer
from services.console.forms import ImportForm, ReadingForm, choices
from services.console.forms.imports import DELIMITERS, ENCODINGS
from services.console.pages import Pages, needs, part, reason, say
from shared.db import new_id
from shared.errors import Unavailable

blueprint = Pages("imports", __name__)

OPEN = ("uploaded", "ready")
ENDED = ("finished", "failed", "cancelled")
MOST_GROUPS = 500
CREATE, MAP, IGNORE = "create", "map", "ignore"


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
    """Store what is to happen with the file, and show what would happen then."""
    found = importer.get(f"/imports/{import_id}")
    form = ImportForm()
    if not form.validate():
        return _understood(found, form)
    mapping = {
        column["name"]: request.form.get(f"target-{index}") or None
        for index, column in enumerate(found["detected"]["columns"])
    }
    options = form.options(mapping, _group_map())
    try:
        found = importer.patch(
            f"/imports/{import_id}", {"options": options}, version=found["version"]
        )
        preview = importer.post(f"/imports/{import_id}/preview", timeout=PATIENT)
    except Refused as error:
        form.refused(error)
        return _understood(importer.get(f"/imports/{import_id}"), form)
    return _understood(found, _filled(found), preview=preview)


@blueprint.post("/imports/<uuid:import_id>/reading")
@needs("imports:write")
def read_again(import_id: UUID) -> Response | str:
    """Take the file apart in another way, and show its columns."""
    found = importer.get(f"/imports/{import_id}")
    form = _offered(ReadingForm(), found["detected"])
    if form.validate():
        changes = form.changes({**found["detected"], **_chosen_heading(found)})
        try:
            if changes:
                options = {"options": changes}
                importer.patch(
                    f"/imports/{import_id}", options, version=found["version"], timeout=PATIENT
                )
            return redirect(url_for("imports.show", import_id=import_id))
        except Refused as error:
            form.refused(error)
    return _understood(found, _filled(found), reading=form)


@blueprint.post("/imports/<uuid:import_id>/<any(start, cancel, undo, again):verb>")
@needs("imports:write")
def act(import_id: UUID, verb: str) -> Response:
    try:
        once = request.form.get("once")
        after = importer.post(f"/imports/{import_id}/{verb}", once=once, timeout=PATIENT)
    except Refused as error:
        say(reason(error), "danger")
    else:
        # The rows that were refused come again as an import of their own.
        import_id = UUID(after["id"])
    return redirect(url_for("imports.show", import_id=import_id))


@blueprint.get("/imports/<uuid:import_id>/undo")
@needs("imports:write")
def ask_undo(import_id: UUID) -> str:
    found = importer.get(f"/imports/{import_id}")
    return render_template("imports/undo.html", found=found, once=new_id())


@blueprint.get("/imports/<uuid:import_id>/progress")
@needs("imports:write")
def progress(import_id: UUID) -> FlaskResponse:
    return part("imports/progress.html", found=importer.get(f"/imports/{import_id}"))


@blueprint.get("/imports/<uuid:import_id>/errors")
@needs("imports:write")
def errors(import_id: UUID) -> FlaskResponse:
    found = importer.get(f"/imports/{import_id}")
    page = importer.get(f"/imports/{import_id}/errors", limit=50, cursor=request.args.get("cursor"))
    # Beside fields to correct the refused rows it is the longer list of the same.
    opened = found["state"] not in ENDED or found["again_id"] or found["file_deleted_at"]
    return part("imports/errors.html", page=page, opened=opened)


@blueprint.get("/imports/<uuid:import_id>/errors.csv")
@needs("imports:write")
def errors_csv(import_id: UUID) -> FlaskResponse:
    return importer.download(f"/imports/{import_id}/errors.csv")


@blueprint.get("/imports/template.<any(csv, xlsx):kind>")
@needs("imports:write")
def template(kind: str) -> FlaskResponse:
    return importer.download(f"/imports/template.{kind}")


def _understood(
    found: dict[str, Any],
    form: ImportForm,
    *,
    reading: ReadingForm | None = None,
    preview: dict[str, Any] | None = None,
) -> str:
    form.offer({column["target"] for column in found["detected"]["columns"]})
    return render_template(
        "imports/understood.html",
        found=found,
        detected=found["detected"],
        form=form,
        reading=reading or _read(found),
        targets=_targets(),
        preview=preview,
        unknown_groups=_unknown_groups(found, preview),
        group_paths=_group_paths() if preview else [],
        once=new_id(),
    )


def _offered(form: ReadingForm, detected: dict[str, Any]) -> ReadingForm:
    """Offer what can be chosen, and what the importer has found even if we had not thought of it."""
    form.encoding.choices = choices(_with(ENCODINGS, detected["encoding"]))
    form.delimiter.choices = choices(_with(DELIMITERS, detected["delimiter"]))
    form.sheet.choices = choices([(sheet["name"], sheet["name"]) for sheet in detected["sheets"]])
    return form


def _read(found: dict[str, Any]) -> ReadingForm:
    form = _offered(ReadingForm(formdata=None), found["detected"])
    for name in ("encoding", "delimiter", "sheet"):
        form[name].data = found["detected"][name]
    form.heading_line.data = _chosen_heading(found)["heading_line"]
    return form


def _chosen_heading(found: dict[str, Any]) -> dict[str, Any]:
    """The heading's line as it was chosen, which is none where it was found."""
    return {"heading_line": found["options"].get("heading_line")}


def _filled(found: dict[str, Any]) -> ImportForm:
    form = ImportForm(formdata=None)
    options = found["options"]
    for name in ("mode", "on_empty", "start_sequences", "profile"):
        form[name].data = options.get(name) or form[name].data
    form.match_on.data = ",".join(options["match_on"])
    form.groups_mode.data = options["groups"]["mode"]
    form.create_missing.data = options["groups"]["create_missing"]
    form.date_order.data = options.get("date_order") or ""
    form.consent_wording.data = options.get("opt_in_evidence") or ""
    return form


def _with(labels: dict[str, Any], found: str | None) -> list[tuple[str, Any]]:
    listed = list(labels.items())
    return listed if not found or found in labels else [(found, found), *listed]


def _group_map() -> dict[str, str | None]:
    """Where the groups go that were not known when the page was made."""
    chosen: dict[str, str | None] = {}
    for index in range(MOST_GROUPS):
        name = request.form.get(f"group-{index}")
        if name is None:
            break
        target = request.form.get(f"group-target-{index}", "").strip()
        choice = request.form.get(f"group-choice-{index}")
        if choice == IGNORE:
            chosen[name] = None
        elif choice == MAP and target:
            chosen[name] = target
    return chosen


class UnknownGroup(NamedTuple):
    """A group of the file that is not there, and what is to become of it."""

    name: str
    choice: str
    target: str
    rows: int


def _unknown_groups(found: dict[str, Any], preview: dict[str, Any] | None) -> list[UnknownGroup]:
    mapped = found["options"]["groups"]["map"]
    listed = [
        UnknownGroup(name, IGNORE if target is None else MAP, target or "", 0)
        for name, target in mapped.items()
    ]
    new = [
        UnknownGroup(group["group"], CREATE, "", group["rows"])
        for group in (preview["impact"]["groups"] if preview else [])
        if not group["exists"] and group["group"] not in mapped.values()
    ]
    return [*listed, *new][:MOST_GROUPS]


def _group_paths() -> list[str]:
    try:
        return sorted(group["path"] for group in groups.pages("/groups"))
    except (Refused, Unavailable):
        return []


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
