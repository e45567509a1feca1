"""Sequences: their steps, their start, and who is in them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response as FlaskResponse
from flask import redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from services.console.backend import Refused, followup, groups
from services.console.forms import SequenceForm, StepForm, choices
from services.console.forms.sequences import fill, in_page_order
from services.console.pages import Pages, needs, part, say
from services.console.views.messages import all_reasons, newest_customers

blueprint = Pages("sequences", __name__)


@blueprint.get("/sequences")
@needs("followup:read")
def listing() -> str:
    return render_template(
        "sequences/list.html", sequences=list(followup.pages("/sequences")), groups=_paths()
    )


@blueprint.route("/sequences/new", methods=["GET", "POST"])
@needs("followup:write")
def new() -> Response | str:
    form = _form()
    if form.validate_on_submit():
        try:
            made = followup.post("/sequences", form.values(), once=form.once.data)
            say(
                gettext("The sequence is saved as a draft. Nothing is sent before it is activated.")
            )
            return redirect(url_for("sequences.show", sequence_id=made["id"]))
        except Refused as error:
            form.refused(error, form.NAMES)
    if not form.steps:
        form.steps.append_entry()
    return _editor(form, None)


@blueprint.get("/sequences/<uuid:sequence_id>")
@needs("followup:read")
def show(sequence_id: UUID) -> str:
    return render_template(
        "sequences/show.html",
        sequence=followup.get(f"/sequences/{sequence_id}"),
        groups=_paths(),
    )


@blueprint.route("/sequences/<uuid:sequence_id>/edit", methods=["GET", "POST"])
@needs("followup:write")
def edit(sequence_id: UUID) -> Response | str:
    sequence = followup.get(f"/sequences/{sequence_id}")
    form = _form()
    if not form.is_submitted():
        fill(form, sequence)
    elif form.validate():
        try:
            followup.patch(f"/sequences/{sequence_id}", form.values(), version=form.version.data)
            say(gettext("Saved."))
            return redirect(url_for("sequences.show", sequence_id=sequence_id))
        except Refused as error:
            form.refused(error, form.NAMES)
            if error.status == 412:
                form.version.data = followup.get(f"/sequences/{sequence_id}")["version"]
    return _editor(form, sequence)


@blueprint.get("/sequences/step")
@needs("followup:write")
def step() -> FlaskResponse:
    """One more empty step for the form; its number only has to differ from the others'."""
    number = max(0, request.args.get("number", 0, type=int))
    return part("sequences/step.html", step=StepForm(prefix=f"steps-{number}-"))


@blueprint.get("/sequences/<uuid:sequence_id>/activation")
@needs("followup:write")
def activation(sequence_id: UUID) -> FlaskResponse:
    """Say what activating would do, before it does."""
    outcomes = {
        choice: followup.post(
            f"/sequences/{sequence_id}/activate", {"existing_members": choice, "dry_run": True}
        )["impact"]
        for choice in ("ignore", "enrol")
    }
    return part("sequences/activation.html", sequence_id=sequence_id, outcomes=outcomes)


@blueprint.post("/sequences/<uuid:sequence_id>/<any(activate, pause, archive):verb>")
@needs("followup:write")
def act(sequence_id: UUID, verb: str) -> Response:
    members = request.form.get("existing_members", "ignore")
    body = {"existing_members": members, "dry_run": False} if verb == "activate" else None
    done = {
        "activate": gettext("The sequence is active."),
        "pause": gettext("The sequence pauses. Nothing is sent until it is activated again."),
        "archive": gettext("The sequence is archived."),
    }
    try:
        followup.post(f"/sequences/{sequence_id}/{verb}", body, once=request.form.get("once"))
        say(done[verb])
    except Refused as error:
        say(all_reasons(error), "danger")
    return redirect(url_for("sequences.show", sequence_id=sequence_id))


@blueprint.get("/sequences/<uuid:sequence_id>/enrolments")
@needs("followup:read")
def enrolments(sequence_id: UUID) -> FlaskResponse:
    wanted = {name: request.args.get(name, "") for name in ("state", "cursor")}
    page = followup.get("/enrolments", sequence_id=sequence_id, limit=50, **wanted)
    return part("sequences/enrolments.html", page=page, sequence_id=sequence_id, wanted=wanted)


@blueprint.get("/sequences/<uuid:sequence_id>/mails")
@needs("followup:read")
def mails(sequence_id: UUID) -> FlaskResponse:
    wanted = {name: request.args.get(name, "") for name in ("state", "cursor")}
    page = followup.get("/mails", sequence_id=sequence_id, limit=50, **wanted)
    return part("sequences/mails.html", page=page, sequence_id=sequence_id, wanted=wanted)


@blueprint.get("/enrolments/<uuid:enrolment_id>/plan")
@needs("followup:read")
def plan(enrolment_id: UUID) -> FlaskResponse:
    """Say which mails come when, and why some do not."""
    return part("sequences/plan.html", plan=followup.get(f"/enrolments/{enrolment_id}/plan"))


@blueprint.post("/enrolments/<uuid:enrolment_id>/stop")
@needs("followup:write")
def stop(enrolment_id: UUID) -> FlaskResponse | Response:
    stopped = followup.post(f"/enrolments/{enrolment_id}/stop")
    say(gettext("Stopped. No further mail of this sequence goes to this customer."))
    return redirect(url_for("sequences.show", sequence_id=stopped["sequence_id"]))


def _editor(form: SequenceForm, sequence: dict[str, Any] | None) -> str:
    """Show the form; a preview can be made with one of the newest customers."""
    return render_template(
        "sequences/edit.html", form=form, sequence=sequence, preview_customers=newest_customers()
    )


def _form() -> SequenceForm:
    form = SequenceForm(in_page_order(request.form) if request.method == "POST" else None)
    paths = _paths()
    form.start_groups.choices = form.excluding_groups.choices = choices(paths)
    form.end_group.choices = choices(paths, none=gettext("– none –"))
    return form


def _paths() -> dict[str, str]:
    """Return every group's path by its id, in the order of paths."""
    paths = {g["id"]: g["path"] for g in groups.pages("/groups")}
    return dict(sorted(paths.items(), key=lambda entry: entry[1].casefold()))
