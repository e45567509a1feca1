"""The HTTP door: parse, open the transaction, call one action or query, answer."""

from services.groups.api import bulk
from services.groups.api.attributes import attributes
from services.groups.api.data import data
from services.groups.api.form_pages import form_pages
from services.groups.api.forms import forms
from services.groups.api.franchise import franchise
from services.groups.api.groups import groups
from services.groups.api.members import members
from services.groups.api.memberships import memberships
from services.groups.api.operations import operations
from services.groups.api.public_forms import public_forms
from services.groups.api.selections import selections
from services.groups.api.values import values

BLUEPRINTS = [
    data, groups, members, operations, memberships, attributes, values, selections, forms, public_forms,
    franchise,
]  # fmt: skip

PAGES = form_pages

__all__ = ["BLUEPRINTS", "PAGES", "bulk"]
