"""Commands about the deployment: is it ready, is its database up to date."""

import json
import sys

import click
from flask.cli import with_appcontext
from sqlalchemy.exc import SQLAlchemyError

from bot import readiness, schema
from bot.cli.common import Command, as_json, fail, say
from bot.migrations import HEAD
from bot.parts import parts


@click.command(cls=Command)
@as_json
@with_appcontext
def doctor(as_json: bool) -> None:
    """Is this deployment ready to text real patients? Item by item; exit status 1 if not."""
    items = readiness.check(parts())
    if as_json:
        click.echo(json.dumps([{"item": item.name, "ok": item.ok, "detail": item.detail} for item in items], indent=1))
    else:
        for item in items:
            click.echo(f"{'ok     ' if item.ok else 'missing'}  {item.name}: {item.detail}")
    sys.exit(0 if all(item.ok for item in items) else 1)


@click.command("upgrade-database", cls=Command)
@as_json
@with_appcontext
def upgrade_database(as_json: bool) -> None:
    """Bring the database up to date."""
    try:
        changed = schema.upgrade(parts().db)
    except SQLAlchemyError as mistake:
        fail(f"the database did not do it ({type(mistake).__name__}); nothing was changed", 1)
    say(as_json, {"version": HEAD, "changed": changed}, f"The database is at version {HEAD}.")


COMMANDS = (doctor, upgrade_database)
