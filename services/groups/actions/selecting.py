"""Answering whom a selection means that another service asks for: in parts, as letters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Select
from sqlalchemy.orm import Session

from services.groups import selection
from services.groups.errors import SelectionNotFound
from shared.errors import Invalid, Text, in_language
from shared.events.customers import SelectionAsked
from shared.events.groups import CustomersSelected
from shared.outbox import publish

AT_ONCE = 1_000


def answer_selections(session: Session, asked: Iterable[SelectionAsked]) -> None:
    """Tell whom each selection means, or what is wrong with it."""
    for one in asked:
        try:
            whom = _whom(session, one)
        except SelectionNotFound as missing:
            _refuse(session, one.request_id, missing.text)
        except Invalid as invalid:
            _refuse(session, one.request_id, _in_words(invalid.errors or {}))
        else:
            _tell(session, one.request_id, whom)


def _whom(session: Session, asked: SelectionAsked) -> Select[Any]:
    now = asked.asked_at.astimezone(ZoneInfo(asked.timezone))
    if asked.selection_id is not None:
        return selection.of_saved(session, asked.selection_id, now=now)
    return selection.whom(session, asked.filter, now=now)


def _tell(session: Session, request_id: UUID, whom: Select[Any]) -> None:
    found = session.scalars(whom.order_by(None).execution_options(yield_per=AT_ONCE))
    number, part = 1, list[UUID]()
    for following in found.partitions(AT_ONCE):
        if part:
            _say(session, request_id, number, part)
            number += 1
        part = list(following)
    _say(session, request_id, number, part, last=True)


def _say(
    session: Session, request_id: UUID, number: int, ids: list[UUID], *, last: bool = False
) -> None:
    publish(
        session,
        CustomersSelected(request_id=request_id, part=number, last=last, customer_ids=ids),
    )


def _refuse(session: Session, request_id: UUID, problem: Text) -> None:
    publish(
        session,
        CustomersSelected(
            request_id=request_id,
            part=1,
            last=True,
            customer_ids=[],
            problem=str(problem),
            problem_de=problem.de,
        ),
    )


def _in_words(errors: Mapping[str, Sequence[str]]) -> Text:
    """Return what is wrong, each with its place in the filter."""
    found = [(place, message) for place, messages in errors.items() for message in messages]
    return Text(
        " ".join(f"{place}: {message}" for place, message in found),
        de=" ".join(f"{place}: {in_language(message, 'de')}" for place, message in found),
    )
