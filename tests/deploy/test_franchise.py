"""The head office brings its groups to all branches by one file; a branch that is away stops no other."""

from __future__ import annotations

import json
import socket
import threading

import pytest
from typer.testing import CliRunner
from werkzeug.serving import make_server

from deploy.commands import app
from services.console.actions import create_api_client

CSV = (
    "path;key;description;colour;topic;default_for\n"
    "Kurse;kurs;Unsere Kurse;#ff8800;ja;\nKurse/Yoga;yoga;;;nein;booking, web_form\n"
)


@pytest.fixture
def branch(system):
    """A branch that answers over HTTP, with a client of the head office; returns its entry in the list."""
    with system.database_for("console").transaction() as session:
        made = create_api_client(
            session, name="Zentrale", scopes=["groups:write", "head_office"], by="test"
        )
    server = make_server("127.0.0.1", 0, system._front, threaded=True)
    running = threading.Thread(target=server.serve_forever)
    running.start()
    yield {
        "name": "Berlin", "url": f"http://127.0.0.1:{server.server_port}",
        "client_id": str(made.client.id), "client_secret_env": "BERLIN_SECRET",
    }, made.secret  # fmt: skip
    server.shutdown()
    running.join()


@pytest.fixture
def away():
    """A branch where nobody answers."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        yield {
            "name": "Aachen", "url": f"http://127.0.0.1:{port}", "client_id": "x",
            "client_secret_file": "aachen.secret",
        }  # fmt: skip


@pytest.fixture
def bring(tmp_path, monkeypatch):
    def bring(name, content, branches, *options, secret=""):
        monkeypatch.setenv("BERLIN_SECRET", secret)
        (tmp_path / "aachen.secret").write_text("geheim\n")
        (tmp_path / name).write_text(content, encoding="utf-8-sig")
        (tmp_path / "branches.json").write_text(json.dumps(branches))
        file, listed = str(tmp_path / name), str(tmp_path / "branches.json")
        done = CliRunner().invoke(app, ["franchise", file, "--branches", listed, *options])
        return done.exit_code, done.output

    return bring


def test_a_branch_that_is_away_stops_no_other(system, branch, away, bring):
    berlin, secret = branch

    code, said = bring("gruppen.csv", CSV, [away, berlin], secret=secret)

    assert code == 1
    assert "Aachen: FAILED: does not answer" in said
    assert "Berlin: 2 created" in said
    assert secret not in said
    found = system.http.get("/api/v1/groups").json()["items"]
    assert [(g["path"], g["origin"], g["topic"], g["default_for"]) for g in found] == [
        ("Kurse", "franchise", True, []),
        ("Kurse/Yoga", "franchise", False, ["booking", "web_form"]),
    ]

    code, said = bring("gruppen.csv", CSV, [away, berlin], "--only", "Berlin", secret=secret)
    assert (code, said.strip()) == (0, "Berlin: 2 unchanged")


def test_a_file_with_attributes_and_a_branchs_own_group_in_the_way(system, branch, bring):
    berlin, secret = branch
    system.http.post("/api/v1/groups", json={"name": "Kurse"}).raise_for_status()
    content = json.dumps(
        {
            "groups": [{"path": "Kurse"}],
            "attributes": [{"key": "farbe", "label": {"de": "Farbe"}, "type": "text"}],
        }
    )

    code, said = bring("alles.json", content, [berlin], secret=secret)
    assert code == 1
    assert "Berlin: 1 conflict, 1 created" in said
    assert "conflict: Kurse: The branch has a group" in said

    code, said = bring("alles.json", content, [berlin], "--adopt", "--dry-run", secret=secret)
    assert (code, said.strip()) == (0, "Berlin: 1 adopted, 1 unchanged")
    assert system.http.get("/api/v1/groups").json()["items"][0]["origin"] == "local"


def test_a_wrong_secret_is_said(branch, bring):
    berlin, _ = branch

    code, said = bring("gruppen.csv", CSV, [berlin], secret="falsch")

    assert code == 1
    assert "Berlin: FAILED: 401" in said


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.json", "{", "is not JSON"),
        ("a.json", "[]", "needs an object"),
        ("a.json", '{"groups": [], "prune": true}', "prune: only groups and attributes"),
        ("a.csv", "name\nKurse\n", "path must be there"),
        ("a.csv", "path;topic\nKurse;vielleicht\n", "line 2: topic"),
    ],
)
def test_an_unusable_file_reaches_nobody(away, bring, name, content, says):
    code, said = bring(name, content, [away])

    assert code == 2
    assert says in " ".join(said.split())


@pytest.mark.parametrize(
    ("branches", "says"),
    [
        ({}, "needs a list"),
        ([{"url": "http://x"}], "lacks client_id"),
        ([{"url": "http://x", "client_id": "1"}], "lacks client_secret_file"),
        ([{"url": "http://x", "client_id": "1", "client_secret_env": "NOT_SET"}], "NOT_SET"),
    ],
)
def test_a_list_of_branches_that_lacks_something_reaches_nobody(bring, branches, says):
    code, said = bring("gruppen.csv", CSV, branches)

    assert code == 2
    assert says in " ".join(said.split())
