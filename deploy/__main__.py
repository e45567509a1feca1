"""`python -m deploy ...`: the commands for whoever runs the system."""

from deploy.commands import app

app(prog_name="python -m deploy")
