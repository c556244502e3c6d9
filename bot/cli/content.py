"""Commands about words: what a text means, whether the procedure's files are sound, who approved them."""

import json
import sys
from typing import IO, Any

import click
from flask.cli import with_appcontext
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot import approvals
from bot.cli.common import Command, as_json, fail, on_database, say
from bot.parts import parts
from bot.settings import LANGUAGES
from flows import lint
from flows.procedure import CONTENT
from flows.understanding import Awaiting, Context, Reading, Stage, read, word_files


class Line(BaseModel):
    """One text of `flask understand --jsonl`."""

    model_config = ConfigDict(extra="ignore")
    id: Any = None
    text: str
    language: str = "en"
    stage: Stage = Stage.AFTERCARE
    awaiting: Awaiting = Awaiting.NONE
    media: int = Field(default=0, ge=0)


@click.command(cls=Command)
@click.option(
    "--jsonl",
    "lines",
    type=click.File("r", encoding="utf-8", errors="replace"),
    is_flag=False,
    flag_value="-",
    help="Read JSON lines from a file or standard input.",
)
@click.option("--why", "text", help="Read this one text, and tell why it was understood so.")
@click.option("--language", type=click.Choice(LANGUAGES), default="en", show_default=True)
@click.option("--stage", type=click.Choice([str(stage) for stage in Stage]), default="aftercare", show_default=True)
@click.option("--awaiting", type=click.Choice([str(question) for question in Awaiting]), default="none", show_default=True)
def understand(lines: IO[str] | None, text: str | None, language: str, stage: str, awaiting: str) -> None:
    """What texts mean: urgency, kinds of sign, intent, topic, and the words that decided."""
    if text is not None:
        reading = read(text, Context(language, Stage(stage), Awaiting(awaiting)))
        click.echo(json.dumps(_said(None, reading), ensure_ascii=False, indent=1))
        return
    bad = 0
    for number, line in enumerate(lines or sys.stdin, 1):
        if line.strip():
            bad += not _understand_line(line, number)
    if bad:
        fail(f"{bad} lines could not be read", 2)


def _understand_line(line: str, number: int) -> bool:
    try:
        asked = Line.model_validate_json(line)
    except ValidationError as mistake:
        first = mistake.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        click.echo(f"line {number}: {f'{where}: ' if where else ''}{first['msg']}", err=True)
        return False
    reading = read(asked.text, Context(asked.language, asked.stage, asked.awaiting, asked.media))
    click.echo(json.dumps(_said(asked.id, reading), ensure_ascii=False))
    return True


def _said(line_id: object, reading: Reading) -> dict[str, object]:
    return {
        "id": line_id,
        "urgency": reading.urgency.word,
        "kinds": list(reading.kinds),
        "intent": reading.intent,
        "faq_topic": reading.faq_topic,
        "why": list(reading.why),
    }


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
    return []


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


COMMANDS = (understand, check_flows, approve)
