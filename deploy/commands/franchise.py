"""Head-office groups and attributes, for all branches at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def franchise(
    file: Annotated[
        Path,
        typer.Argument(help="JSON with groups and attributes, or CSV with groups."),
    ],
    branches: Annotated[
        Path,
        typer.Option(
            help="JSON list of branches: name, url, client_id, and client_secret_file or client_secret_env."
        ),
    ],
    only: Annotated[
        list[str] | None, typer.Option(help="Only the branch of this name; repeatable.")
    ] = None,
    prune: Annotated[
        bool, typer.Option("--prune", help="Remove what is not in the file and has no members.")
    ] = False,
    remove_members: Annotated[
        bool, typer.Option("--remove-members", help="With --prune: also what has members.")
    ] = False,
    adopt: Annotated[
        bool, typer.Option("--adopt", help="Take over a branch's own of the same path or key.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be done, and do nothing.")
    ] = False,
) -> None:
    """Bring the head office's groups and attributes to every branch. Safe to repeat.

    A branch that does not answer stops no other. Ends with 1 if anything is left undone.
    """
    from deploy.franchise import Unusable, feed, read_branches, read_content

    try:
        content = read_content(file)
        listed = read_branches(branches)
    except Unusable as error:
        typer.secho(str(error), err=True, fg="red")
        raise typer.Exit(2) from None
    if unknown := sorted(set(only or ()) - {branch.name for branch in listed}):
        raise typer.BadParameter(f"{', '.join(unknown)}: no such branch in {branches}")
    way = {"prune": prune, "remove_members": remove_members, "adopt": adopt, "dry_run": dry_run}
    good = True
    for branch in listed:
        if only and branch.name not in only:
            continue
        report = feed(branch, content | way)
        typer.echo(str(report), err=not report.good)
        good = good and report.good
    raise typer.Exit(0 if good else 1)
