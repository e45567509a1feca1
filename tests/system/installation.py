"""An installation in containers, from outside: compose commands, a sign-in, an API client, the mail sink."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from tests.structure import ROOT

FILES = ("docker-compose.yml", "tests/system/compose.test.yml")
PROJECT = "stammkunde-test"
PATIENCE_S = 60
"""For one answer: the machine may be busy with starting everything at once."""
SCOPES = (
    "customers:read", "customers:write", "groups:read", "groups:write", "imports:write",
    "followup:read", "followup:write",
)  # fmt: skip
MAIL_STATES = ("due", "sending", "sent", "uncertain", "failed", "bounced", "skipped")


def docker_missing() -> str | None:
    """Say what is missing to run containers here, if anything is."""
    for command in (["docker", "info"], ["docker", "compose", "version"]):
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"{' '.join(command)}: {error}"
        if done.returncode:
            return f"{' '.join(command)}: {done.stderr.strip()}"
    return None


class Installation:
    """One project of docker compose with its own images, secrets, ports and data."""

    def __init__(self, secrets: Path, edge_port: int, mail_port: int) -> None:
        self.secrets = secrets
        self.url = f"http://localhost:{edge_port}"
        self.mail_url = f"http://localhost:{mail_port}"
        self._environment = {
            **os.environ,
            "COMPOSE_PROJECT_NAME": PROJECT,
            "SECRETS": str(secrets),
            "IMAGES": PROJECT,
            "TEST_EDGE_PORT": str(edge_port),
            "TEST_MAIL_PORT": str(mail_port),
            "LOG_LEVEL": "INFO",
        }
        self._client: tuple[str, str] = ("", "")

    # --- the engine ---

    def make_secrets(self) -> None:
        subprocess.run(
            ["sh", "deploy/secrets.sh"],
            cwd=ROOT, env=self._environment, check=True, capture_output=True,
        )  # fmt: skip

    def compose(self, *arguments: str, check: bool = True) -> str:
        files = [part for file in FILES for part in ("--file", file)]
        done = subprocess.run(
            ["docker", "compose", *files, *arguments],
            cwd=ROOT, env=self._environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if check and done.returncode:
            raise RuntimeError(f"docker compose {' '.join(arguments)}:\n{done.stderr}{done.stdout}")
        return done.stdout

    def up(self, *options: str) -> None:
        self.compose("up", "--detach", "--wait", "--wait-timeout", "600", *options)

    def containers(self) -> list[dict[str, Any]]:
        lines = self.compose("ps", "--all", "--format", "json").splitlines()
        return [json.loads(line) for line in lines if line.strip()]

    def run_in(self, role: str, *command: str, check: bool = True) -> str:
        return self.compose("exec", "--no-TTY", role, *command, check=check)

    def started_at(self, role: str) -> list[str]:
        """When each container of the role was started last: a new time proves a new process."""
        ids = self.compose("ps", "--quiet", role).split()
        done = subprocess.run(
            ["docker", "inspect", "--format", "{{.State.StartedAt}}", *ids],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout.split()

    # --- what people and programs do ---

    def make_api_client(self) -> None:
        """A person gets a sign-in, signs in to the console and makes a client for a program."""
        said = self.run_in(
            "console", "python", "-m", "deploy", "user", "add", "anna", "--role", "owner"
        )
        password = re.search(r"password (\S+)", said)
        assert password, said
        with httpx.Client(
            base_url=self.url, follow_redirects=True, timeout=PATIENCE_S, trust_env=False
        ) as browser:
            _submit(browser, "/sign-in", login="anna", password=password[1])
            page = _submit(browser, "/api-clients/new", name="Kasse", scopes=list(SCOPES))
        shown = re.findall(r"<code[^>]*>([^<]+)</code>", page)
        assert len(shown) >= 2, page
        self._client = (shown[0], shown[1])

    def api(self) -> httpx.Client:
        """A program with a fresh access token, through the edge."""
        answer = httpx.post(
            f"{self.url}/api/v1/token",
            data={"grant_type": "client_credentials"}, auth=self._client,
            timeout=PATIENCE_S, trust_env=False,
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        token = answer.json()["access_token"]
        return httpx.Client(
            base_url=self.url, timeout=PATIENCE_S, trust_env=False,
            headers={"Authorization": f"Bearer {token}"},
        )  # fmt: skip

    def mails(self) -> Counter[str]:
        """How often each address got a mail, of the latest 500, since they were forgotten."""
        answer = httpx.get(
            f"{self.mail_url}/api/v1/messages",
            params={"limit": 500},
            timeout=PATIENCE_S,
            trust_env=False,
        )
        assert answer.status_code == 200, answer.text
        messages = answer.json()["messages"]
        assert len({message["MessageID"] for message in messages}) == len(messages)
        return Counter(to["Address"] for message in messages for to in message["To"])

    def forget_mails(self) -> None:
        httpx.delete(f"{self.mail_url}/api/v1/messages", trust_env=False).raise_for_status()

    def counts(self) -> dict[str, int]:
        """Everything that must neither be lost nor doubled, as each service tells it."""
        with self.api() as api:

            def total(path: str, **query: str) -> int:
                answer = api.get(f"/api/v1/{path}", params={**query, "limit": "1"})
                assert answer.status_code == 200, answer.text
                return int(answer.json()["total"])

            groups = api.get("/api/v1/groups", params={"limit": 500}).json()["items"]
            return {
                "customers": total("customers", active="all"),
                "imports": total("imports"),
                "groups": len(groups),
                "memberships": sum(group["member_count"] for group in groups),
                "enrolments": total("enrolments"),
                **{f"mails {state}": total("mails", state=state) for state in MAIL_STATES},
            }


def _submit(browser: httpx.Client, path: str, **fields: Any) -> str:
    page = browser.get(path)
    hidden = dict(re.findall(r'<input[^>]*name="(csrf_token|once)"[^>]*value="([^"]+)"', page.text))
    answer = browser.post(path, data={**hidden, **fields})
    assert answer.status_code == 200, answer.text
    return answer.text


def wait_until(what: str, check: Callable[[], None], seconds: float = 240) -> None:
    """Repeat `check` until it holds. What is refused while parts of the system are away counts as not yet."""
    end = time.monotonic() + seconds
    while True:
        try:
            check()
        except (httpx.TransportError, AssertionError, RuntimeError) as error:
            if time.monotonic() > end:
                raise AssertionError(f"not within {seconds:.0f} s: {what}: {error}") from error
            time.sleep(1)
        else:
            return
