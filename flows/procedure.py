"""One procedure's content, loaded: its steps, questions, tasks, facts and texts in every language.

The shapes stand here; reading the files and finding every mistake in their shape is at the end. Whether the content
hangs together (each text translated, each fact told, ...) is looked at by `flows/lint.py`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from functools import cache
from hashlib import sha256
from pathlib import Path
from string import Template
from typing import Any, TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config

from flows.source import Problem, Source, read_source

strict = with_config(ConfigDict(strict=True, extra="forbid"))


class Anchor(StrEnum):
    """What a step's moment is counted from."""

    ENROLLED = "enrolled"  # the moment of enrolling: as soon as sending hours allow
    PROCEDURE = "procedure"  # the booked time
    DONE = "done"  # the moment the test was marked done, else the booked time plus `unconfirmed_after`


class Phase(StrEnum):
    """Which part of the journey a step belongs to; a cancelled visit stops both, a test not done the second."""

    WELCOME = "welcome"
    PREP = "prep"
    TEST = "test"  # "is your test over?"
    AFTERCARE = "aftercare"


class Late(StrEnum):
    """What becomes of a step whose moment was already past when she was enrolled (or moved)."""

    SOON = "soon"  # sent at the next moment that sending hours allow, while it still makes sense
    SKIP = "skip"  # another step still ahead says the same: recorded as expired, not sent


@strict
@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One planned text of the journey, as the file has it.

    With `days` and `at` it is due at that wall-clock time, that many days from the anchor's local date;
    with `after` that long after the anchor. A prep step is not sent later than `Procedure.prep_ends_before`
    before the test, an aftercare step not later than `not_after` past its moment.
    `morning_at`: where the test is earlier than `Procedure.morning_before`, the step goes at this time of the evening before,
    with `morning_text`. `safety`: if it can't reach her, a person must phone.
    """

    key: str
    text: str
    phase: Phase
    anchor: Anchor
    days: int | None = None
    at: time | None = None
    after: timedelta | None = None
    late: Late = Late.SOON
    safety: bool = False
    not_after: timedelta | None = None
    morning_at: time | None = None
    morning_text: str | None = None
    unconfirmed_text: str | None = None  # instead of `text` when nobody said that the test was done
    joined_text: str | None = None  # aftercare too late for its evening goes with the day-1 check-in, in these words
    joins: str | None = None  # the step that it then replaces
    asks: str | None = None  # the question (an `Awaiting` word) that it leaves open
    repeat_after: timedelta | None = None  # asked once more after this long without an answer
    silent_after: timedelta | None = None  # no answer this long after the last asking: a task
    silent_task: str | None = None

    def __post_init__(self) -> None:
        """Raise ValueError where the fields do not make a moment, or one of a pair is missing."""
        if (self.days is None) != (self.at is None) or (self.days is None) == (self.after is None):
            raise ValueError("a step is due by `days` and `at`, or by `after`")
        for one, other in (("morning_at", "morning_text"), ("joined_text", "joins"), ("silent_after", "silent_task")):
            if (getattr(self, one) is None) != (getattr(self, other) is None):
                raise ValueError(f"`{one}` and `{other}` go together")


@strict
@dataclass(frozen=True, slots=True)
class Fact:
    """One fact of the source document in our own words. `heading` is the source's."""

    key: str
    heading: str
    fact: str


@strict
@dataclass(frozen=True, slots=True)
class Text:
    """One approved text in one language. `facts` it rests on; `segments` the most it may cost."""

    key: str
    language: str
    body: str  # string.Template: $org $nurse $nurse_name $nurse_phone $nurse_toll_free $day $time
    facts: tuple[str, ...] = ()
    segments: int = 1

    @property
    def sha256(self) -> str:
        """The hash of the body, in hexadecimal, that an approval is given for."""
        return sha256(self.body.encode()).hexdigest()


@strict
@dataclass(frozen=True, slots=True)
class Format:
    """How one language is called and how it writes days and times (`$weekday $day $month`, `$hour $minute $half`)."""

    name: str
    day: str
    time: str
    weekdays: tuple[str, ...]  # from Monday
    months: tuple[str, ...]
    halves: tuple[str, ...]  # before and after noon
    gsm_only: bool = False  # its texts stay within the cheap letters

    def __post_init__(self) -> None:
        """Raise ValueError for a week without 7 days, and the like."""
        for name, size in (("weekdays", 7), ("months", 12), ("halves", 2)):
            if len(getattr(self, name)) != size:
                raise ValueError(f"`{name}` needs {size} words")


@strict
@dataclass(frozen=True, slots=True)
class TaskKind:
    """A kind of worklist row: its title for staff, who works it, and how soon."""

    key: str
    title: str
    role: str  # "scheduler" or "nurse"
    due_after: timedelta


@strict
@dataclass(frozen=True, slots=True)
class Temperatures:
    """From where on a temperature is a warning sign."""

    urgent_from_fahrenheit: float
    urgent_from_celsius: float
    review_from_fahrenheit: float
    review_from_celsius: float


@strict
@dataclass(frozen=True, eq=False)
class Journey:
    """The hours and limits that hold for every step."""

    send_from: time
    send_until: time
    latest_aftercare: time
    prep_ends_before: timedelta
    morning_before: time
    unconfirmed_after: timedelta
    answer_goes_stale_after: timedelta
    max_a_day: int
    no_max_within: timedelta
    line_open_days: int  # after the test; texts are read for ever, the journey ends here


@dataclass(frozen=True, eq=False)
class Content:
    """What a procedure's files say entry by entry."""

    key: str
    steps: tuple[PlannedStep, ...]
    tasks: Mapping[str, TaskKind]
    facts: Mapping[str, Fact]
    texts: Mapping[str, Mapping[str, Text]]  # language -> key -> text
    formats: Mapping[str, Format]  # language -> how it writes days and times
    staff_texts: Mapping[str, str]
    signs: Mapping[str, str]  # a kind of sign -> the words a nurse's page may use for it
    sources: Mapping[str, Source] = field(repr=False)  # "procedure", "facts", "staff" and each language

    @property
    def languages(self) -> tuple[str, ...]:
        """Every language there are texts in."""
        return tuple(self.texts)

    def text(self, key: str, language: str) -> Text:
        """Return one text. Raises KeyError where there is none."""
        return self.texts[language][key]

    def render(self, key: str, language: str, values: Mapping[str, str]) -> str:
        """Return one text with its variables filled in. Raises KeyError for a text or a value that is missing."""
        return Template(self.text(key, language).body).substitute(values)

    def render_staff(self, key: str, values: Mapping[str, str]) -> str:
        """The same for a text to staff."""
        return Template(self.staff_texts[key]).substitute(values)

    def format_day(self, local: datetime, language: str) -> str:
        """Return the day of a local moment as texts have it, `Wed Sep 30`."""
        words = self.formats[language]
        return Template(words.day).substitute(weekday=words.weekdays[local.weekday()], day=local.day, month=words.months[local.month - 1])

    def format_time(self, local: datetime, language: str) -> str:
        """Return the time of a local moment as texts have it, `9:30 AM`."""
        words = self.formats[language]
        return Template(words.time).substitute(hour=local.hour % 12 or 12, minute=f"{local.minute:02}", half=words.halves[local.hour // 12])


@dataclass(frozen=True, eq=False)
class Procedure(Content, Journey):
    """Everything that one procedure's files say."""

    temperatures: Temperatures = field(kw_only=True)


class BadContent(Exception):
    """A procedure's files can't be used. `problems` are all of their mistakes in shape, in the order of the files."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


Shape = TypeVar("Shape")
CONTENT = Path(__file__).parent
NOT_A_LANGUAGE = ("procedure", "facts", "staff")
TABLES = {"procedure": {"journey", "steps", "triage", "signs", "tasks"}, "staff": {"texts"}}
LANGUAGE_TABLES = {"format", "texts"}
PLAIN_WORDS = {"missing": "is missing", "unexpected_keyword_argument": "is not known here"}
ADAPTERS: dict[type, TypeAdapter[Any]] = {
    shape: TypeAdapter(shape) for shape in (PlannedStep, Fact, Text, Format, TaskKind, Temperatures, Journey)
}
UNITS = {"_minutes": "PT{!r}M", "_hours": "PT{!r}H"}


def load(key: str, folder: Path | None = None) -> Procedure:
    """Return a procedure by the name of its folder, or from the `folder` given. Raises BadContent with every mistake."""
    return _load_shipped(key) if folder is None else _load(key, folder)


@cache
def _load_shipped(key: str) -> Procedure:
    return _load(key, CONTENT / key)


def _load(key: str, folder: Path) -> Procedure:
    content, problems = read_content(key, folder)
    if problems or not isinstance(content, Procedure):
        raise BadContent(problems)
    return content


def read_content(key: str, folder: Path) -> tuple[Content, list[Problem]]:
    """Return what can be used of a folder, and the mistakes in the rest. It is a Procedure if the whole journey can be."""
    return _Reader(folder).content(key)


class _Reader:
    """Reads the files of one folder and keeps every mistake on the way."""

    def __init__(self, folder: Path) -> None:
        self.languages = sorted(path.stem for path in folder.glob("*.toml") if path.stem not in NOT_A_LANGUAGE)
        self.sources: dict[str, Source] = {}
        self.problems: list[Problem] = []
        for name in (*NOT_A_LANGUAGE, *self.languages):
            self.sources[name], found = read_source(folder / f"{name}.toml")
            self.problems += found

    def content(self, key: str) -> tuple[Content, list[Problem]]:
        for name in ("procedure", "staff", *self.languages):
            for table in self.sources[name].tables.keys() - TABLES.get(name, LANGUAGE_TABLES):
                self.mistake(name, (table,), "is not known here")
        content = Content(
            key=key,
            steps=self.steps(),
            tasks=self.entries(TaskKind, "procedure", "tasks"),
            facts=self.facts(),
            texts={name: self.entries(Text, name, "texts", language=name) for name in self.languages},
            formats={name: words for name in self.languages if (words := self.entry(Format, name, ("format",)))},
            staff_texts=self.strings("staff", "texts"),
            signs=self.strings("procedure", "signs"),
            sources=self.sources,
        )
        journey = self.entry(Journey, "procedure", ("journey",))
        temperatures = self.entry(Temperatures, "procedure", ("triage", "temperature"))
        if journey and temperatures:
            content = Procedure(**vars(content), **vars(journey), temperatures=temperatures)
        return content, sorted(self.problems)

    def mistake(self, name: str, where: tuple[str, ...], message: str) -> None:
        self.problems.append(self.sources[name].problem(f"{'.'.join(where)} {message}", *where))

    def table(self, name: str, *where: str) -> dict[str, Any] | None:
        """Return a table of a file; None, with a mistake, where there is none. Tables of an array go by their number."""
        found: Any = self.sources[name].tables
        for part in where:
            if isinstance(found, list):
                found = found[int(part)]
            elif isinstance(found, dict):
                found = found.get(part)
            else:
                found = None
        if isinstance(found, dict):
            return found
        if self.sources[name].tables:  # a file that can't be read has been reported
            self.mistake(name, where, "is missing" if found is None else "should be a table")
        return None

    def entry(self, shape: type[Shape], name: str, where: tuple[str, ...], **given: str) -> Shape | None:
        """Read one table as `shape`, with the fields `given` that the file does not spell out."""
        if (raw := self.table(name, *where)) is None:
            return None
        for taken in given.keys() & raw.keys():
            self.mistake(name, (*where, taken), "is not known here")
        spelled = {_bare(key): (key, _spell_duration(key, value)) for key, value in raw.items()}
        fields = {key: value for key, (_, value) in spelled.items()} | given
        try:
            # By way of JSON, where strict still takes a word for an enum and a list for a tuple.
            read: Shape = ADAPTERS[shape].validate_json(json.dumps(fields, default=str))
        except ValidationError as error:
            for wrong in error.errors(include_url=False):
                first, *rest = (str(part) for part in wrong["loc"]) if wrong["loc"] else ("",)
                at = (*where, spelled.get(first, (first,))[0], *rest) if first else where
                self.mistake(name, at, PLAIN_WORDS.get(wrong["type"]) or wrong["msg"])
            return None
        return read

    def entries(self, shape: type[Shape], name: str, table: str, **given: str) -> dict[str, Shape]:
        read = {key: self.entry(shape, name, (table, key), key=key, **given) for key in self.table(name, table) or ()}
        return {key: entry for key, entry in read.items() if entry is not None}

    def steps(self) -> tuple[PlannedStep, ...]:
        written = self.sources["procedure"].tables.get("steps", [])
        if not isinstance(written, list):
            self.mistake("procedure", ("steps",), "should be [[steps]], one a step")
            return ()
        read = [self.entry(PlannedStep, "procedure", ("steps", str(number))) for number in range(len(written))]
        steps: dict[str, PlannedStep] = {}
        for number, step in enumerate(read):
            if step and step.key in steps:
                self.mistake("procedure", ("steps", str(number)), f"has a key that another step has: {step.key}")
            elif step:
                steps[step.key] = step
        return tuple(steps.values())

    def facts(self) -> dict[str, Fact]:
        ways = [(section, name) for section in self.sources["facts"].tables for name in self.table("facts", section) or ()]
        read = {".".join(way): self.entry(Fact, "facts", way, key=".".join(way)) for way in ways}
        return {key: fact for key, fact in read.items() if fact is not None}

    def strings(self, name: str, table: str) -> dict[str, str]:
        found = self.table(name, table) or {}
        for key in [key for key, value in found.items() if not isinstance(value, str)]:
            self.mistake(name, (table, key), "should be a text")
        return {key: value for key, value in found.items() if isinstance(value, str)}


def _bare(key: str) -> str:
    return next((key.removesuffix(unit) for unit in UNITS if key.endswith(unit)), key)


def _spell_duration(key: str, value: object) -> object:
    """`after_hours = 3` is PT3H; whatever is no number becomes a duration that nobody can read."""
    return next((spelling.format(value) for unit, spelling in UNITS.items() if key.endswith(unit)), value)
