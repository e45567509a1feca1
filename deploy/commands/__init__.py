"""The command line, one module per kind of command.

The modules import what a command needs inside of it: a token shall not wait for every service to load.
"""

import typer

from deploy.commands.access import token, user
from deploy.commands.deadletters import dead_letters
from deploy.commands.demo import demo, seed
from deploy.commands.documents import documents
from deploy.commands.files import export_file, import_file
from deploy.commands.franchise import franchise
from deploy.commands.serving import migrate, serve

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Stammkunde: runs the system and does what its operator needs.",
)
app.command()(serve)
app.command()(migrate)
app.command()(token)
app.add_typer(user, name="user")
app.command()(demo)
app.command()(seed)
app.command(name="import")(import_file)
app.command(name="export")(export_file)
app.command()(franchise)
app.add_typer(dead_letters, name="dead-letters")
app.command()(documents)
