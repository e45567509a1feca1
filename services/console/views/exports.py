"""Customers out into a file: chosen, watched, downloaded."""

from __future__ import annotations

from uuid import UUID

from flask import Response as FlaskResponse
from flask import redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from services.console.backend import Refused, importer
from services.console.forms import ExportForm
from services.console.pages import Pages, needs, part, reason, say
from services.console.views.whom import Choices, selections_and_groups

blueprint = Pages("exports", __name__)


@blueprint.route("/exports", methods=["GET", "POST"])
@needs("exports:read")
def listing() -> Response | str:
    form = ExportForm()
    form.whom.choices = _whom()
    if not form.is_submitted() and (group := request.args.get("group")):
        form.whom.data = f"group:{group}"
    if form.validate_on_submit():
        try:
            made = importer.post("/exports", form.order(), once=form.once.data)
            return redirect(url_for("exports.show", export_id=made["id"]))
        except Refused as error:
            form.refused(error, {"filter": "whom", "selection_id": "whom", "format": "kind"})
    page = importer.get("/exports", limit=20, cursor=request.args.get("cursor"))
    return render_template("exports/list.html", form=form, page=page)


@blueprint.get("/exports/<uuid:export_id>")
@needs("exports:read")
def show(export_id: UUID) -> str:
    return render_template("exports/show.html", found=importer.get(f"/exports/{export_id}"))


@blueprint.get("/exports/<uuid:export_id>/progress")
@needs("exports:read")
def progress(export_id: UUID) -> FlaskResponse:
    return part("exports/progress.html", found=importer.get(f"/exports/{export_id}"))


@blueprint.post("/exports/<uuid:export_id>/cancel")
@needs("exports:read")
def cancel(export_id: UUID) -> Response:
    try:
        importer.post(f"/exports/{export_id}/cancel")
    except Refused as error:
        say(reason(error), "danger")
    return redirect(url_for("exports.show", export_id=export_id))


@blueprint.get("/exports/<uuid:export_id>/file")
@needs("exports:read")
def file(export_id: UUID) -> FlaskResponse:
    return importer.download(f"/exports/{export_id}/file")


def _whom() -> Choices:
    everybody = [
        ("all", gettext("all, active and inactive")),
        ("active", gettext("all active ones")),
    ]
    return {gettext("Everybody"): everybody} | selections_and_groups()
