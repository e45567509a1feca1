"""From a due mail to its bytes: which message, filled with what."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from services.followup import rules
from services.followup.config import Settings
from services.followup.messages.headers import BadAddress, UnsafeHead
from services.followup.messages.layout import Layout, Letter, Message, Sender
from services.followup.messages.salutation import salutation
from services.followup.messages.template import FIELDS, TemplateProblem, Values
from services.followup.models import Step
from services.followup.queries.scripts import Script
from services.followup.tokens import Links
from shared.errors import Text

_KEPT_LAYOUTS = 500
_PERSON = FIELDS["customer"]

_INVITATION = {
    "de": Message(
        subject="Bitte bestätigen Sie Ihre Newsletter-Anmeldung bei {{ business.name }}",
        text=(
            "{{ salutation }},\n\n"
            "mit dieser Adresse wurde der Newsletter von {{ business.name }} angefordert:\n\n"
            "{{ wording }}\n\n"
            "Wenn Sie das möchten, bestätigen Sie es bitte auf dieser Seite (7 Tage lang möglich):\n"
            "{{ confirm_url }}\n\n"
            "Wenn nicht, brauchen Sie nichts zu tun: Dann schreiben wir Ihnen nicht.\n\n"
            "{{ business.name }}\n"
        ),
    ),
    "en": Message(
        subject="Please confirm your newsletter subscription at {{ business.name }}",
        text=(
            "{{ salutation }},\n\n"
            "this address was used to ask for the newsletter of {{ business.name }}:\n\n"
            "{{ wording }}\n\n"
            "If you want it, please confirm on this page (possible for 7 days):\n"
            "{{ confirm_url }}\n\n"
            "If not, you need not do anything: we will not write to you.\n\n"
            "{{ business.name }}\n"
        ),
    ),
}


class Unwritable(Exception):
    """This mail cannot be written; the others can."""

    def __init__(self, problem: Text) -> None:
        super().__init__(str(problem))
        self.problem = problem


class Writer:
    """Writes mails; keeps the layouts of the steps it has met."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._links = Links(settings)
        self._business = {"name": settings.business_name, "url": settings.public_url}
        self._layouts: OrderedDict[tuple[Any, ...], Layout | Unwritable] = OrderedDict()

    def step(
        self,
        mail_id: UUID,
        sequence: Script,
        step: Step,
        version_id: UUID,
        person: Any,
        attributes: dict[str, Any],
        group: tuple[str, str],
        now: datetime,
    ) -> tuple[str, Letter]:
        """The mail of a sequence's step to one person, and its envelope sender. Raises Unwritable."""
        layout = self._layout(
            (version_id, step.key, sequence.version),
            step.message,
            sequence.sender,
            newsletter=sequence.purpose == rules.NEWSLETTER,
            language="de",
        )
        values = self._values(layout, person, attributes, group)
        values["unsubscribe_url"] = self._links.unsubscribe(person.customer_id, mail_id)
        if ("preferences_url",) in layout.paths:
            values["preferences_url"] = self._links.preferences(person.customer_id)
        return layout.sender_address, self._fill(layout, mail_id, person, values, now)

    def invitation(
        self,
        mail_id: UUID,
        invitation_id: UUID,
        wording: str,
        email: str,
        person: Any,
        now: datetime,
    ) -> tuple[str, Letter]:
        """The mail that asks for a yes: nothing in it advertises. Raises Unwritable."""
        language = "en" if (person.language or "de").lower().startswith("en") else "de"
        layout = self._layout(
            ("invitation", language),
            _INVITATION[language],
            {},
            newsletter=False,
            language=language,
        )
        values = self._values(layout, person, {}, ("", ""))
        values |= {"confirm_url": self._links.opt_in(invitation_id), "wording": wording}
        return layout.sender_address, self._fill(layout, mail_id, person, values, now, to=email)

    def sender(self, chosen: dict[str, Any]) -> Sender:
        """Who a mail is from: what the sequence says, else the business."""
        return Sender(
            chosen.get("name") or self._settings.business_name,
            chosen.get("address") or self._settings.sender_address,
            chosen.get("reply_to"),
        )

    def values(
        self,
        person: Any,
        attributes: dict[str, Any],
        group: tuple[str, str],
        fields: Iterable[str] = _PERSON,
    ) -> dict[str, Any]:
        """The merge fields of one person; of the customer only `fields`."""
        return {
            "customer": {field: getattr(person, field) for field in fields},
            "attributes": attributes,
            "group": {"name": group[0], "path": group[1]},
            "business": self._business,
            "salutation": salutation(person),
        }

    def _values(
        self, layout: Layout, person: Any, attributes: dict[str, Any], group: tuple[str, str]
    ) -> dict[str, Any]:
        return self.values(person, attributes, group, layout.customer_fields)

    def _layout(
        self,
        key: tuple[Any, ...],
        message: Message,
        sender: dict[str, Any],
        *,
        newsletter: bool,
        language: str,
    ) -> Layout:
        found = self._layouts.get(key)
        if found is None:
            try:
                found = Layout(
                    message, self.sender(sender), newsletter=newsletter, language=language,
                    business=self._settings.business_name,
                )  # fmt: skip
            except (TemplateProblem, BadAddress) as error:
                found = Unwritable(error.problem)
            self._layouts[key] = found
            while len(self._layouts) > _KEPT_LAYOUTS:
                self._layouts.popitem(last=False)
        if isinstance(found, Unwritable):
            raise Unwritable(found.problem)
        return found

    def _fill(
        self,
        layout: Layout,
        mail_id: UUID,
        person: Any,
        values: Values,
        now: datetime,
        to: str | None = None,
    ) -> Letter:
        try:
            return layout.fill(mail_id, to or person.email, _name(person), values, now)
        except (TemplateProblem, BadAddress) as error:
            raise Unwritable(error.problem) from error
        except UnsafeHead as error:
            raise Unwritable(
                Text(
                    "The head of the mail would not be as it should be.",
                    de="Der Kopf der Mail wäre nicht, wie er sein soll.",
                )
            ) from error


def _name(person: Any) -> str:
    return " ".join(filter(None, (person.first_name, person.last_name))) or person.company or ""
