"""Every `flask …` command of this part of the program; `scheduler/run.py` brings those that tick."""

from flask import Flask

from bot.cli import cases, content, deployment, journey, reading, staff


def register(app: Flask) -> None:
    """Add the commands."""
    for module in (journey, cases, staff, reading, content, deployment):
        for command in module.COMMANDS:
            app.cli.add_command(command)
