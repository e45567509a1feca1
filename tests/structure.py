"""Reads the source as text and trees: who imports what, which names are used."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
SERVICES = ("customers", "groups", "importer", "followup", "console")
SOURCES = ("shared", "services", "deploy")

FLASK = ("flask", "flask_smorest", "flask_login", "flask_wtf", "flask_babel", "werkzeug")
WEB = (*FLASK, "shared.web")
BROKER = ("kombu", "amqp", "pika", "shared.relay", "shared.broker")
OUTSIDE = ("httpx", "requests", "urllib", "smtplib", "socket", "subprocess", "shared.client")

# What a room never imports. `own.x` is the room x of the same service.
NEVER = {
    "api": ("sqlalchemy", "own.handlers", *BROKER),
    "handlers": (*WEB, *BROKER, *OUTSIDE, "own.api", "own.schemas"),
    "actions": (*WEB, *BROKER, *OUTSIDE, "os", "marshmallow", "own.api", "own.handlers", "own.schemas"),
    "queries": (*FLASK, *BROKER, *OUTSIDE, "own.api", "own.handlers", "own.schemas", "own.actions"),
    "models": (
        *WEB, *BROKER, *OUTSIDE, "marshmallow", "shared.events", "shared.outbox",
        "own.api", "own.handlers", "own.schemas", "own.actions", "own.queries",
    ),
    "schemas": ("sqlalchemy", "own.models", "own.actions", "own.queries", "own.api", *BROKER),
    "errors": (*WEB, *BROKER, *OUTSIDE, "sqlalchemy", "own.models", "own.actions", "own.api"),
}  # fmt: skip


class Import(NamedTuple):
    module: Path
    line: int
    name: str

    def within(self, package: str) -> bool:
        return self.name == package or self.name.startswith(package + ".")

    def __str__(self) -> str:
        return f"{self.module}:{self.line} imports {self.name}"


def files() -> list[Path]:
    """Every file of the project, whether committed yet or not."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def modules(root: Path = ROOT) -> list[Path]:
    """The Python modules of the system itself, relative to `root`."""
    return sorted(path.relative_to(root) for top in SOURCES for path in (root / top).rglob("*.py"))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@cache
def imports(module: Path, root: Path = ROOT) -> tuple[Import, ...]:
    """All imports of a module, those inside of functions among them."""
    return tuple(_imports(module, root))


def _imports(module: Path, root: Path) -> Iterator[Import]:
    for node in ast.walk(tree(root / module)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(module, node.lineno, alias.name)
        elif isinstance(node, ast.ImportFrom):
            # `from services.groups import models` names the module in its second half.
            for alias in node.names:
                yield Import(module, node.lineno, f"{node.module}.{alias.name}")


def broken_rules(root: Path = ROOT) -> list[str]:
    """Every import that the layout forbids."""
    return [
        str(found)
        for module in modules(root)
        for found in imports(module, root)
        if any(found.within(package) for package in _forbidden(module))
    ]


def _forbidden(module: Path) -> list[str]:
    top, *rest = module.with_suffix("").parts
    if top == "shared":
        return ["services", "deploy", "bench", "tests"]
    if top == "deploy":
        return ["bench", "tests"]
    service, room = rest[0], rest[1] if len(rest) > 1 else ""
    forbidden = ["deploy", "bench", "tests", "shared.testing"]
    forbidden += [f"services.{other}" for other in SERVICES if other != service]
    forbidden += [name.replace("own.", f"services.{service}.") for name in NEVER.get(room, ())]
    return forbidden


def tells(module: Path, event: type, root: Path = ROOT) -> bool:
    """Whether the module makes such an event: it calls the name it has from the catalogue."""
    catalogue = {event.__module__, f"{event.__module__}.{event.__name__}"}
    if not any(found.name in catalogue for found in imports(module, root)):
        return False
    return event.__name__ in called(module, root)


@cache
def called(module: Path, root: Path = ROOT) -> set[str]:
    """Names that the module calls or gives to a call: `Mail(...)`, `models.Mail(...)`, `made(Mail, ...)`."""
    calls = [node for node in ast.walk(tree(root / module)) if isinstance(node, ast.Call)]
    return {
        _name(used)
        for call in calls
        if _name(call.func) != "isinstance"
        for used in (call.func, *call.args)
    }


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def environment_reads(module: Path, root: Path = ROOT) -> set[str]:
    """Environment variables that the module reads by name, past the settings."""
    found = set()
    for node in ast.walk(tree(root / module)):
        match node:
            case ast.Subscript(
                value=ast.Attribute(attr="environ"), slice=ast.Constant(value=str(name))
            ):
                found.add(name)
            case ast.Compare(
                left=ast.Constant(value=str(name)), comparators=[ast.Attribute(attr="environ")]
            ):
                found.add(name)
            case ast.Call(
                func=ast.Attribute(
                    attr="get" | "getenv", value=ast.Attribute(attr="environ") | ast.Name(id="os")
                ),
                args=[ast.Constant(value=str(name)), *_],
            ):
                found.add(name)
    return found
