"""The command line, one module per kind of command."""

import typer

from deploy.commands import access, demo, files, serving

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Stammkunde: runs the system and does what its operator needs.",
)
app.command()(serving.serve)
app.command()(serving.migrate)
app.command()(access.token)
app.add_typer(access.user, name="user")
app.command()(demo.demo)
app.command()(demo.seed)
app.command(name="import")(files.import_file)
