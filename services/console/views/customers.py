"""The customer list, new customers and their master data."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from services.console.backend import Refused, customers, groups
from services.console.forms import CustomerForm
from services.console.pages import Pages, needs, say
from shared.errors import Unavailable

blueprint = Pages("customers", __name__)

FILTERS = ("q", "active", "group", "opt_in", "sort", "cursor")


@blueprint.get("/customers")
@needs("customers:read")
def listing() -> str:
    wanted = {name: request.args.get(name, "") for name in FILTERS}
    subgroups = "true" if wanted["group"] else ""
    page = customers.get("/customers", limit=50, include_subgroups=subgroups, **wanted)
    return render_template(
        "customers/list.html", page=page, wanted=wanted, groups=_groups_to_choose()
    )


@blueprint.route("/customers/new", methods=["GET", "POST"])
@needs("customers:write")
def new() -> Response | str:
    form = CustomerForm()
    if form.validate_on_submit():
        given = {name: value for name, value in form.master_data().items() if value is not None}
        try:
            made = customers.post("/customers", given, once=form.once.data)
            say(gettext("The customer has the number %(number)s.", number=made["number"]))
            return redirect(url_for("customers.show", customer_id=made["id"]))
        except Refused as error:
            form.refused(error)
    return render_template("customers/edit.html", form=form, customer=None, stored={})


@blueprint.get("/customers/<uuid:customer_id>")
@needs("customers:read")
def show(customer_id: UUID) -> Response | str:
    customer = customers.get(f"/customers/{customer_id}")
    if customer["id"] != str(customer_id):  # it was merged into another one
        return redirect(url_for("customers.show", customer_id=customer["id"]))
    return render_template("customers/show.html", customer=customer)


@blueprint.route("/customers/<uuid:customer_id>/edit", methods=["GET", "POST"])
@needs("customers:write")
def edit(customer_id: UUID) -> Response | str:
    customer = customers.get(f"/customers/{customer_id}")
    form = CustomerForm()
    stored: dict[str, Any] = {}
    if not form.is_submitted():
        _fill(form, customer)
    elif form.validate():
        try:
            customers.patch(
                f"/customers/{customer_id}", form.master_data(), version=form.version.data
            )
            say(gettext("Saved."))
            return redirect(url_for("customers.show", customer_id=customer_id))
        except Refused as error:
            if error.status == 412:
                customer, stored = _meanwhile(form, customer_id)
            else:
                form.refused(error)
    return render_template("customers/edit.html", form=form, customer=customer, stored=stored)


@blueprint.post("/customers/<uuid:customer_id>/deactivate")
@needs("customers:write")
def deactivate(customer_id: UUID) -> Response:
    return _act(
        customer_id, "deactivate", gettext("The customer is inactive and gets no newsletter.")
    )


@blueprint.post("/customers/<uuid:customer_id>/reactivate")
@needs("customers:write")
def reactivate(customer_id: UUID) -> Response:
    return _act(customer_id, "reactivate", gettext("The customer is active again."))


@blueprint.post("/customers/<uuid:customer_id>/erase")
@needs("customers:write")
def erase(customer_id: UUID) -> Response:
    try:
        customers.delete(f"/customers/{customer_id}", version=request.form.get("version"))
    except Refused as error:
        say(str(error.text), "danger")
        return redirect(url_for("customers.show", customer_id=customer_id))
    say(gettext("The customer's data are being erased everywhere."))
    return redirect(url_for("customers.listing"))


def _act(customer_id: UUID, verb: str, done: str) -> Response:
    try:
        customers.post(f"/customers/{customer_id}/{verb}")
        say(done)
    except Refused as error:
        say(str(error.text), "danger")
    return redirect(url_for("customers.show", customer_id=customer_id))


def _fill(form: CustomerForm, customer: dict[str, Any]) -> None:
    for name in (*form.MASTER, "version"):
        form[name].data = customer.get(name)
    born = customer.get("birthday")
    form.birthday.data = date.fromisoformat(born) if born else None


def _meanwhile(form: CustomerForm, customer_id: UUID) -> tuple[dict[str, Any], dict[str, Any]]:
    """Show what somebody else stored beside what was typed; the next save goes on from there."""
    customer = customers.get(f"/customers/{customer_id}")
    mine = form.master_data()
    stored = {
        name: customer.get(name) or ""
        for name in form.MASTER
        if (customer.get(name) or None) != mine[name]
    }
    form.version.data = customer["version"]
    form.problem = gettext(
        "Somebody else changed this customer meanwhile. What is stored now stands below the fields "
        "that differ. Saving again takes what you have typed."
    )
    return customer, stored


def _groups_to_choose() -> list[dict[str, Any]]:
    """Return the groups for the filter; without them the list still works."""
    try:
        return sorted(groups.pages("/groups"), key=lambda group: group["path"].casefold())
    except (Refused, Unavailable):
        return []
