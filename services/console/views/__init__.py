"""The pages, one module per topic."""

from services.console.views import (
    account,
    attributes,
    clients,
    customer_parts,
    customers,
    exports,
    groups,
    home,
    import_rows,
    imports,
    mailbox,
    mails,
    messages,
    sequences,
    static,
    uploads,
    users,
)

__all__ = ["BLUEPRINTS", "uploads"]

BLUEPRINTS = (
    static.blueprint,
    account.blueprint,
    home.blueprint,
    customers.blueprint,
    customer_parts.blueprint,
    groups.blueprint,
    attributes.blueprint,
    imports.blueprint,
    import_rows.blueprint,
    exports.blueprint,
    sequences.blueprint,
    messages.blueprint,
    mails.blueprint,
    mailbox.blueprint,
    users.blueprint,
    clients.blueprint,
)
