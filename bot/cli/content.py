"""Commands about the words of texts: whether the procedure's files are sound, who approved them."""

import json
import sys

import click
from flask.cli import with_appcontext

from bot import approvals
from bot.cli.common import Command, as_json, fail, on_database, say
from bot.parts import parts
from bot.settings import LANGUAGES
from flows import lint
from flows.procedure import CONTENT
from flows.understanding import near_misses, word_files


@click.command("check-flows", cls=Command)
@as_json
@with_appcontext
def check_flows(as_json: bool) -> None:
    """Every mistake in the procedure's files, by file and line, and in the word files; and what a clinic's own name and numbers cost."""
    procedure, wording = parts().procedure, parts().wording
    problems = [str(problem) for problem in lint.check_folder(CONTENT / procedure.key)] + _mistakes_in_words()
    warnings = lint.measure(procedure, wording.values)
    if as_json:
        click.echo(json.dumps({"problems": problems, "warnings": [str(warning) for warning in warnings]}))
    else:
        for problem in problems:
            click.echo(problem, err=True)
        for warning in warnings:
            click.echo(f"warning: {warning}", err=True)
        texts = sum(len(texts) for texts in procedure.texts.values())
        click.echo(
            f"{procedure.key}: {len(procedure.facts)} facts, {texts} texts in {len(procedure.texts)} languages, {len(problems)} mistakes"
        )
    sys.exit(1 if problems else 0)


def _mistakes_in_words() -> list[str]:
    try:
        word_files.load()
    except word_files.BadWords as mistakes:
        return str(mistakes).splitlines()
    return near_misses.caught()


@click.command(cls=Command)
@click.option("--language", type=click.Choice(LANGUAGES), required=True)
@click.option("--by", required=True, help="Name of the person who read them.")
@click.option("--as", "role", type=click.Choice(approvals.ALL_ROLES), required=True)
@as_json
@on_database
def approve(language: str, by: str, role: str, as_json: bool) -> None:
    """Record that a clinician or translator approves all texts of a language as they are worded now."""
    if not by.strip():
        fail("--by needs a name", 2)
    with parts().db.write() as session:
        count = approvals.approve(session, parts().procedure, language, role, by, parts().clock.now())
    value = {"language": language, "role": role, "approved": count}
    say(as_json, value, f"{count} texts in {language} newly approved by {by} as {role}.")


COMMANDS = (check_flows, approve)
