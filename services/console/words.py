"""What the console calls the states and kinds that the services speak of."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

OPT_IN = {
    "none": _("no opt-in"),
    "requested": _("asked, no answer yet"),
    "confirmed": _("confirmed"),
    "revoked": _("revoked"),
}
SOURCE = {
    "manual": _("by hand"),
    "import": _("import"),
    "booking": _("booking"),
    "online_order": _("online order"),
    "pos": _("till"),
    "voucher": _("voucher"),
    "web_form": _("web form"),
    "api": _("API"),
    "system": _("system"),
    "merge": _("merge"),
    "followup": _("mail"),
}
ROLE = {
    "owner": _("Owner"),
    "staff": _("Staff"),
    "viewer": _("Viewer"),
    "head_office": _("Head office"),
}
ROLE_HINT = {
    "owner": _("may do everything, also users and API clients"),
    "staff": _("works with customers, groups, imports and mail"),
    "viewer": _("sees everything, changes nothing"),
    "head_office": _("works for the head office, also in its groups"),
}
IMPORT_STATE = {
    "uploaded": _("uploaded"),
    "ready": _("ready to start"),
    "running": _("running"),
    "finished": _("finished"),
    "failed": _("failed"),
    "cancelled": _("cancelled"),
    "undoing": _("being undone"),
    "undone": _("undone"),
}
DATE_ORDER = {
    "day_first": _("day, month, year"),
    "month_first": _("month, day, year"),
    "day_number": _("days as a spreadsheet counts them"),
}
START_SEQUENCES = {
    "yes": _("Yes, at once"),
    "spread": _("Yes, spread over time"),
    "no": _("No, only put into the groups"),
}
# Why no sequence would start for somebody who comes into a group.
NOT_STARTED = {
    "start_sequences_no": _("sequences are not to start"),
    "already_in": _("goes through it already"),
    "been_through": _("has been through it"),
    "excluded_group": _("is in a group that excludes it"),
}
EXPORT_STATE = {
    "waiting": _("waiting"),
    "running": _("running"),
    "finished": _("finished"),
    "failed": _("failed"),
    "cancelled": _("cancelled"),
}
SEQUENCE_STATE = {
    "draft": _("draft"),
    "active": _("active"),
    "paused": _("paused"),
    "archived": _("archived"),
}
PURPOSE = {
    "newsletter": _("Newsletter (needs a confirmed opt-in)"),
    "service": _("Service (answer to a request)"),
}
ENROLMENT_STATE = {
    "waiting_for_consent": _("waiting for the opt-in"),
    "active": _("running"),
    "paused": _("paused"),
    "completed": _("completed"),
    "stopped": _("stopped"),
}
MAIL_STATE = {
    "due": _("due"),
    "sending": _("being sent"),
    "sent": _("sent"),
    "uncertain": _("uncertain"),
    "failed": _("failed"),
    "bounced": _("bounced"),
    "skipped": _("not sent"),
}
PLAN_STATE = MAIL_STATE | {"planned": _("planned")}
# What the colour of a state's badge says: good, wait, warn, bad, or nothing.
TONE = {
    "confirmed": "good",
    "requested": "wait",
    "revoked": "bad",
    "finished": "good",
    "running": "wait",
    "ready": "wait",
    "waiting": "wait",
    "undoing": "wait",
    "undone": "warn",
    "failed": "bad",
    "cancelled": "warn",
    "active": "good",
    "paused": "warn",
    "waiting_for_consent": "wait",
    "sent": "good",
    "due": "wait",
    "sending": "wait",
    "uncertain": "warn",
    "bounced": "bad",
    "skipped": "warn",
    "stopped": "warn",
}
ATTRIBUTE_TYPE = {
    "text": _("Text, one line"),
    "multiline": _("Text, several lines"),
    "yes_no": _("Yes or no"),
    "integer": _("Whole number"),
    "decimal": _("Decimal number"),
    "choice": _("Choice"),
    "date": _("Date"),
}
ATTRIBUTE_SCOPE = {
    "customer": _("Customer"),
    "booking": _("Booking"),
    "history": _("History entry"),
}
UNIT = {
    "minutes": _("minutes"),
    "hours": _("hours"),
    "days": _("days"),
    "weeks": _("weeks"),
}
WEEKDAY = {
    "mon": _("Mon"),
    "tue": _("Tue"),
    "wed": _("Wed"),
    "thu": _("Thu"),
    "fri": _("Fri"),
    "sat": _("Sat"),
    "sun": _("Sun"),
}
CUSTOMER_FIELD = {
    "number": _("Customer number"),
    "active": _("Active"),
    "registered_at": _("Registered"),
    "salutation": _("Salutation"),
    "title": _("Title"),
    "first_name": _("First name"),
    "last_name": _("Last name"),
    "full_name": _("Full name"),
    "company": _("Company"),
    "email": _("E-mail"),
    "phone": _("Phone"),
    "mobile": _("Mobile"),
    "full_address": _("Whole address"),
    "street": _("Street and number"),
    "house_number": _("House number"),
    "postal_code": _("Postal code"),
    "city": _("City"),
    "country": _("Country"),
    "birthday": _("Birthday"),
    "language": _("Language"),
    "note": _("Note"),
    "source": _("Source"),
    "opt_in_confirmed_at": _("Opt-in confirmed on"),
    "opt_in_evidence": _("Proof of the opt-in"),
    "unsubscribed": _("Unsubscribed (the row gives no opt-in)"),
    "groups": _("Groups"),
    "id": _("Id"),
    "version": _("Version"),
    "known_at": _("As of (from an export)"),
}
SCOPE = {
    "customers:read": _("see customers"),
    "customers:write": _("change customers"),
    "groups:read": _("see groups and attributes"),
    "groups:write": _("change groups and attributes"),
    "imports:write": _("import files"),
    "exports:read": _("export files"),
    "followup:read": _("see sequences and mail"),
    "followup:write": _("change sequences and send mail"),
    "admin": _("everything"),
}
# What the other services are called when one of them is away.
SERVICE = {
    "customers": _("The customer service"),
    "groups": _("The group service"),
    "importer": _("The import service"),
    "followup": _("The mail service"),
}
LEDGER = {
    "requested": _("asked"),
    "confirmed": _("confirmed"),
    "revoked": _("revoked"),
    "undone": _("import undone"),
}
WAY = {
    "written": _("in writing"),
    "personal": _("in person"),
    "phone": _("by telephone"),
    "email": _("by e-mail"),
    "double_opt_in": _("by a click in the mail"),
    "click": _("by a click in the mail"),
    "unsubscribe": _("by the unsubscribe link"),
    "one_click": _("by the unsubscribe button of the mail program"),
    "page": _("on the unsubscribe page"),
    "import": _("by an import"),
    "staff": _("by staff"),
    "by_hand": _("by hand"),
    "manual": _("by hand"),
    "api": _("API"),
    "form": _("web form"),
    "web_form": _("web form"),
    "merge": _("by a merge"),
}
REASON: dict[str, object] = {
    "no_consent": _("no confirmed opt-in"),
    "opted_out": _("the opt-in was revoked"),
    "inactive": _("the customer is inactive"),
    "unsubscribed": _("unsubscribed"),
    "complained": _("complained about mail"),
    "manual": _("the address was blocked by hand"),
    "bounced": _("mail to this address came back"),
    "suppressed": _("the address is blocked for mail"),
    "left_group": _("left the group"),
    "import_undone": _("import undone"),
    "merged": _("merged with another customer, who goes through this sequence"),
    "erased_before": _("somebody with this address was erased"),
    "entered_end_group": _("joined the group that ends the sequence"),
    "end_group": _("joined the group that ends the sequence"),
    "erased": _("the person was erased"),
    "no_address": _("no e-mail address"),
    "unknown_customer": _("nothing is known of this customer yet"),
    "sequence_paused": _("the sequence pauses"),
    "sequence_archived": _("the sequence is archived"),
    "stopped_by_staff": _("stopped by staff"),
    "too_late": _("too late"),
    "completed": _("all mails were sent"),
}
PREVIEW_STATUS = {
    "create": _("new"),
    "update": _("changed"),
    "unchanged": _("unchanged"),
    "invalid": _("refused"),
    "conflict": _("conflict"),
}
