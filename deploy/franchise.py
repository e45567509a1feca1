"""The head office's groups and attributes, brought to every branch: from one file, by each one's API."""

from __future__ import annotations

import csv
import json
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from shared.values import ValueRefused, parse_yes_no

TIMEOUT_S = 120.0
COLUMNS = ("path", "key", "description", "colour", "topic", "default_for")


class Unusable(Exception):
    """A file cannot be used as it is; the message says why."""


@dataclass(frozen=True)
class Branch:
    name: str
    url: str
    client_id: str
    secret: str


@dataclass(frozen=True)
class Report:
    """How it went at one branch. `problem`: why nothing was done there; `open` what was not done."""

    branch: str
    counts: Mapping[str, int]
    open: tuple[str, ...] = ()
    problem: str | None = None

    @property
    def good(self) -> bool:
        return self.problem is None and not self.counts.get("conflict")

    def __str__(self) -> str:
        if self.problem is not None:
            return f"{self.branch}: FAILED: {self.problem}"
        said = ", ".join(f"{n} {status}" for status, n in sorted(self.counts.items()))
        return "\n  ".join((f"{self.branch}: {said or 'nothing to do'}", *self.open))


def read_content(file: Path) -> dict[str, Any]:
    """Return what the file gives out: JSON as the API takes it, or a CSV table of groups. Raises Unusable."""
    text = _read(file)
    if file.suffix.lower() == ".csv":
        return {"groups": _groups_of(text, file)}
    content = _json(text, file)
    if not isinstance(content, dict) or not content.keys() & {"groups", "attributes"}:
        raise Unusable(f"{file}: needs an object with groups or attributes or both.")
    if unknown := sorted(content.keys() - {"groups", "attributes"}):
        raise Unusable(f"{file}: {', '.join(unknown)}: only groups and attributes can stand here.")
    return content


def _groups_of(text: str, file: Path) -> list[dict[str, Any]]:
    first = text.partition("\n")[0]
    rows = csv.DictReader(text.splitlines(), delimiter=";" if ";" in first else ",")
    unknown = sorted(set(rows.fieldnames or ()) - set(COLUMNS))
    if unknown or "path" not in (rows.fieldnames or ()):
        raise Unusable(f"{file}: the columns are {', '.join(COLUMNS)}; path must be there.")
    groups = []
    for row in rows:
        group: dict[str, Any] = {name: value for name, value in row.items() if name and value}
        try:
            if "topic" in group:
                group["topic"] = parse_yes_no(group["topic"])
        except ValueRefused as refused:
            raise Unusable(f"{file}, line {rows.line_num}: topic {refused.text}") from None
        if "default_for" in group:
            group["default_for"] = [part.strip() for part in group["default_for"].split(",")]
        groups.append(group)
    return groups


def read_branches(file: Path) -> list[Branch]:
    """Return the branches of a JSON list. Secrets stand in files or variables. Raises Unusable."""
    listed = _json(_read(file), file)
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise Unusable(f"{file}: needs a list of branches.")
    branches = []
    for place, one in enumerate(listed, start=1):
        try:
            branches.append(
                Branch(
                    name=str(one.get("name") or one["url"]),
                    url=str(one["url"]).rstrip("/"),
                    client_id=str(one["client_id"]),
                    secret=_secret(one, file.parent),
                )
            )
        except KeyError as missing:
            raise Unusable(f"{file}: branch {place} lacks {missing.args[0]}.") from None
    return branches


def _secret(one: Mapping[str, Any], folder: Path) -> str:
    if "client_secret_file" in one:
        return _read(folder / str(one["client_secret_file"])).strip()
    if "client_secret_env" in one:
        name = str(one["client_secret_env"])
        if name not in os.environ:
            raise Unusable(f"The variable {name} with a branch's secret is not set.")
        return os.environ[name]
    raise KeyError("client_secret_file or client_secret_env")


def feed(
    branch: Branch, body: Mapping[str, Any], transport: httpx.BaseTransport | None = None
) -> Report:
    """Bring the content to one branch and return how it went; whatever fails there stays there."""
    try:
        with httpx.Client(
            base_url=branch.url, timeout=TIMEOUT_S, trust_env=False, transport=transport
        ) as api:
            token = _answered(
                api.post(
                    "/api/v1/token",
                    data={"grant_type": "client_credentials", "scope": "groups:write head_office"},
                    auth=(branch.client_id, branch.secret),
                )
            )["access_token"]
            done = _answered(
                api.put(
                    "/api/v1/groups/franchise",
                    json=body,
                    headers={"Authorization": f"Bearer {token}"},
                )
            )
    except httpx.HTTPError as error:
        return Report(branch.name, {}, problem=f"does not answer ({type(error).__name__})")
    except httpx.InvalidURL:
        return Report(branch.name, {}, problem=f"{branch.url} is no address")
    except Unusable as refused:
        return Report(branch.name, {}, problem=str(refused))
    items = [*done["groups"], *done["attributes"]]
    return Report(
        branch.name,
        Counter(item["status"] for item in items),
        tuple(
            f"{item['status']}: {item['name']}: {item['problem']}"
            for item in items
            if item["problem"]
        ),
    )


def _answered(response: httpx.Response) -> dict[str, Any]:
    try:
        answer = response.json()
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise Unusable(f"answered {response.status_code} with something else than expected")
    if response.is_success:
        return answer
    errors = "".join(f"; {name}: {said}" for name, said in (answer.get("errors") or {}).items())
    raise Unusable(f"{response.status_code}: {answer.get('detail') or answer.get('title')}{errors}")


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Unusable(f"{file} cannot be read: {error}") from None


def _json(text: str, file: Path) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise Unusable(f"{file} is not JSON: {error}") from None
