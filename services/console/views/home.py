"""The overview: how many, what came in, what went out."""

from __future__ import annotations

from flask import Response, render_template

from services.console.backend import customers, followup, groups, importer
from services.console.pages import Pages, needs, part

blueprint = Pages("home", __name__)


@blueprint.get("/")
@needs()
def dashboard() -> str:
    return render_template("home/dashboard.html")


@blueprint.get("/overview/customers")
@needs("customers:read")
def customer_figures() -> Response:
    def count(**filters: str) -> int:
        return int(customers.get("/customers", limit=1, **filters)["total"])

    return part(
        "home/customers.html",
        active=count(),
        confirmed=count(opt_in="confirmed"),
        newest=customers.get("/customers", limit=5, sort="-registered_at")["items"],
    )


@blueprint.get("/overview/groups")
@needs("groups:read")
def group_figures() -> Response:
    return part("home/groups.html", total=groups.get("/groups", limit=1)["total"])


@blueprint.get("/overview/imports")
@needs("imports:write")
def imports() -> Response:
    return part("home/imports.html", imports=importer.get("/imports", limit=4)["items"])


@blueprint.get("/overview/mails")
@needs("followup:read")
def mails() -> Response:
    def count(state: str) -> int:
        return int(followup.get("/mails", limit=1, state=state)["total"])

    return part(
        "home/mails.html",
        sent=count("sent"),
        due=count("due"),
        latest=followup.get("/mails", limit=6, state="sent")["items"],
    )
