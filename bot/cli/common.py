"""What all commands share: the parts, the errors in one line, the two ways of printing."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import wraps
from typing import Any, Final, NoReturn, ParamSpec, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
from flask.cli import with_appcontext
from sqlalchemy.exc import SQLAlchemyError

from bot import schema
from bot.enrollments import Refused
from bot.escalations import NoSuchCase
from bot.oncall import BadStaff
from bot.parts import parts
from bot.people import BadNumber
from bot.privacy import CannotDecrypt
from bot.worklist import NoSuchTask

P = ParamSpec("P")
R = TypeVar("R")
BAD_INPUT: Final = (Refused, NoSuchCase, BadStaff, BadNumber, NoSuchTask)

LARGEST_ID: Final = 2**31 - 1

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for a machine.")
row_id = click.IntRange(min=1, max=LARGEST_ID)
by_whom = click.option("--by", default="command", show_default=True, help="Who does this; it goes into the audit.")


def fail(message: str, status: int) -> NoReturn:
    """End the command: one line on standard error, 2 for bad input, 1 for what failed."""
    click.echo(f"Error: {message}", err=True)
    sys.exit(status)


class Command(click.Command):
    """A command that tells of a mistake in its arguments in one line, like of any other."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """See click."""
        try:
            return super().make_context(*args, **kwargs)
        except click.UsageError as mistake:
            raise _in_one_line(mistake) from mistake


class Group(click.Group):
    """The same for a command that has commands of its own."""

    command_class = Command

    def resolve_command(self, *args: Any, **kwargs: Any) -> Any:
        """See click."""
        try:
            return super().resolve_command(*args, **kwargs)
        except click.UsageError as mistake:
            raise _in_one_line(mistake) from mistake


def _in_one_line(mistake: click.UsageError) -> click.UsageError:
    """Without a context, click prints no usage above the mistake."""
    return click.UsageError(" ".join(mistake.format_message().split()))


def on_database(command: Callable[P, R]) -> Callable[P, R]:
    """A command that needs an up-to-date database; its mistakes end it in one line, and nothing is changed."""

    @wraps(command)
    @with_appcontext
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        missing = parts().settings.secrets.missing
        if missing:
            fail(f"{', '.join(missing)} not set: a live deployment takes its secrets from the environment", 1)
        try:
            schema.require_current(parts().db)
            return command(*args, **kwargs)
        except BAD_INPUT as mistake:
            fail(str(mistake), 2)
        except (schema.OldDatabase, CannotDecrypt) as mistake:
            fail(str(mistake), 1)
        except SQLAlchemyError as mistake:
            fail(f"the database did not do it ({type(mistake).__name__}); nothing was changed", 1)

    return run


def say(as_json: bool, value: Mapping[str, Any], sentence: str) -> None:
    """Print one result, as JSON or as a sentence."""
    click.echo(json.dumps(value, ensure_ascii=False) if as_json else sentence)


def show(as_json: bool, rows: Sequence[Mapping[str, Any]], columns: Sequence[str], empty: str) -> None:
    """Print many results, as a JSON list or as a table."""
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
    elif not rows:
        click.echo(empty)
    else:
        from rich.console import Console  # 60 ms, only for people
        from rich.table import Table
        from rich.text import Text

        table = Table(*columns, box=None, padding=(0, 2, 0, 0))
        for row in rows:
            table.add_row(*(Text(_cell(row[column])) for column in columns))
        Console(width=None if sys.stdout.isatty() else 160).print(table)


def _cell(value: object) -> str:
    if isinstance(value, list):
        return "; ".join(map(str, value))
    return "" if value is None else str(value)


def iso(moment: datetime | None) -> str | None:
    """A moment as it is printed: ISO 8601 in UTC."""
    return None if moment is None else moment.astimezone(UTC).isoformat()


def local_iso(moment: datetime, zone: str) -> str:
    """A moment on the clock of a zone, with its offset."""
    return moment.astimezone(ZoneInfo(zone)).isoformat()


class Moment(click.ParamType[datetime]):
    """A date and time, `2026-12-01T09:30`, with or without an offset."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read it, or refuse it."""
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            moment = None
        if moment is None or ":" not in value:  # a day alone would be read as its midnight
            self.fail(f"{value!r} is not a day and time; write it like 2026-12-01T09:30", param, ctx)
        return moment


class Zone(click.ParamType[str]):
    """An IANA time zone."""

    name = "zone"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Check it, or refuse it."""
        try:
            return ZoneInfo(value).key
        except (ValueError, OSError, ZoneInfoNotFoundError):
            self.fail(f"no time zone is called {value!r}; one is America/New_York", param, ctx)


def in_zone(moment: datetime, zone: str) -> datetime:
    """A moment without an offset read on the clock of `zone`. Raises Refused for one that daylight saving leaves out."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))
    try:
        utc = aware.astimezone(UTC)
    except OverflowError as mistake:
        raise Refused(f"{moment.isoformat()} is out of the calendar's range") from mistake
    if moment.tzinfo is None and utc.astimezone(ZoneInfo(zone)).replace(tzinfo=None) != moment:
        raise Refused(f"{moment:%Y-%m-%d %H:%M} does not exist in {zone}: clocks are put forward then")
    return utc
