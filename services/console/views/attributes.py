"""Attributes: what this business wants to know beside the master data."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from services.console.backend import Refused, groups
from services.console.forms import AttributeForm
from services.console.pages import Pages, needs, say

blueprint = Pages("attributes", __name__)


@blueprint.get("/attributes")
@needs("groups:read")
def listing() -> str:
    every = sorted(groups.pages("/attributes"), key=lambda a: (a["scope"], a.get("position") or 0))
    return render_template("attributes/list.html", attributes=every)


@blueprint.route("/attributes/new", methods=["GET", "POST"])
@needs("groups:write")
def new() -> Response | str:
    form = AttributeForm()
    if form.validate_on_submit():
        try:
            groups.post("/attributes", form.values(), once=form.once.data)
            say(gettext("The attribute is there. It shows on every customer."))
            return redirect(url_for("attributes.listing"))
        except Refused as error:
            form.refused(error, form.NAMES)
    return render_template("attributes/edit.html", form=form, attribute=None)


@blueprint.route("/attributes/<uuid:attribute_id>", methods=["GET", "POST"])
@needs("groups:read")
def edit(attribute_id: UUID) -> Response | str:
    attribute = groups.get(f"/attributes/{attribute_id}")
    form = AttributeForm()
    # What it belongs to and what others know it by stay for good.
    del form.key, form.scope
    if not form.is_submitted():
        form.fill(attribute)
    elif form.validate():
        try:
            groups.patch(f"/attributes/{attribute_id}", form.values(), version=form.version.data)
            say(gettext("Saved."))
            return redirect(url_for("attributes.listing"))
        except Refused as error:
            form.refused(error, form.NAMES)
    return render_template("attributes/edit.html", form=form, attribute=attribute)


@blueprint.post("/attributes/<uuid:attribute_id>/delete")
@needs("groups:write")
def delete(attribute_id: UUID) -> Response | str:
    """Delete a definition. One that has values says how many, and asks again."""
    cascade = "true" if request.form.get("cascade") else ""
    try:
        groups.delete(
            f"/attributes/{attribute_id}", version=request.form.get("version"), cascade=cascade
        )
    except Refused as error:
        if error.status != 409 or cascade:
            say(str(error.text), "danger")
            return redirect(url_for("attributes.edit", attribute_id=attribute_id))
        attribute = groups.get(f"/attributes/{attribute_id}")
        return render_template(
            "attributes/delete.html", attribute=attribute, reason=str(error.text)
        )
    say(gettext("The attribute is deleted."))
    return redirect(url_for("attributes.listing"))
