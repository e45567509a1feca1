"""The HTTP door: parse, open the transaction, call one action or query, answer."""

from services.groups.api.attributes import attributes
from services.groups.api.data import data
from services.groups.api.groups import groups
from services.groups.api.memberships import memberships
from services.groups.api.values import values

BLUEPRINTS = [data, groups, memberships, attributes, values]

__all__ = ["BLUEPRINTS"]
