"""The parts of a customer's page that other services know: each is fetched by itself."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, request
from flask_babel import gettext

from services.console.backend import Refused, customers, followup, groups
from services.console.forms import OptInForm
from services.console.pages import Pages, needs, part

blueprint = Pages("customer_parts", __name__)


@blueprint.get("/customers/<uuid:customer_id>/opt-in")
@needs("customers:read")
def opt_in(customer_id: UUID) -> Response:
    return _opt_in(customer_id)


@blueprint.post("/customers/<uuid:customer_id>/opt-in")
@needs("customers:write")
def change_opt_in(customer_id: UUID) -> Response:
    """Ask for the opt-in, confirm it by hand with its proof, or revoke it."""
    action = request.form.get("action", "")
    form = OptInForm()
    if action == "confirm" and not form.validate():
        return _opt_in(customer_id, form=form)
    try:
        customers.post(f"/customers/{customer_id}/opt-in", form.act(action), once=form.once.data)
    except Refused as error:
        form.refused(error)
        return _opt_in(
            customer_id, form=form if action == "confirm" else None, problem=str(error.text)
        )
    done = {
        "request": gettext("The invitation to confirm is on its way."),
        "confirm": gettext("The opt-in is recorded."),
        "revoke": gettext("The opt-in is revoked. No newsletter goes out any more."),
    }
    return _opt_in(customer_id, toast=done.get(action))


def _opt_in(customer_id: UUID, form: OptInForm | None = None, **values: Any) -> Response:
    return part(
        "customers/opt_in.html",
        toast=values.pop("toast", None),
        customer_id=customer_id,
        opt_in=customers.get(f"/customers/{customer_id}/opt-in"),
        form=form or OptInForm(formdata=None),
        opened=form is not None,
        **values,
    )


@blueprint.get("/customers/<uuid:customer_id>/groups")
@needs("groups:read")
def memberships(customer_id: UUID) -> Response:
    return _memberships(customer_id)


@blueprint.post("/customers/<uuid:customer_id>/groups")
@needs("groups:write")
def join(customer_id: UUID) -> Response:
    group_id = request.form.get("group_id", type=UUID)
    if group_id is None:
        return _memberships(customer_id)
    groups.put(f"/groups/{group_id}/members/{customer_id}")
    return _memberships(customer_id, toast=gettext("Added to the group."))


@blueprint.post("/customers/<uuid:customer_id>/groups/<uuid:group_id>/leave")
@needs("groups:write")
def leave(customer_id: UUID, group_id: UUID) -> Response:
    groups.delete(f"/groups/{group_id}/members/{customer_id}")
    return _memberships(customer_id, toast=gettext("Taken out of the group."))


def _memberships(customer_id: UUID, toast: str | None = None) -> Response:
    every = {group["id"]: group for group in groups.pages("/groups")}
    present = [
        m for m in groups.pages("/memberships", customer_id=customer_id) if not m.get("until")
    ]
    joined = {m["group_id"] for m in present}
    return part(
        "customers/groups.html",
        toast=toast,
        customer_id=customer_id,
        memberships=sorted(
            ({**m, "group": every.get(m["group_id"])} for m in present),
            key=lambda m: (m["group"] or {}).get("path", "").casefold(),
        ),
        others=sorted(
            (g for g in every.values() if g["id"] not in joined), key=lambda g: g["path"].casefold()
        ),
    )


@blueprint.get("/customers/<uuid:customer_id>/attributes")
@needs("groups:read")
def attributes(customer_id: UUID) -> Response:
    return _attributes(customer_id, editing="edit" in request.args)


@blueprint.post("/customers/<uuid:customer_id>/attributes")
@needs("groups:write")
def change_attributes(customer_id: UUID) -> Response:
    """Send what was typed as it was typed: the service reads German dates and numbers itself."""
    known = list(groups.pages("/attributes", scope="customer"))
    typed = {a["key"]: request.form.get(f"value-{a['key']}", "").strip() or None for a in known}
    try:
        groups.patch(f"/attribute-values/{customer_id}", typed)
    except Refused as error:
        return _attributes(
            customer_id,
            editing=True,
            typed=typed,
            errors=error.errors or {},
            problem=str(error.text),
        )
    return _attributes(customer_id, toast=gettext("Saved."))


def _attributes(customer_id: UUID, *, editing: bool = False, **values: Any) -> Response:
    return part(
        "customers/attributes.html",
        toast=values.pop("toast", None),
        customer_id=customer_id,
        attributes=list(groups.pages("/attributes", scope="customer")),
        values=groups.get(f"/attribute-values/{customer_id}"),
        editing=editing,
        typed=values.pop("typed", {}),
        errors=values.pop("errors", {}),
        problem=values.pop("problem", None),
    )


@blueprint.get("/customers/<uuid:customer_id>/mails")
@needs("followup:read")
def mails(customer_id: UUID) -> Response:
    return part(
        "customers/mails.html",
        customer_id=customer_id,
        mails=followup.get("/mails", customer_id=customer_id, limit=20),
        enrolments=followup.get("/enrolments", customer_id=customer_id, limit=50)["items"],
    )
