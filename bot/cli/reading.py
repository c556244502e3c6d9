"""Commands about reading texts: what a text means, how well texts are read, and teaching the second reader."""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, Literal

import click
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, StrictInt, StrictStr, ValidationError

from bot.cli.common import Command, as_json, fail
from bot.settings import LANGUAGES
from flows.evaluation import MEASURES, Case, Reader, confusion, noisy, read_all
from flows.understanding import Awaiting, Context, Intent, Reading, Stage, Topic, Urgency, read
from flows.understanding.read import read_by_rules
from flows.understanding.words import words

CORPUS = Path("tests/corpus")


class Line(BaseModel):
    """One text of `flask understand --jsonl`."""

    model_config = ConfigDict(extra="ignore")
    id: StrictStr | StrictInt | FiniteFloat | None = None
    text: str
    language: str = "en"
    stage: Stage = Stage.AFTERCARE
    awaiting: Awaiting = Awaiting.NONE
    media: int = Field(default=0, ge=0)


class Labelled(Line):
    """One text of `flask evaluate`: what is known, and the labels to judge by (`tests/corpus/README.md`)."""

    model_config = ConfigDict(extra="allow")
    urgency: Literal["none", "review", "urgent", "emergency"] | None = None
    intent: Intent | None = None
    faq_topic: Topic | None = None
    urgency_ok: list[Literal["none", "review", "urgent", "emergency"]] = Field(default_factory=list)
    intent_ok: list[Intent] = Field(default_factory=list)
    faq_topic_ok: list[Topic | None] = Field(default_factory=list)


@click.command(cls=Command)
@click.option(
    "--jsonl",
    "lines",
    type=click.File("r", encoding="utf-8-sig", errors="replace"),
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
        click.echo(f"line {number}: {_first(mistake)}", err=True)
        return False
    reading = read(asked.text, Context(asked.language, asked.stage, asked.awaiting, asked.media))
    click.echo(json.dumps(_said(asked.id, reading), ensure_ascii=False))
    return True


def _first(mistake: ValidationError) -> str:
    """The first thing that is wrong with a line, without what the line says."""
    first = mistake.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else str(first["msg"])


def _said(line_id: object, reading: Reading) -> dict[str, object]:
    return {
        "id": line_id,
        "urgency": reading.urgency.word,
        "kinds": list(reading.kinds),
        "intent": reading.intent,
        "faq_topic": reading.faq_topic,
        "why": list(reading.why),
    }


@click.command(cls=Command)
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--rules-only", is_flag=True, help="Without the second reader, to see what it adds.")
@click.option("--noise", is_flag=True, help="With the slips of a hurried thumb in every text.")
@click.option("--by-file", is_flag=True, help="The figures of each file too.")
@click.option("--misses", is_flag=True, help="The texts that were misread, figure by figure.")
@as_json
def evaluate(files: tuple[Path, ...], rules_only: bool, noise: bool, by_file: bool, misses: bool, as_json: bool) -> None:
    """How well labelled texts are read: by default the texts of tests/corpus that nothing was learned from."""
    chosen = files or tuple(sorted((CORPUS / "held").glob("*.jsonl")))
    if not chosen:
        fail(f"no texts to judge: {CORPUS / 'held'} is not below this folder", 2)
    reader: Reader = read_by_rules if rules_only else read
    cases = {file: read_all(_rows(file, noise), reader) for file in chosen}
    every = [case for read_cases in cases.values() for case in read_cases]
    languages = sorted({case.row.get("language", "en") for case in every})
    groups = {language: [case for case in every if case.row.get("language", "en") == language] for language in languages}
    if by_file:
        groups |= {str(file): read_cases for file, read_cases in cases.items()}
    if as_json and misses:
        fail("--json gives the figures; --misses the texts: choose one", 2)
    if as_json:
        click.echo(json.dumps({name: {m.name: m.of(group) for m in MEASURES} for name, group in groups.items() if group}))
        return
    for name, group in groups.items():
        if group:
            _print_figures(name, group)
    if misses:
        _print_misses(every)


def _rows(file: Path, noise: bool) -> Iterator[dict[str, Any]]:
    try:
        lines = file.read_text("utf-8-sig").split("\n")  # not splitlines(): U+2028 may stand in a text
    except UnicodeDecodeError:
        fail(f"{file} is not UTF-8", 2)
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            labelled = Labelled.model_validate_json(line)
        except ValidationError as mistake:
            fail(f"{file}, line {number}: {_first(mistake)}", 2)
        row = {key: value for key, value in json.loads(line).items() if value is not None} | {
            "media": labelled.media
        }  # no label, no judgement
        yield {**row, "text": noisy(row["text"], str(row.get("id", number)))} if noise else row


def _print_figures(name: str, cases: Sequence[Case]) -> None:
    click.echo(f"{name}: {len(cases)} texts")
    for measure in MEASURES:
        counted, judged = measure.of(cases)
        if judged:
            click.echo(f"  {measure.name:28} {counted:5} of {judged:5}  {100 * counted / judged:5.1f} %")
    read_as = confusion(cases)
    words = [level.word for level in Urgency]
    click.echo(f"  {'label, read as':28} " + " ".join(f"{word:>9}" for word in words))
    for label in words:
        click.echo(f"  {label:28} " + " ".join(f"{read_as[label, word]:9}" for word in words))


def _print_misses(cases: Sequence[Case]) -> None:
    for measure in MEASURES:
        for case in measure.misses(cases):
            row, reading = case.row, case.reading
            label = "/".join(str(row.get(key)) for key in ("urgency", "intent", "faq_topic"))
            said = f"{reading.urgency.word}/{reading.intent}/{reading.faq_topic}"
            click.echo(f"{measure.name}: {row.get('id')} [{label}] read as [{said}] {'; '.join(reading.why)}: {row['text']}")


@click.command(cls=Command)
@click.option("--quiet", is_flag=True, help="Say nothing of each question.")
def train(quiet: bool) -> None:
    """Teach the second reader anew from tests/corpus, all but the held texts. Takes some minutes; the same texts teach the same."""
    from flows.understanding.second_reader import FILE
    from flows.understanding.training import train as learn

    files = sorted((*(CORPUS / "lessons").glob("*.jsonl"), *(CORPUS / "cases").glob("*.jsonl")))
    if not files:
        fail(f"no texts to learn from: {CORPUS / 'lessons'} is not below this folder", 2)
    rows = [row for file in files for row in _rows(file, noise=False)]
    rows += [row for file in files for row in _rows(file, noise=True)]  # all once more, as a hurried thumb would type them
    rows += [
        {"text": text, "not_intent": group.removeprefix("intents.")}
        for group, texts in words().near_misses.items()
        if group.startswith("intents.")
        for text in texts
    ]
    weights = learn(rows, (lambda _: None) if quiet else click.echo)
    FILE.write_text(weights.text(), "utf-8")
    click.echo(f"{FILE.name}: {len(weights.rows)} pieces of evidence, {len(weights.heads)} questions.")


COMMANDS = (understand, evaluate, train)
