"""The bulk endpoints of customers and groups, as the contract describes them, kept in memory.

The importer's own tests speak to it over HTTP as it would to the real services. It counts everything it
is told, remembers idempotency keys as they do, and can be away.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Flask, Response, jsonify, request

from shared.importids import made_by
from shared.values import ValueRefused, clean_email, email_key

ATTRIBUTES = [
    {"key": "budget", "type": "decimal", "label": {"de": "Reisebudget", "en": "Budget"}},
    {
        "key": "stil", "type": "choice", "label": {"de": "Reisestil"},
        "choices": ["Strand", "Kultur", "Aktiv", "Luxus", "Familie"],
    },
    {"key": "letzte_reise", "type": "date", "label": {"de": "Letzte Reise"}},
    {"key": "vielflieger", "type": "yes_no", "label": {"de": "Vielflieger"}},
]  # fmt: skip
NAMING = ("last_name", "company", "email", "phone", "mobile")


class StandIn:
    """`app` answers; `customers`, `members` and `values` hold what was written."""

    def __init__(self) -> None:
        self.customers: dict[str, dict[str, Any]] = {}
        self.members: dict[str, set[str]] = {}
        self.values: dict[str, dict[str, Any]] = {}
        self.groups: set[str] = set()
        self.attributes = list(ATTRIBUTES)
        self.calls: Counter[str] = Counter()
        self.memberships_asked: list[dict[str, Any]] = []
        self.bodies: list[dict[str, Any]] = []
        self.away = threading.Event()
        self.refuse_memberships_from: int | None = None
        self.delay_s = 0.0
        self.before_customers: Callable[[], None] | None = None
        self._answers: dict[str, tuple[bytes, bytes]] = {}
        self._lock = threading.Lock()
        self.app = self._create()

    def _create(self) -> Flask:
        app = Flask("standin")

        @app.before_request
        def away() -> Any:
            self.calls[request.path] += 1
            if self.away.is_set():
                return Response(status=503)
            return None

        @app.get("/api/v1/attributes")
        def attributes() -> Any:
            return jsonify(items=self.attributes, next=None, total=len(self.attributes))

        @app.get("/api/v1/groups")
        def groups() -> Any:
            return jsonify(
                items=[{"path": path} for path in sorted(self.groups)], next=None, total=0
            )

        @app.get("/api/v1/customers")
        def numbered() -> Any:
            number = int(request.args["number"])
            found = [one for one in self.customers.values() if one.get("number") == number]
            return jsonify(items=found, next=None, total=len(found))

        @app.post("/api/v1/customers/batch")
        def customers() -> Any:
            return self._once(self._write_customers)

        @app.post("/api/v1/memberships/batch")
        def memberships() -> Any:
            return self._once(self._write_memberships)

        @app.post("/api/v1/customers/batch/undo")
        def undo_customers() -> Any:
            return self._once(self._undo_customers)

        @app.post("/api/v1/memberships/batch/undo")
        def undo_memberships() -> Any:
            return self._once(lambda body: self._undo_groups(self.members, body))

        @app.post("/api/v1/attribute-values/batch/undo")
        def undo_values() -> Any:
            return self._once(lambda body: self._undo_groups(self.values, body))

        return app

    def _once(self, write: Any) -> Any:
        body = request.get_data()
        key = request.headers.get("Idempotency-Key")
        with self._lock:
            if key in self._answers:
                before, answer = self._answers[key]
                if before != body:
                    problem = {"type": "urn:stammkunde:problem:key-reused", "status": 422}
                    return Response(json.dumps(problem), 422)
                return Response(answer, 200, content_type="application/json")
            results = write(json.loads(body))
            if isinstance(results, Response):
                return results
            answer = json.dumps({"results": results, "created_groups": []}).encode()
            if key is not None:
                self._answers[key] = (body, answer)
            return Response(answer, 200, content_type="application/json")

    def forget_answers(self) -> None:
        """As if the 24 hours were over, or nobody had sent keys."""
        self._answers.clear()

    def _write_customers(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        time.sleep(self.delay_s)
        if self.before_customers is not None:
            self.before_customers()
        self.bodies.append(body)
        return [self._write_customer(dict(row), body) for row in body["rows"]]

    def _write_customer(self, row: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        ref = row.pop("ref")
        errors: dict[str, list[str]] = {}
        if row.get("email"):
            try:
                row["email"] = clean_email(row["email"])
            except ValueRefused as refused:
                errors["email"] = [str(refused)]
        if errors:
            return {"ref": ref, "status": "invalid", "errors": errors}
        found = self._match(row, body["match_on"])
        if found is None and not any(row.get(name) for name in NAMING):
            errors["last_name"] = ["A customer needs a name, company, e-mail or telephone."]
        if errors:
            return {"ref": ref, "status": "invalid", "errors": errors}
        if found is None and body["mode"] == "update":
            return {
                "ref": ref,
                "status": "invalid",
                "errors": {"id": ["There is no such customer."]},
            }
        version = row.pop("version", None)
        if found is None:
            if not body["dry_run"]:
                self.customers[row["id"]] = {**row, "version": 1}
            return {"ref": ref, "status": "created", "id": row["id"], "version": 1}
        if version is not None and version != found["version"]:
            return {"ref": ref, "status": "conflict", "id": found["id"]}
        row.pop("id")
        changes = {name: value for name, value in row.items() if found.get(name) != value}
        status = "updated" if changes else "unchanged"
        if changes and not body["dry_run"]:
            found.update(changes, version=found["version"] + 1)
        return {"ref": ref, "status": status, "id": found["id"], "version": found["version"]}

    def _match(self, row: dict[str, Any], match_on: list[str]) -> dict[str, Any] | None:
        for way in match_on:
            if way == "id" and row["id"] in self.customers:
                return self.customers[row["id"]]
            if way == "email" and row.get("email"):
                key = email_key(row["email"])
                for one in self.customers.values():
                    if email_key(one.get("email") or "") == key:
                        return one
            if way == "number" and row.get("number"):
                for one in self.customers.values():
                    if one.get("number") == row["number"]:
                        return one
        return None

    def _write_memberships(self, body: dict[str, Any]) -> Any:
        if (
            self.refuse_memberships_from is not None
            and self.calls["/api/v1/memberships/batch"] >= self.refuse_memberships_from
        ):
            return Response('{"detail": "no"}', 403)
        self.memberships_asked.append(body)
        results = []
        for row in body["rows"]:
            if row.get("values"):
                self.values.setdefault(row["customer_id"], {}).update(row["values"])
            if not row["groups"] and row["mode"] != "replace":
                results.append({"unknown": [], "erased": False, "errors": {}})
                continue
            mine = self.members.setdefault(row["customer_id"], set())
            asked = set(row["groups"])
            unknown = sorted(asked - self.groups) if not body["create_missing"] else []
            asked -= set(unknown)
            self.groups |= asked
            added, removed = 0, 0
            if row["mode"] == "remove":
                removed = len(mine & asked)
                mine -= asked
            else:
                added = len(asked - mine)
                if row["mode"] == "replace":
                    removed = len(mine - asked)
                    mine.clear()
                mine |= asked
            results.append(
                {
                    "customer_id": row["customer_id"],
                    "added": added,
                    "removed": removed,
                    "unknown": unknown,
                    "erased": False,
                    "errors": {},
                }
            )
        return results

    def _undo_customers(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        """Whom the import created goes; the stand-in does not know what others were before."""
        import_id = UUID(body["reference"])
        results = []
        for customer_id in body["customer_ids"]:
            made = made_by(import_id, UUID(customer_id))
            there = self.customers.pop(customer_id, None) if made else None
            results.append(
                {
                    "id": customer_id,
                    "number": None if there is None else 7,
                    "status": "removed" if made else "unchanged",
                    "reason": None,
                    "kept": [],
                }
            )
        return results

    def _undo_groups(self, kept: dict[str, Any], body: dict[str, Any]) -> list[Any]:
        for customer_id in body["customer_ids"]:
            kept.pop(customer_id, None)
        return []
