"""Looks a procedure's content over: does it hang together, is it plain, and does it cost what it may?

What exists is looked up in the files as written, so that an entry whose shape is wrong is one mistake and not several.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template
from typing import Any

from flows.conversation import TEXTS_USED
from flows.procedure import Content, Format, Phase, PlannedStep, Procedure, Text, read_content
from flows.readability import GRADE
from flows.segments import BASIC, EXTENSION, Segments, count
from flows.source import Problem
from flows.understanding.reading import Awaiting, Kind

VARIABLES = {"org", "nurse", "nurse_name", "nurse_phone", "nurse_toll_free", "day", "time"}
STAFF_VARIABLES = {"urgency", "code", "signs", "day_words", "deadline", "who", "codes"}
DAY_VARIABLES = {"weekday", "day", "month"}
TIME_VARIABLES = {"hour", "minute", "half"}
STEP_TEXTS = ("text", "morning_text", "unconfirmed_text", "joined_text")
ROLES = ("scheduler", "nurse")
SENT_ON_CHANGES = frozenset({"moved", "canceled"})  # by a scheduler's change of the visit, not by the conversation
HARDEST_GRADE = 6.0

# The budgets hold for these values; what a clinic's own cost is told by `measure`.
SHIPPED = {
    "org": "Oak Imaging",
    "nurse": "1-877-230-6877",
    "nurse_name": "Wellmont Nurse Connection",
    "nurse_phone": "(423) 723-6877",
    "nurse_toll_free": "1-877-230-6877",
}

# Carriers act on these before we see them, so no text asks for one as an answer. A few have to name them.
CARRIER_WORDS = "STOP|STOPALL|UNSUBSCRIBE|CANCEL|END|QUIT|REVOKE|OPTOUT|START|YES|UNSTOP|HELP|INFO"
ASKED_FOR = re.compile(rf"\b(?:{CARRIER_WORDS})\b|(?i:\b(?:reply|text|answer|send|responda|escriba|env[ií]e)\s+\W?(?:{CARRIER_WORDS})\b)")
MAY_NAME_THEM = frozenset({"welcome", "no_squeezing", "help", "opted_out", "opted_in"})


@dataclass(frozen=True, slots=True)
class Cost:
    """What one text costs on its dearest day. `grade` is the school year it takes to read; None where no formula is known."""

    text: Text
    price: Segments
    grade: float | None


def check_folder(folder: Path, values: Mapping[str, str] = SHIPPED) -> list[Problem]:
    """Return every mistake in the files of a folder, those of shape too, by file and line."""
    content, problems = read_content(folder.name, folder)
    return sorted({*problems, *check(content, values)})


def check(content: Content, values: Mapping[str, str] = SHIPPED) -> list[Problem]:
    """Return what is wrong with content that could be read. `values` are a clinic's, as in `SHIPPED`."""
    found = [problem for look in (_steps, _tasks_and_signs, _translations, _facts, _formats, _staff_texts) for problem in look(content)]
    for texts in content.texts.values():
        for text in texts.values():
            wrong = [*_words(content, text), *_variables(content, text)]
            if not wrong and text.language in content.formats:
                wrong = _limits(content, _cost(content, text, values))
            found += wrong
    return sorted(set(found))


def costs(content: Content, values: Mapping[str, str] = SHIPPED) -> list[Cost]:
    """Return what every text costs in every language."""
    return [_cost(content, text, values) for texts in content.texts.values() for text in texts.values()]


def measure(content: Content, values: Mapping[str, str]) -> list[Problem]:
    """Return a warning for each text that a clinic's own values make dearer than planned."""
    return [
        _at(content, cost.text, f"costs {_spell(cost.price)} with this clinic's values; planned: {cost.text.segments}")
        for cost in costs(content, values)
        if cost.price.segments > cost.text.segments
    ]


def _written(content: Content, name: str, *keys: str) -> dict[str, Any]:
    """Return a table of a file as written; {} where there is none."""
    table: Any = content.sources[name].tables
    for key in keys:
        table = table.get(key) if isinstance(table, dict) else None
    return table if isinstance(table, dict) else {}


def _written_steps(content: Content) -> list[dict[str, str]]:
    """Return what each step names, in the order of the file."""
    steps = _written(content, "procedure").get("steps")
    fields = [step.items() if isinstance(step, dict) else () for step in steps] if isinstance(steps, list) else []
    return [{field: value for field, value in step if isinstance(value, str)} for step in fields]


def _written_languages(content: Content) -> list[str]:
    """The languages whose file has texts at all; one that can't be read has been reported."""
    return [language for language in content.texts if _written(content, language, "texts")]


def _lacking(content: Content, text: str) -> str:
    return ", ".join(f"{name}.toml" for name in _written_languages(content) if text not in _written(content, name, "texts"))


def _at(content: Content, text: Text, message: str, field: str = "body") -> Problem:
    return content.sources[text.language].problem(f"texts.{text.key} {message}", "texts", text.key, field)


def _steps(content: Content) -> Iterator[Problem]:
    source = content.sources["procedure"]
    steps = _written_steps(content)
    keys = [step.get("key") for step in steps]
    choices: dict[str, Any] = {"joins": keys, "asks": list(Awaiting), "silent_task": _written(content, "procedure", "tasks")}
    for number, written in enumerate(steps):
        for field in choices.keys() & written.keys():
            if written[field] not in choices[field]:
                yield source.problem(f"{field} names what is not there: {written[field]}", "steps", str(number), field)
        for field in written.keys() & set(STEP_TEXTS):
            if lacking := _lacking(content, written[field]):
                yield source.problem(f"{field} names what is not in {lacking}: {written[field]}", "steps", str(number), field)
    if isinstance(content, Procedure):
        for step in content.steps:
            if reason := _unreachable(step, content):
                yield source.problem(f"{step.key} can never be sent: {reason}", "steps", str(keys.index(step.key)))


def _unreachable(step: PlannedStep, procedure: Procedure) -> str:
    late = step.days if step.days is not None else 0
    for at in (step.at, step.morning_at):
        if at and not procedure.send_from <= at < procedure.send_until:
            return f"{at:%H:%M} is outside the hours of sending"
    if step.phase is Phase.PREP and late > 0:
        return "it prepares for a test that is over"
    if late > procedure.line_open_days:
        return "the journey is over by then"
    return ""


def _tasks_and_signs(content: Content) -> Iterator[Problem]:
    source = content.sources["procedure"]
    for task in content.tasks.values():
        if task.role not in ROLES:
            yield source.problem(f"tasks.{task.key}: role is one of {', '.join(ROLES)}", "tasks", task.key)
    for sign in _written(content, "procedure", "signs").keys() ^ set(Kind):
        reason = "is no kind of sign" if sign not in set(Kind) else "is missing"
        yield source.problem(f"signs.{sign} {reason}", "signs", sign)


def _translations(content: Content) -> Iterator[Problem]:
    languages = _written_languages(content)
    steps = _written_steps(content)
    asked_for = TEXTS_USED | SENT_ON_CHANGES
    sent = asked_for | {step.get(field) for step in steps for field in STEP_TEXTS}
    first_in = {key: language for language in reversed(languages) for key in _written(content, language, "texts")}
    for key, language in first_in.items():
        source = content.sources[language]
        if lacking := _lacking(content, key):
            yield source.problem(f"texts.{key} is missing in {lacking}", "texts", key)
        if steps and key not in sent:
            yield source.problem(f"texts.{key} is never sent by anything", "texts", key)
    for key in (asked_for - first_in.keys()) if languages else ():
        yield content.sources[languages[0]].problem(f"texts.{key} is missing, and the conversation sends it", "texts", key)


def _facts(content: Content) -> Iterator[Problem]:
    source = content.sources["facts"]
    known = {f"{section}.{name}" for section in source.tables for name in _written(content, "facts", section)}
    if not known:
        return
    languages = _written_languages(content)
    used: set[str] = set()
    for language in languages:
        for text in _written(content, language, "texts").values():
            named = text.get("facts") if isinstance(text, dict) else None
            used |= {fact for fact in named if isinstance(fact, str)} if isinstance(named, list) else set()
    for text in (text for texts in content.texts.values() for text in texts.values()):
        if not text.facts:
            yield _at(content, text, "rests on no fact", "facts")
        for fact in text.facts:
            if fact not in known:
                yield _at(content, text, f"rests on a fact that is not there: {fact}", "facts")
        first = content.texts[languages[0]].get(text.key, text)
        if text.facts and first.facts and (set(first.facts) ^ set(text.facts)) & known:
            yield _at(content, text, f"rests on other facts than in {first.language}.toml", "facts")
    for fact in sorted(known - used):
        yield source.problem(f"{fact} reaches nobody: no text uses it", *fact.split(".", 1))


def _formats(content: Content) -> Iterator[Problem]:
    for language, words in content.formats.items():
        source = content.sources[language]
        for field, body, wanted in (("day", words.day, DAY_VARIABLES), ("time", words.time, TIME_VARIABLES)):
            if not Template(body).is_valid() or set(Template(body).get_identifiers()) != wanted:
                yield source.problem(f"format.{field} needs {_spell_variables(wanted)} and no other variable", "format", field)
        for field in ("day", "time", "weekdays", "months", "halves"):
            value = getattr(words, field)
            for reason in _letters(value if isinstance(value, str) else "".join(value), gsm_only=words.gsm_only):
                yield source.problem(f"format.{field} {reason}", "format", field)


def _staff_texts(content: Content) -> Iterator[Problem]:
    source = content.sources["staff"]
    for key, body in content.staff_texts.items():
        if not Template(body).is_valid():
            yield source.problem(f"texts.{key} has a $ that starts no variable", "texts", key)
        elif unknown := set(Template(body).get_identifiers()) - STAFF_VARIABLES:
            yield source.problem(f"texts.{key} has a variable that nothing fills in: {_spell_variables(unknown)}", "texts", key)
        for reason in _letters(body, gsm_only=True):
            yield source.problem(f"texts.{key} {reason}", "texts", key)


def _words(content: Content, text: Text) -> Iterator[Problem]:
    if text.key not in MAY_NAME_THEM and (asked := ASKED_FOR.search(text.body)):
        yield _at(content, text, f"asks for a word that carriers take for themselves: {asked[0]}")
    words = content.formats.get(text.language)
    for reason in _letters(text.body, gsm_only=words is not None and words.gsm_only):
        yield _at(content, text, reason)


def _letters(body: str, *, gsm_only: bool) -> Iterator[str]:
    """Tell of each character that makes a text dear for nothing; in a language that needs them, letters may."""
    for letter in dict.fromkeys(body):
        is_letter = unicodedata.category(letter).startswith("L")
        if letter not in BASIC and letter not in EXTENSION and (gsm_only or not is_letter):
            yield f"has {letter!r} (U+{ord(letter):04X}), which cuts a segment from 160 letters to 70"


def _variables(content: Content, text: Text) -> Iterator[Problem]:
    template = Template(text.body)
    if not any(letter.isalpha() for letter in text.body):
        yield _at(content, text, "has no words")
        return
    if not template.is_valid():
        yield _at(content, text, "has a $ that starts no variable")
        return
    names = set(template.get_identifiers())
    if unknown := names - VARIABLES:
        yield _at(content, text, f"has a variable that nothing fills in: {_spell_variables(unknown)}")
    first = content.texts[_written_languages(content)[0]].get(text.key, text)
    expected = set(Template(first.body).get_identifiers()) & VARIABLES
    if lost := expected - names:
        yield _at(content, text, f"lacks {_spell_variables(lost)}, which {first.language}.toml has")
    if added := (names & VARIABLES) - expected:
        yield _at(content, text, f"has {_spell_variables(added)}, which {first.language}.toml lacks")


def _limits(content: Content, cost: Cost) -> list[Problem]:
    found = []
    if cost.price.segments > cost.text.segments:
        found.append(_at(content, cost.text, f"costs {_spell(cost.price)}; planned: {cost.text.segments}"))
    if cost.grade is not None and cost.grade > HARDEST_GRADE:
        found.append(_at(content, cost.text, f"is hard to read: grade {cost.grade:.1f}, at most {HARDEST_GRADE:.0f}"))
    return found


def _cost(content: Content, text: Text, values: Mapping[str, str]) -> Cost:
    grade = GRADE.get(text.language)
    moments = _longest_moments(content.formats[text.language])
    bodies = {Template(text.body).substitute(values, day=day, time=time) for day, time in moments}
    return Cost(text, max(map(count, bodies), key=lambda price: (price.segments, price.units)), max(map(grade, bodies)) if grade else None)


@cache
def _longest_moments(words: Format) -> tuple[tuple[str, str], ...]:
    """The longest day in cheap letters and the longest in dear ones, each with the longest time."""
    time = Template(words.time).safe_substitute(hour=12, minute=30, half=words.halves[1])
    pattern = Template(words.day)
    days = [pattern.safe_substitute(weekday=weekday, day=30, month=month) for weekday in words.weekdays for month in words.months]
    longest = {count(day).encoding: day for day in sorted(days, key=len)}
    return tuple((day, time) for day in longest.values())


def _spell(price: Segments) -> str:
    return f"{price.segments} segments ({price.units} {price.encoding})"


def _spell_variables(names: set[str]) -> str:
    return ", ".join(f"${name}" for name in sorted(names))
